import { sqlError } from './failure.ts'

/** Whether a driver still takes work, and what of it runs. */
export interface Lifetime {
  /** Runs `work`, or rejects with `SQL_CLOSED` after the end. */
  track<Value>(work: () => Promise<Value>): Promise<Value>
  /** Ends it: takes no more work, waits for what runs, then calls `finish`. Again: the same promise. */
  end(finish: () => void | Promise<void>): Promise<void>
}

/** Makes the lifetime of one driver. */
export function createLifetime(): Lifetime {
  let active = 0
  let ending: Promise<void> | null = null
  let onIdle = (): void => undefined

  async function track<Value>(work: () => Promise<Value>): Promise<Value> {
    if (ending !== null) throw sqlError('SQL_CLOSED', {})
    active += 1
    try {
      return await work()
    } finally {
      active -= 1
      if (active === 0) onIdle()
    }
  }
  async function finishWith(finish: () => void | Promise<void>): Promise<void> {
    if (active > 0) await new Promise<void>((resolve) => (onIdle = resolve))
    await finish()
  }
  function end(finish: () => void | Promise<void>): Promise<void> {
    ending ??= finishWith(finish)
    return ending
  }
  return { track, end }
}
