import type { Context } from '../context/index.ts'
import { encodeBase64url } from '../crypto/index.ts'
import type { KeyRing } from '../crypto/index.ts'
import { networkOf } from './client-address.ts'
import type { RateLimitDecision, RateLimiter, RateLimiterOptions } from './contract.ts'
import { isCookieName } from './host-cookie.ts'
import { createDeviceCookie } from './known-device.ts'
import type { LoginAttempt, LoginGuard, LoginGuardOptions, LoginLimit } from './login-contract.ts'
import type { Problems } from './problems.ts'
import { createProblems, show } from './problems.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { keyRingOf } from './secrets.ts'

const known: readonly (keyof LoginGuardOptions)[] = [
  'secrets',
  'store',
  'onStoreDown',
  'timeoutMs',
  'keyPrefix',
  'perAddress',
  'perAccount',
  'perAccountAndAddress',
  'perDevice',
  'ipv6PrefixBits',
  'deviceDays',
  'cookieName',
]
const hour = 3_600_000
const accountLength = 320
const digestBytes = 16

/** A limit that an attempt has to fit in. */
interface Gate {
  readonly limiter: RateLimiter
  readonly key: string
  readonly name: NonNullable<LoginAttempt['refusedBy']>
}

/**
 * Makes a guard for logins by password. Each attempt counts as a failure from its begin until it has succeeded, so that
 * many at once are no way around it.
 *
 * - Attempts from unknown devices count per address, per account and address, and per account.
 * - A device on which the account has logged in before has a signed cookie, and a count of its own. It is not touched
 *   by what others do, so that nobody can lock somebody else's account.
 * - A success takes back its own attempt alone: an attacker gains nothing by logging in with an account of their own in
 *   between.
 *
 * `OPTIONS_INVALID` lists every mistake, `STORE_UNSUPPORTED` what the store cannot do.
 */
export function createLoginGuard(options: LoginGuardOptions): LoginGuard {
  const { keys, perAddress, perAccount, perPair, perDevice, prefixBits, days, cookieName } = resolve(options)
  const devices = createDeviceCookie(keys, cookieName, days)

  async function gatesOf(ctx: Context, account: string, deviceId: string | null): Promise<readonly Gate[]> {
    if (deviceId !== null) return [{ limiter: perDevice, key: `${deviceId}:${account}`, name: 'device' }]
    const network = networkOf(ctx, prefixBits)
    return [
      { limiter: perAddress, key: network, name: 'address' },
      { limiter: perPair, key: `${account} ${network}`, name: 'address' },
      { limiter: perAccount, key: account, name: 'account' },
    ]
  }

  return {
    async begin(ctx, typed) {
      const account = await digest(typed)
      const device = await devices.open(ctx)
      const isKnownDevice = device?.accounts.includes(account) === true
      const gates = await gatesOf(ctx, account, isKnownDevice ? device.id : null)
      const passed: RateLimitDecision[] = []
      for (const { limiter, key, name } of gates) {
        const decision = await limiter.take(ctx, key)
        if (decision.kind === 'allowed') {
          passed.push(decision)
          continue
        }
        // No password was looked at: it counts for nobody.
        await refundAll(passed)
        const refusedBy = decision.kind === 'unavailable' ? 'store' : name
        tell(ctx, refusedBy)
        return refused(refusedBy, decision.retryAfterMs, isKnownDevice)
      }
      return {
        isAllowed: true,
        refusedBy: null,
        retryAfterMs: 0,
        isKnownDevice,
        async succeeded() {
          await refundAll(passed)
          await devices.remember(ctx, account)
        },
      }
    },
    async remember(ctx, typed) {
      await devices.remember(ctx, await digest(typed))
    },
  }
}

async function refundAll(decisions: readonly RateLimitDecision[]): Promise<void> {
  await Promise.all(decisions.map((decision) => decision.refund()))
}

function refused(refusedBy: Gate['name'], retryAfterMs: number, isKnownDevice: boolean): LoginAttempt {
  return {
    isAllowed: false,
    refusedBy,
    retryAfterMs,
    isKnownDevice,
    succeeded() {
      throw new RangeError('Expected succeeded() of an attempt that was allowed; look at isAllowed first')
    },
  }
}

function tell(ctx: Context, refusedBy: string): void {
  ctx.diagnostics.emit({
    kind: 'security.login-refused',
    level: 'warn',
    message: `An attempt to log in was refused before its password was looked at (${refusedBy})`,
    fields: { refusedBy, route: ctx.route?.pattern ?? '' },
  })
}

/** What was typed, as the same account whatever its case and form; of a long text the begin. */
async function digest(typed: string): Promise<string> {
  const account = typed.slice(0, accountLength).normalize('NFKC').trim().toLowerCase()
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(account))
  return encodeBase64url(new Uint8Array(bytes).subarray(0, digestBytes))
}

interface ResolvedGuard {
  readonly keys: KeyRing
  readonly perAddress: RateLimiter
  readonly perAccount: RateLimiter
  readonly perPair: RateLimiter
  readonly perDevice: RateLimiter
  readonly prefixBits: number
  readonly days: number
  readonly cookieName: string
}

function resolve(options: LoginGuardOptions): ResolvedGuard {
  const problems = createProblems('createLoginGuard')
  problems.names(options, known)
  const keys = keyRingOf(options.secrets, problems)
  const { cookieName = 'device', keyPrefix = 'login:' } = options
  if (!isCookieName(cookieName))
    problems.add(`cookieName: expected 1 to 40 letters, digits, - and _, got ${show(cookieName)}`)
  if (typeof keyPrefix !== 'string' || !/^[\x21-\x7e]{1,80}$/.test(keyPrefix))
    problems.add(`keyPrefix: expected 1 to 80 visible ASCII characters, got ${show(keyPrefix)}`)
  const prefixBits = problems.whole('ipv6PrefixBits', options.ipv6PrefixBits, 64, [32, 128])
  const days = problems.whole('deviceDays', options.deviceDays, 180, [1, 400])
  problems.whole('timeoutMs', options.timeoutMs, 500, [1, 60_000])
  if (options.store !== undefined) problems.choice('onStoreDown', options.onStoreDown, ['refuse', 'allow'])
  const quarter = { limit: 10, windowMs: hour / 4 }
  const limits = {
    perAddress: limitOf('perAddress', options.perAddress, { limit: 50, windowMs: hour }, problems),
    perPair: limitOf('perAccountAndAddress', options.perAccountAndAddress, quarter, problems),
    perAccount: limitOf('perAccount', options.perAccount, { limit: 100, windowMs: hour }, problems),
    perDevice: limitOf('perDevice', options.perDevice, quarter, problems),
  }
  problems.throwAll()
  const { store, onStoreDown, timeoutMs } = options
  const shared: Omit<RateLimiterOptions, 'rules'> = {
    keyPrefix,
    ...(store !== undefined && { store }),
    ...(onStoreDown !== undefined && { onStoreDown }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
  const make = (name: string, limit: LoginLimit): RateLimiter =>
    createRateLimiter({ ...shared, rules: [{ ...limit, name }] })
  return {
    // Without keys there was a problem, which has been thrown.
    keys: keys as KeyRing,
    perAddress: make('address', limits.perAddress),
    perPair: make('account-address', limits.perPair),
    perAccount: make('account', limits.perAccount),
    perDevice: make('device', limits.perDevice),
    prefixBits,
    days,
    cookieName,
  }
}

function limitOf(
  key: string,
  given: LoginLimit | undefined,
  fallback: LoginLimit,
  problems: Problems,
): LoginLimit {
  if (given === undefined) return fallback
  return {
    limit: problems.whole(`${key}.limit`, given.limit, fallback.limit, [1, 1_000_000]),
    windowMs: problems.whole(`${key}.windowMs`, given.windowMs, fallback.windowMs, [1000, 31 * 24 * hour]),
  }
}
