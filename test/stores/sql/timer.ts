import type { SqlTimer } from '../../../src/stores/sql/limit.ts'

/** A timer that stands still until it is told to go on. */
export interface ManualTimer extends SqlTimer {
  advance(ms: number): void
  /** How many callbacks wait. */
  readonly pending: () => number
}

export function manualTimer(): ManualTimer {
  let now = 0
  const waiting = new Set<{ readonly at: number; readonly callback: () => void }>()
  return {
    monotonic: () => now,
    schedule(delayMs, callback) {
      const entry = { at: now + delayMs, callback }
      waiting.add(entry)
      return () => void waiting.delete(entry)
    },
    advance(ms) {
      now += ms
      for (const entry of [...waiting].sort((left, right) => left.at - right.at)) {
        if (entry.at <= now && waiting.delete(entry)) entry.callback()
      }
    },
    pending: () => waiting.size,
  }
}
