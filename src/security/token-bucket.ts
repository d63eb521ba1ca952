import { RockstarError } from '../errors/index.ts'
import type { RateCall, Taken } from './rate-counter.ts'
import { nothing } from './rate-counter.ts'

/** Asks one rule. */
export type TakeBucket = (call: RateCall) => Promise<Taken>

/** Others may win so often before we give up; each time one of them did get on. */
const maxAttempts = 50
/** What a double is off at most in a sum of milliseconds since 1970. */
const tolerance = 1 / 256

/**
 * Makes the token bucket, as the generic cell rate algorithm: the store has one moment per key, the one at which the
 * bucket is full again. Written by compare-and-set, so that two never spend the same token. Within one process those of
 * one key wait for each other instead of trying against each other.
 */
export function createTokenBucket(): TakeBucket {
  const tails = new Map<string, Promise<void>>()

  async function inTurn<Result>({ key, progress }: RateCall, work: () => Promise<Result>): Promise<Result> {
    const before = tails.get(key)
    if (before !== undefined) progress.isQueued = true
    const result = (before ?? Promise.resolve()).then(work)
    const tail = result.then(nothing, nothing)
    tails.set(key, tail)
    try {
      return await result
    } finally {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }

  return (call) =>
    inTurn(call, async () => {
      const { cost, rule } = call
      const unitMs = rule.windowMs / rule.limit
      const taken = await change(call, (fullMs) => {
        const next = Math.max(fullMs, call.nowMs) + cost * unitMs
        return next - rule.burst * unitMs <= call.nowMs + tolerance ? next : null
      })
      const refund = (): Promise<void> =>
        inTurn(call, async () => {
          await change(
            { ...call, progress: { isOver: false, isQueued: false } },
            (fullMs) => fullMs - cost * unitMs,
          )
        })
      const fullMs = Math.max(taken.fullMs, call.nowMs)
      const remaining = Math.max(0, Math.floor(rule.burst - (fullMs - call.nowMs - tolerance) / unitMs))
      if (taken.isChanged)
        return {
          name: rule.name,
          remaining,
          resetMs: Math.ceil(fullMs - call.nowMs),
          isViolated: false,
          refund,
        }
      const waitMs = cost > rule.burst ? rule.windowMs : fullMs + (cost - rule.burst) * unitMs - call.nowMs
      return {
        name: rule.name,
        remaining,
        resetMs: Math.max(1, Math.ceil(waitMs)),
        isViolated: true,
        refund: nothing,
      }
    })
}

interface Change {
  /** When the bucket is full, in milliseconds since the Unix epoch. */
  readonly fullMs: number
  readonly isChanged: boolean
}

/** Replaces the moment by what `next` makes of it; null leaves it. */
async function change(call: RateCall, next: (fullMs: number) => number | null): Promise<Change> {
  const { key, nowMs, store, waits } = call
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (call.progress.isOver) break
    const old = await store.get(key, waits)
    const fullMs = old === null ? 0 : readMoment(old)
    const wanted = next(fullMs)
    if (wanted === null) return { fullMs, isChanged: false }
    const ttlMs = Math.max(store.limits.minTtlMs, 1, Math.ceil(wanted - nowMs))
    const isChanged = await store.compareAndSet(key, old, String(wanted), { ...waits, ttlMs })
    if (isChanged) return { fullMs: wanted, isChanged }
  }
  throw new RockstarError(
    'STORE_TIMEOUT',
    `Expected ${store.name} to change a rate limit within the bound of the wait`,
  )
}

function readMoment(bytes: Uint8Array): number {
  const moment = Number(new TextDecoder().decode(bytes))
  if (Number.isFinite(moment)) return moment
  throw new RockstarError('STORE_FAILED', 'Expected the moment of a rate limit, the store has something else')
}
