import type { SqlTimer } from './limit.ts'

interface Pending {
  readonly dueMs: number
  readonly fire: () => void
  readonly cancels: (() => void)[]
}

/**
 * Timers that come on time inside nested transactions of a Durable Object. There an event waits while a transaction
 * runs that was begun after the event was asked for, a timer too: so each is set once more inside.
 */
export class DurableObjectTimer implements SqlTimer {
  readonly #timer: SqlTimer
  readonly #pending = new Set<Pending>()

  constructor(timer: SqlTimer) {
    this.#timer = timer
  }

  monotonic(): number {
    return this.#timer.monotonic()
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const end = (): void => {
      this.#pending.delete(entry)
      for (const cancel of entry.cancels) cancel()
    }
    const fire = (): void => {
      end()
      callback()
    }
    const entry: Pending = { dueMs: this.monotonic() + delayMs, fire, cancels: [] }
    this.#pending.add(entry)
    entry.cancels.push(this.#timer.schedule(delayMs, fire))
    return end
  }

  /** Sets every timer that runs once more. To be called inside a transaction that has just begun. */
  setAgain(): void {
    for (const { dueMs, fire, cancels } of this.#pending) {
      cancels.push(this.#timer.schedule(Math.max(0, dueMs - this.monotonic()), fire))
    }
  }
}
