import type { Diagnostics } from '../diagnostics/contract.ts'
import { isRockstarError, type RockstarError } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'

/** What a call of the store gave; null when it failed, or was not made. */
export type Answer<Value> = { readonly value: Value } | null

/** Keeps a store that fails from being asked, and its failures from reaching a request. */
export interface Circuit {
  /** Makes a call, unless the store is left alone. Never rejects. */
  call<Value>(work: () => Promise<Value>): Promise<Answer<Value>>
  /** Is the store left alone? */
  readonly isOpen: boolean
  /** Calls that failed. */
  readonly failures: number
}

/** What a circuit is made of. */
export interface CircuitOptions {
  readonly clock: Clock
  readonly diagnostics: Diagnostics
  /** Bound of one call, in milliseconds. */
  readonly timeoutMs: number
}

/** How long a store is left alone after its first failure; each further one doubles it, up to the last. */
const firstPauseMs = 1000
const longestPauseMs = 30_000

/** Codes that tell of one value or key, not of the store. */
const harmless: ReadonlySet<string> = new Set(['STORE_TOO_LARGE', 'STORE_KEY_INVALID', 'STORE_UNSUPPORTED'])

/**
 * Makes a closed circuit. The first failure opens it. After the pause one call tries the store; the others still count
 * it as down until that has succeeded.
 */
export function createCircuit({ clock, diagnostics, timeoutMs }: CircuitOptions): Circuit {
  let failures = 0
  let pauseMs = 0
  let openUntilMs = -Infinity
  let isTrying = false

  function fail(error: unknown, wasTrying: boolean): void {
    failures += 1
    if (isRefusal(error)) {
      diagnostics.emit({
        kind: 'cache.refused',
        level: 'warn',
        message: `The store of the cache refused a key or a value: ${error.code}`,
        error,
      })
      return
    }
    const isFirst = pauseMs === 0
    // Calls that were under way together fail together: they count as one.
    if (isFirst || wasTrying) {
      pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2))
      openUntilMs = clock.monotonic() + pauseMs
    }
    if (isFirst) {
      const code = isRockstarError(error) ? error.code : 'STORE_FAILED'
      diagnostics.emit({
        kind: 'cache.store-down',
        level: 'warn',
        message: `The store of the cache failed (${code}); the cache misses until it is back`,
        error,
        fields: { code },
      })
    }
  }
  function succeed(): void {
    pauseMs = 0
    openUntilMs = -Infinity
    diagnostics.emit({ kind: 'cache.store-back', level: 'info', message: 'The store of the cache is back' })
  }

  return {
    async call(work) {
      const isPaused = pauseMs > 0
      if (isPaused && (isTrying || clock.monotonic() < openUntilMs)) return null
      isTrying = isPaused
      try {
        const value = await bounded(work, clock, timeoutMs)
        // What was under way when the store failed says nothing of how it is now.
        if (isPaused) succeed()
        return { value }
      } catch (error) {
        fail(error, isPaused)
        return null
      } finally {
        if (isPaused) isTrying = false
      }
    },
    get isOpen() {
      return pauseMs > 0
    },
    get failures() {
      return failures
    },
  }
}

/** Does an error tell of one value or key, not of the store? */
export function isRefusal(error: unknown): error is RockstarError {
  return isRockstarError(error) && harmless.has(error.code)
}

/** Ends a wait that the store itself does not end. */
function bounded<Value>(work: () => Promise<Value>, clock: Clock, timeoutMs: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(timeoutMs, () =>
      reject(new Error(`Expected the store of the cache to answer within ${timeoutMs} ms`)),
    )
    Promise.resolve()
      .then(work)
      .then(
        (value) => {
          cancel()
          resolve(value)
        },
        (error: unknown) => {
          cancel()
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
  })
}
