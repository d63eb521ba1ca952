import type { Context } from '../context/index.ts'
import { isRockstarError } from '../errors/index.ts'
import { networkOf } from './client-address.ts'
import type { RateLimiter, RateLimitOptions, RateLimitPart, RateLimitRule } from './contract.ts'
import type { Problems } from './problems.ts'
import { createProblems, show } from './problems.ts'
import { createRateLimiter } from './rate-limiter.ts'

/** The options of `rateLimit`, complete and checked. */
export interface ResolvedRateLimit {
  readonly limiter: RateLimiter
  readonly keyOf: (ctx: Context) => Promise<string>
  readonly costOf: (ctx: Context) => number
}

const ofSingleRule = ['limit', 'windowMs', 'algorithm', 'burst', 'name'] as const
const ofLimiter = ['store', 'onStoreDown', 'timeoutMs', 'keyPrefix'] as const
const known = [
  ...ofSingleRule,
  ...ofLimiter,
  'rules',
  'limiter',
  'by',
  'identify',
  'ipv6PrefixBits',
  'cost',
  'skip',
  'headers',
]

/** Checks the options all at once. */
export function resolveRateLimit(options: RateLimitOptions): ResolvedRateLimit {
  const problems = createProblems('rateLimit')
  problems.names(options, known)
  const { by = 'address', identify = {}, cost = 1, skip } = options
  const single = ofSingleRule.filter((name) => options[name] !== undefined)
  const given = [...single, ...ofLimiter.filter((name) => options[name] !== undefined)]
  if (options.rules !== undefined && single.length > 0)
    problems.add(`rules: expected them without ${single.join(', ')}, which are for a single rule`)
  if (options.limiter !== undefined && (given.length > 0 || options.rules !== undefined))
    problems.add('limiter: expected it without rules and store, which it has of its own')
  const parts: readonly RateLimitPart[] = Array.isArray(by) ? by : [by]
  if (parts.length === 0 || parts.length > 5) problems.add('by: expected 1 to 5 parts')
  for (const part of parts) {
    if (typeof part === 'function') continue
    problems.choice('by', part, ['address', 'user', 'token', 'tenant', 'route'])
    if ((part === 'user' || part === 'tenant') && identify[part] === undefined)
      problems.add(`identify.${part}: expected a function that says who it is, by has ${part}`)
  }
  const prefixBits = problems.whole('ipv6PrefixBits', options.ipv6PrefixBits, 64, [32, 128])
  if (typeof cost !== 'function') problems.whole('cost', cost, 1, [1, 1_000_000])
  if (skip !== undefined && typeof skip !== 'function')
    problems.add(`skip: expected a function, got ${show(skip)}`)
  problems.flag('headers', options.headers, true)
  const limiter = options.limiter ?? limiterOf(options, problems)
  problems.throwAll()
  const keys = parts.map((part) => partOf(part, identify, prefixBits))
  return {
    // Without a limiter there was a problem, which has been thrown.
    limiter: limiter as RateLimiter,
    keyOf: async (ctx) => {
      const texts = await Promise.all(keys.map((key) => key(ctx)))
      return texts.length === 1 ? (texts[0] ?? '') : JSON.stringify(texts)
    },
    costOf: typeof cost === 'function' ? cost : () => cost,
  }
}

/** The limiter of the options, or null with what is wrong added to `problems`. */
function limiterOf(options: RateLimitOptions, problems: Problems): RateLimiter | null {
  const { limit, windowMs, algorithm, burst, name, store, onStoreDown, timeoutMs, keyPrefix } = options
  const given = { limit, windowMs, algorithm, burst, name, store, onStoreDown, timeoutMs, keyPrefix }
  const present = (names: readonly (keyof typeof given)[]): object =>
    Object.fromEntries(names.flatMap((one) => (given[one] === undefined ? [] : [[one, given[one]]])))
  try {
    // The limiter looks at each member.
    const rules = options.rules ?? [present(ofSingleRule) as RateLimitRule]
    return createRateLimiter({ rules, ...present(ofLimiter) })
  } catch (error) {
    if (!isRockstarError(error)) throw error
    const found: unknown = error.details?.['problems']
    if (error.code !== 'OPTIONS_INVALID' && problems.isEmpty) throw error
    for (const problem of Array.isArray(found) ? found : [error.message]) problems.add(String(problem))
    return null
  }
}

type KeyPart = (ctx: Context) => string | Promise<string>

/** One part of the key, with its kind before it: a user who is called like an address is not that address. */
function partOf(
  part: RateLimitPart,
  identify: NonNullable<RateLimitOptions['identify']>,
  prefixBits: number,
): KeyPart {
  const address = (ctx: Context): string => `address:${networkOf(ctx, prefixBits)}`
  if (part === 'address') return address
  if (part === 'route') return (ctx) => `route:${ctx.route?.method ?? ''} ${ctx.route?.pattern ?? ''}`
  const kind = typeof part === 'function' ? 'own' : part
  const ask = typeof part === 'function' ? part : (identify[part] ?? bearerOf)
  return async (ctx) => {
    const found = await ask(ctx)
    // Security: who is not known is counted all the same.
    if (typeof found !== 'string' || found === '') return address(ctx)
    // Security: a token is never written anywhere as it is; the blank makes the limiter hash the key.
    return kind === 'token' ? `token: ${found}` : `${kind}:${found}`
  }
}

function bearerOf({ headers }: Context): string | null {
  return /^Bearer +([\w\-.~+/]+=*)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? null
}
