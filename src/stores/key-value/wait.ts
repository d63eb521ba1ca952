import type { SqlTimer } from '../sql/limit.ts'
import { maxTimeoutMs, systemTimer } from '../sql/limit.ts'
import { closedError, failedError, timeoutError } from './error.ts'

/** Bounds of one call. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
}

/** One call that waits, as its own work sees it. */
export interface Wait {
  /** Throws what the caller was told when nobody waits any more. Loops ask before each round. */
  check(): void
  /** Aborted when nobody waits any more, for clients that take one. Made when it is first asked for. */
  readonly signal: AbortSignal
}

/** Bounds every call of one store. */
export interface Waits {
  /** Throws `STORE_CLOSED`, the signal's reason, or a `RangeError`. For what does not wait. */
  enter(options: WaitOptions): void
  /** Runs `work` within the bounds of its call. What it rejects with is made an error of the contract. */
  run<Value>(options: WaitOptions, work: (wait: Wait) => Promise<Value>): Promise<Value>
  /** Ends all calls that wait, and refuses further ones. Returns false if that was done before. */
  close(): boolean
}

/** Bound of a call that names none, in milliseconds. */
const defaultTimeoutMs = 10_000

/** Makes the bounds of a store. `timer` is for tests. */
export function createWaits(store: string, timer: SqlTimer = systemTimer()): Waits {
  const waiting = new Set<(error: unknown) => void>()
  let closed = false

  function enter({ signal, timeoutMs = defaultTimeoutMs }: WaitOptions): void {
    if (closed) throw closedError(store)
    if (!(timeoutMs >= 1 && timeoutMs <= maxTimeoutMs)) {
      throw new RangeError(`Expected timeoutMs from 1 to ${maxTimeoutMs}, got ${timeoutMs}`)
    }
    signal?.throwIfAborted()
  }

  async function run<Value>(options: WaitOptions, work: (wait: Wait) => Promise<Value>): Promise<Value> {
    enter(options)
    const { signal, timeoutMs = defaultTimeoutMs } = options
    let ended: { readonly error: unknown } | null = null
    let abort: AbortController | null = null
    return new Promise((resolve, reject) => {
      function end(error: unknown): void {
        if (ended !== null) return
        ended = { error }
        leave()
        reject(error)
        abort?.abort(error)
      }
      function onAbort(): void {
        end(signal?.reason)
      }
      function leave(): void {
        cancel()
        waiting.delete(end)
        signal?.removeEventListener('abort', onAbort)
      }
      function check(): void {
        if (ended !== null) throw ended.error
      }
      const cancel = timer.schedule(timeoutMs, () => end(timeoutError(store, timeoutMs)))
      waiting.add(end)
      signal?.addEventListener('abort', onAbort)
      const wait: Wait = {
        check,
        get signal() {
          abort ??= new AbortController()
          return abort.signal
        },
      }
      start(work, wait).then(
        (value) => {
          leave()
          resolve(value)
        },
        (error: unknown) => end(failedError(store, error)),
      )
    })
  }

  return {
    enter,
    run,
    close(): boolean {
      if (closed) return false
      closed = true
      for (const end of waiting) end(closedError(store))
      return true
    },
  }
}

/** Work that throws before its first wait rejects like any other. */
async function start<Value>(work: (wait: Wait) => Promise<Value>, wait: Wait): Promise<Value> {
  return work(wait)
}
