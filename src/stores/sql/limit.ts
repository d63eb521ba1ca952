import { RockstarError } from '../../errors/index.ts'
import type { Clock } from '../../platform/contract.ts'
import type { SqlOptions } from '../contract.ts'

/** What a driver needs of a clock. */
export type SqlTimer = Pick<Clock, 'monotonic' | 'schedule'>

/** Bound of a statement or a transaction that names none, in milliseconds. */
export const defaultTimeoutMs = 30_000
/** What a timer of every runtime can hold. */
export const maxTimeoutMs = 2_147_483_647

/** One bounded wait, or several that share the bound. Whoever made it calls `end()`. */
export interface Limit {
  /** The error of a bound that has passed, else null. */
  failure(): RockstarError | null
  /** Settles as `work` does, or rejects as soon as the bound passes. */
  race<Value>(work: Promise<Value>): Promise<Value>
  /** Resolves after `delayMs`, or rejects as soon as the bound passes. */
  sleep(delayMs: number): Promise<void>
  /** Calls `listener` once when the bound passes, at once if it has. Returns a function that takes it back. */
  listen(listener: (error: RockstarError) => void): () => void
  /** Stops the timer and listens no more. */
  end(): void
}

/** The runtime's timers. They keep the process alive: whoever waits for a database wants its answer. */
export function systemTimer(): SqlTimer {
  return {
    monotonic: () => performance.now(),
    schedule(delayMs: number, callback: () => void): () => void {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    },
  }
}

/** The error of a signal that was aborted. */
export function abortedError(signal: AbortSignal): RockstarError {
  return new RockstarError(
    'SQL_ABORTED',
    'Expected the caller to wait for the database, but its signal was aborted',
    {
      cause: signal.reason,
    },
  )
}

/** How a wait stands to others. */
export interface LimitScope {
  /** Its bound is this one's too. */
  readonly parent?: Limit
  /** Makes the error of a timeout. Default: `SQL_TIMEOUT`. */
  readonly onTimeout?: (timeoutMs: number) => RockstarError
}

/** Begins a wait. `RangeError` for a bound that is no number of milliseconds in range. */
export function createLimit(options: SqlOptions, timer: SqlTimer, scope: LimitScope = {}): Limit {
  const { signal } = options
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  if (!(timeoutMs >= 1 && timeoutMs <= maxTimeoutMs)) {
    throw new RangeError(`Expected timeoutMs from 1 to ${maxTimeoutMs}, got ${timeoutMs}`)
  }
  const onTimeout = scope.onTimeout ?? timeoutError
  const listeners = new Set<(error: RockstarError) => void>()
  let failure: RockstarError | null = null
  let leaveParent = (): void => undefined

  function fail(error: RockstarError): void {
    if (failure !== null) return
    failure = error
    end()
    for (const listener of listeners) listener(error)
    listeners.clear()
  }
  function onAbort(): void {
    if (signal !== undefined) fail(abortedError(signal))
  }
  function end(): void {
    cancel()
    leaveParent()
    signal?.removeEventListener('abort', onAbort)
  }
  function listen(listener: (error: RockstarError) => void): () => void {
    if (failure === null) listeners.add(listener)
    else listener(failure)
    return () => void listeners.delete(listener)
  }
  const cancel = timer.schedule(timeoutMs, () => fail(onTimeout(timeoutMs)))
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener('abort', onAbort)
  leaveParent = scope.parent?.listen(fail) ?? leaveParent

  const begun = timer.monotonic()
  function findFailure(): RockstarError | null {
    // An engine that runs on this thread may never let the timer come.
    if (failure === null && timer.monotonic() - begun >= timeoutMs) fail(onTimeout(timeoutMs))
    return failure
  }

  return {
    failure: findFailure,
    listen,
    race: (work) => raceWith(listen, work),
    sleep: (delayMs) => sleepWith(listen, timer, delayMs),
    end,
  }
}

function raceWith<Value>(listen: Limit['listen'], work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    // Both ways out of `work` are taken here, so that one that loses the race is no unhandled rejection.
    const leave = listen(reject)
    work.then(
      (value) => {
        leave()
        resolve(value)
      },
      (error: unknown) => {
        leave()
        reject(error)
      },
    )
  })
}

function sleepWith(listen: Limit['listen'], timer: SqlTimer, delayMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = timer.schedule(delayMs, () => {
      leave()
      resolve()
    })
    const leave = listen((error) => {
      cancel()
      reject(error)
    })
  })
}

function timeoutError(timeoutMs: number): RockstarError {
  return new RockstarError(
    'SQL_TIMEOUT',
    `Expected the database to be done within ${timeoutMs} ms, but it was not; ask for less or raise timeoutMs`,
  )
}
