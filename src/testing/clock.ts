import type { Clock } from '../platform/index.ts'

/** A clock that stands still until it is advanced. */
export interface TestClock extends Clock {
  /** Moves on by `ms` milliseconds and runs what falls due, in order; promises that it settles have their turn. */
  advance(ms: number): Promise<void>
  /** How many callbacks wait. */
  readonly pending: number
}

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly callback: () => void
}

/** Makes a clock. `startMs` is what `now()` says at first, in milliseconds since the Unix epoch. Default: 2026-01-01. */
export function createTestClock(startMs = 1_767_225_600_000): TestClock {
  const timers = new Set<Timer>()
  let elapsedMs = 0
  let order = 0

  function next(untilMs: number): Timer | undefined {
    return [...timers]
      .filter((timer) => timer.dueMs <= untilMs)
      .toSorted((left, right) => left.dueMs - right.dueMs || left.order - right.order)[0]
  }

  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    schedule(delayMs: number, callback: () => void): () => void {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), order: order++, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms: number): Promise<void> {
      const untilMs = elapsedMs + ms
      await settle()
      for (let timer = next(untilMs); timer !== undefined; timer = next(untilMs)) {
        timers.delete(timer)
        elapsedMs = timer.dueMs
        timer.callback()
        await settle()
      }
      elapsedMs = untilMs
    },
    get pending(): number {
      return timers.size
    },
  }
}

/** Lets every promise chain that is ready run to its next wait. A macrotask comes after all microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
