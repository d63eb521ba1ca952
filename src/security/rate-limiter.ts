import { encodeBase64url } from '../crypto/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { KeyValueStore } from '../stores/key-value/index.ts'
import { memoryKeyValue } from '../stores/key-value/index.ts'
import type { RateLimitDecision, RateLimiter, RateLimiterOptions, RateLimitHost } from './contract.ts'
import type { RateCall, RateProgress, Taken } from './rate-counter.ts'
import { nothing, takeFixed, takeSliding } from './rate-counter.ts'
import { resolveLimiter } from './rate-rules.ts'
import { createTokenBucket } from './token-bucket.ts'

/** Room for the keys of one window in the memory of a process. */
const ownStore = { maxEntries: 1_000_000, maxBytes: 256 * 1024 * 1024 }
const maxCost = 1_000_000
const plainKey = /^[\w.:/~-]{1,48}$/
/** When to try again after a store did not answer. */
const downRetryMs = 5000
/** When to try again after too many of one key came at once. */
const queueRetryMs = 1000

/**
 * Makes a limiter. Every decision is atomic in the store: of many requests at once never more pass than the rules say.
 * A request that one rule refuses takes nothing from the others. `OPTIONS_INVALID` lists every mistake,
 * `STORE_UNSUPPORTED` what the store cannot do. The caller closes a store that it handed in.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { rules, store, onStoreDown, timeoutMs, keyPrefix } = resolveLimiter(options)
  const takeBucket = createTokenBucket()
  let memory: KeyValueStore | null = null
  let isDown = false

  function openStore({ platform, diagnostics }: RateLimitHost): KeyValueStore {
    if (store !== null) return store
    if (memory === null) {
      memory = memoryKeyValue({ ...ownStore, now: () => platform.clock.now() })
      diagnostics.emit({
        kind: 'security.rate-limit-memory',
        level: 'info',
        message: `Rate limits (${rules.map(({ name }) => name).join(', ')}) count in the memory of this process; several processes do not share them, give them a store`,
      })
    }
    return memory
  }

  function ask(call: RateCall): Promise<Taken> {
    switch (call.rule.algorithm) {
      case 'fixed-window':
        return takeFixed(call)
      case 'sliding-window':
        return takeSliding(call)
      case 'token-bucket':
        return takeBucket(call)
    }
  }

  async function takeAll(
    host: RateLimitHost,
    key: string,
    cost: number,
    progress: RateProgress,
  ): Promise<Taken[]> {
    const opened = openStore(host)
    const text = plainKey.test(key) ? `=${key}` : `#${await digest(key)}`
    const nowMs = host.platform.clock.now()
    // Security: the client's signal is not among them. Who goes away at once has still used up what was taken.
    const waits = { timeoutMs }
    const asked = await Promise.allSettled(
      rules.map((rule) =>
        ask({ store: opened, rule, key: `${keyPrefix}${rule.name}:${text}`, cost, nowMs, waits, progress }),
      ),
    )
    const taken = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failed = asked.find((one) => one.status === 'rejected')
    // What was given meanwhile goes back: the request may not be served, or was not waited for.
    if (failed !== undefined || progress.isOver || taken.some((one) => one.isViolated)) await giveBack(taken)
    if (failed !== undefined) throw failed.reason
    return taken
  }

  async function giveBack(taken: readonly Taken[]): Promise<void> {
    await Promise.allSettled(taken.map((one) => (one.isViolated ? undefined : one.refund())))
  }

  function tell(host: RateLimitHost, error: unknown): void {
    const wasDown = isDown
    isDown = error !== null
    if (wasDown === isDown) return
    const then = onStoreDown === 'allow' ? 'requests are not limited' : 'requests are refused'
    const { name } = openStore(host)
    host.diagnostics.emit({
      kind: isDown ? 'security.rate-limit-store-down' : 'security.rate-limit-store-up',
      level: isDown ? 'error' : 'info',
      message: isDown
        ? `The store ${name} of a rate limit does not answer, ${then} until it does`
        : `The store ${name} of a rate limit answers again`,
      ...(isDown && { error }),
    })
  }

  return {
    rules,
    async take(host, key, cost = 1) {
      if (!Number.isInteger(cost) || cost < 1 || cost > maxCost)
        throw new RangeError(`Expected a cost from 1 to ${maxCost}, got ${String(cost).slice(0, 40)}`)
      const progress: RateProgress = { isOver: false, isQueued: false }
      try {
        const taken = await within(host, timeoutMs, progress, takeAll(host, key, cost, progress))
        tell(host, null)
        return decide(taken, () => giveBack(taken))
      } catch (error) {
        // Security: who asks so often that the queue of their key is too long must not pass as if the store were down.
        if (progress.isOver && progress.isQueued && !isDown) return tooMany(rules)
        tell(host, error)
        const kind = onStoreDown === 'allow' ? 'allowed' : 'unavailable'
        return { kind, states: [], retryAfterMs: kind === 'allowed' ? 0 : downRetryMs, refund: nothing }
      }
    },
  }
}

function decide(taken: readonly Taken[], giveBack: () => Promise<void>): RateLimitDecision {
  const states = taken.map(({ name, remaining, resetMs, isViolated }) => ({
    name,
    remaining,
    resetMs,
    isViolated,
  }))
  const violated = states.filter((one) => one.isViolated)
  if (violated.length > 0) {
    const retryAfterMs = Math.max(...violated.map(({ resetMs }) => resetMs))
    return { kind: 'refused', states, retryAfterMs, refund: nothing }
  }
  let isRefunded = false
  return {
    kind: 'allowed',
    states,
    retryAfterMs: 0,
    async refund() {
      if (isRefunded) return
      isRefunded = true
      await giveBack()
    },
  }
}

/** The refusal of a request that waited too long for others of its own key. */
function tooMany(rules: RateLimiter['rules']): RateLimitDecision {
  const states = rules
    .filter(({ algorithm }) => algorithm === 'token-bucket')
    .map(({ name }) => ({ name, remaining: 0, resetMs: queueRetryMs, isViolated: true }))
  return { kind: 'refused', states, retryAfterMs: queueRetryMs, refund: nothing }
}

/** Waits no longer than the bound, whatever the store does. */
function within<Result>(
  { platform }: RateLimitHost,
  timeoutMs: number,
  progress: RateProgress,
  work: Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = platform.clock.schedule(timeoutMs, () => {
      progress.isOver = true
      reject(
        new RockstarError(
          'STORE_TIMEOUT',
          `Expected the store of a rate limit to answer within ${timeoutMs} ms`,
        ),
      )
    })
    work.finally(cancel).then(resolve, reject)
  })
}

/** Security: what is long, or may be a secret, does not stand in the store as it is. */
async function digest(key: string): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))))
}
