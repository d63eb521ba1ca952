import type { Diagnostics } from '../diagnostics/contract.ts'
import { isRockstarError, type ErrorCode } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'

/** Tells the diagnostics channel of slow and failed statements. */
export interface Watch {
  /** Does `work` and settles as it does. `label` is the name of the statement, or its text; parameters are never told. */
  follow<Value>(work: () => Promise<Value>, label: string): Promise<Value>
}

/** What an application provokes and handles itself: no event is due. */
const expected: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SQL_UNIQUE',
  'SQL_FOREIGN_KEY',
  'SQL_NOT_NULL',
  'SQL_CHECK',
  'SQL_ABORTED',
])
/** What trying again may cure. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SQL_BUSY',
  'SQL_DEADLOCK',
  'SQL_SERIALIZATION',
  'SQL_TIMEOUT',
])

/** Makes a watch. `slowMs` and more is slow. */
export function createWatch(
  diagnostics: Diagnostics,
  clock: Pick<Clock, 'monotonic'>,
  slowMs: number,
): Watch {
  function reportFailure(error: unknown, label: string): void {
    const code = isRockstarError(error) ? error.code : 'SQL_UNKNOWN'
    if (expected.has(code)) return
    diagnostics.emit({
      kind: 'database.failed',
      level: passing.has(code) ? 'warn' : 'error',
      message: `A statement failed with ${code}`,
      error,
      fields: { code, statement: shorten(label) },
    })
  }
  async function follow<Value>(work: () => Promise<Value>, label: string): Promise<Value> {
    const begun = clock.monotonic()
    try {
      return await work()
    } catch (error) {
      reportFailure(error, label)
      throw error
    } finally {
      const tookMs = clock.monotonic() - begun
      if (tookMs >= slowMs) {
        diagnostics.emit({
          kind: 'database.slow',
          level: 'warn',
          message: `A statement took ${Math.round(tookMs)} ms`,
          fields: { ms: Math.round(tookMs), statement: shorten(label) },
        })
      }
    }
  }
  return { follow }
}

function shorten(label: string): string {
  return label.slice(0, 400).replace(/\s+/g, ' ').trim().slice(0, 200)
}
