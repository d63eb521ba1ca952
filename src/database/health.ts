import { isRockstarError } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'
import type { SqlDriver } from '../stores/contract.ts'
import type { DatabaseHealth } from './contract.ts'

/** Asks a database for one row. Never rejects. */
export async function checkHealth(
  name: string,
  open: () => SqlDriver | Error | Promise<SqlDriver | Error>,
  clock: Pick<Clock, 'monotonic'>,
  timeoutMs: number,
): Promise<DatabaseHealth> {
  const begun = clock.monotonic()
  const tell = (code: DatabaseHealth['code']): DatabaseHealth => ({
    name,
    ok: code === null,
    ms: Math.round(clock.monotonic() - begun),
    code,
  })
  try {
    const driver = await open()
    if (driver instanceof Error) throw driver
    await driver.query('select 1 as ok', {}, { timeoutMs })
    return tell(null)
  } catch (error) {
    return tell(isRockstarError(error) ? error.code : 'SQL_UNKNOWN')
  }
}
