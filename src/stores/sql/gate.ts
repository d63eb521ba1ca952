import { RockstarError } from '../../errors/index.ts'
import type { Limit } from './limit.ts'

/** Lets one at a time through, in the order of arrival. */
export interface Gate {
  /** Passes at once if nobody is inside. Whoever passed calls `leave()`. */
  tryEnter(): boolean
  /** Waits for its turn. Rejects as `limit` does, or with `SQL_BUSY` when too many wait already. */
  enter(limit: Limit): Promise<void>
  leave(): void
}

/** Who waits beyond this number is refused: the queue would never drain in time. */
const maxWaiting = 10_000

/** Makes an open gate. */
export function createGate(): Gate {
  // A set keeps the order of arrival and lets one leave the middle in constant time.
  const waiting = new Set<() => void>()
  let isTaken = false

  function tryEnter(): boolean {
    if (isTaken) return false
    isTaken = true
    return true
  }
  async function enter(limit: Limit): Promise<void> {
    if (tryEnter()) return
    if (waiting.size >= maxWaiting) {
      throw new RockstarError(
        'SQL_BUSY',
        `Expected at most ${maxWaiting} writers to wait, got one more; write less`,
      )
    }
    let pass = (): void => undefined
    const turn = new Promise<void>((resolve) => (pass = resolve))
    waiting.add(pass)
    try {
      await limit.race(turn)
    } catch (error) {
      // The turn may have come in the same moment: then it is handed on.
      if (!waiting.delete(pass)) leave()
      throw error
    }
  }
  function leave(): void {
    const next = waiting.values().next()
    if (next.done === true) {
      isTaken = false
      return
    }
    waiting.delete(next.value)
    next.value()
  }
  return { tryEnter, enter, leave }
}
