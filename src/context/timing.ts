import { toHeaderName } from '../http/index.ts'
import type { Clock } from '../platform/index.ts'

/** Measures parts of a request for the `Server-Timing` field (W3C Server Timing). */
export interface Timing {
  /** Starts a measure; the function it returns ends it. A name is a token: letters, digits, `-`. At most 50. */
  start(name: string, description?: string): () => void
  /** A measure that was taken elsewhere, in milliseconds. */
  add(name: string, durationMs: number, description?: string): void
}

const maxMeasures = 50

/** Makes the request's timing; `emit` gets one value of the field per measure, before the answer leaves. */
export function createTiming(clock: Clock, emit: (value: string) => void): Timing {
  let count = 0
  function add(name: string, durationMs: number, description?: string): void {
    const token = toHeaderName(name)
    if (count++ >= maxMeasures) return
    const note = description === undefined ? '' : `;desc="${description.replace(/[^\x20-\x7e]|["\\]/g, '')}"`
    emit(`${token}${note};dur=${Math.round(durationMs * 1000) / 1000}`)
  }
  return {
    add,
    start(name: string, description?: string): () => void {
      const began = clock.monotonic()
      let ended = false
      return () => {
        if (!ended) add(name, clock.monotonic() - began, description)
        ended = true
      }
    },
  }
}
