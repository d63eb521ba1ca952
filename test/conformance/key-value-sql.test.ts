import { sqlKeyValue } from '../../src/stores/key-value/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { openMemory } from '../database/open.ts'
import { describeServer, openMysql, openPostgres } from '../stores/key-value/plain-drivers.ts'
import { bindKeyValueSuite, type OpenedKeyValue } from './bind-key-value.ts'

function subjectOf(driver: SqlDriver, close: () => Promise<void>): OpenedKeyValue {
  let nowMs = 1_767_225_600_000
  const options = { now: () => nowMs }
  return {
    store: sqlKeyValue(driver, options),
    peer: sqlKeyValue(driver, options),
    advance: async (ms) => void (nowMs += ms),
    close,
  }
}

bindKeyValueSuite('sql on libSQL', async () => {
  const driver = openMemory()
  return subjectOf(driver, () => driver.close())
})

await describeServer('a PostgreSQL server', 5432, 'pg_ctlcluster 15 main start', () => {
  bindKeyValueSuite('sql on PostgreSQL', async () => {
    const { driver, close } = await openPostgres()
    return subjectOf(driver, close)
  })
})

await describeServer('a MariaDB server', 3306, 'mariadbd-safe', () => {
  bindKeyValueSuite('sql on MariaDB', async () => {
    const { driver, close } = await openMysql()
    return subjectOf(driver, close)
  })
  bindKeyValueSuite('sql on MariaDB, whose client counts only what changed', async () => {
    const { driver, close } = await openMysql(['-FOUND_ROWS'])
    return subjectOf(driver, close)
  })
})
