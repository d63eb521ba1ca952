import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import type { Platform } from '../../src/platform/index.ts'

/** Counts what clients can make happen a thousand times a second, and tells it at most once a second. */
export interface Tally {
  /** Counts one. `reason` is of a small set, never what a client sent. */
  add(reason: string): void
  /** Tells what was counted and not yet told. */
  flush(): void
}

/** The least time between two lines, in milliseconds. */
const quietMs = 1000

/** Makes a tally. `describe` gets what was counted since the last line: how many, and the reason of the latest. */
export function createTally(
  { clock, log }: Pick<Platform, 'clock' | 'log'>,
  describe: (count: number, reason: string) => Pick<DiagnosticEvent, 'kind' | 'level' | 'message'>,
): Tally {
  let count = 0
  let latest = ''
  let isQuiet = false

  function flush(): void {
    if (count === 0) return
    const event = describe(count, latest)
    log({ ...event, fields: { count, reason: latest } })
    count = 0
  }

  /** The first is told at once, those of the next second in one line at its end. */
  function tell(): void {
    isQuiet = count > 0
    if (!isQuiet) return
    flush()
    clock.schedule(quietMs, tell)
  }

  return {
    flush,
    add(reason: string): void {
      count++
      latest = reason
      if (!isQuiet) tell()
    },
  }
}
