import type { Clock } from '../platform/contract.ts'

/** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.schedule(ms, end)
    signal.addEventListener('abort', end)
  })
}

/** Waits for work of others at most `ms` milliseconds; `late` is what it gives then. The work goes on. */
export function within<Value, Late>(
  clock: Clock,
  ms: number,
  work: Promise<Value>,
  late: Late,
): Promise<Value | Late> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => resolve(late))
    work.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(asError(error))
      },
    )
  })
}

/** Ends a wait when the request ends; the work goes on. */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal | null): Promise<Value> {
  if (signal === null) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(asError(signal.reason))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    const leave = (): void => signal.removeEventListener('abort', abort)
    work.then(
      (value) => {
        leave()
        resolve(value)
      },
      (error: unknown) => {
        leave()
        reject(asError(error))
      },
    )
  })
}

/** What was thrown, untouched: rejecting with something that is no error is the caller's own doing. */
function asError(thrown: unknown): Error {
  // The type is what a linter wants of a rejection; nothing relies on it.
  return thrown as Error
}
