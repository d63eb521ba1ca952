import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { nodeSqlite, sqliteDriver } from '../../src/stores/sqlite.ts'
import { bindSqlSuite } from './bind.ts'
import { bindElsewhere, openProgram } from './elsewhere.ts'

bindSqlSuite('node:sqlite in memory', sqlDriverSuite, async () => {
  const database = new DatabaseSync(':memory:')
  const driver = sqliteDriver(nodeSqlite(database))
  return {
    driver,
    async close() {
      await driver.close()
      database.close()
    },
  }
})

bindSqlSuite('node:sqlite in a file', sqlDriverSuite, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rockstar-sqlite-'))
  const database = new DatabaseSync(join(folder, 'test.db'))
  database.exec('pragma journal_mode = wal')
  const driver = sqliteDriver(nodeSqlite(database), { onClose: () => database.close() })
  return {
    driver,
    async close() {
      await driver.close()
      await rm(folder, { recursive: true })
    },
  }
})

bindElsewhere('node:sqlite in memory, in Deno', sqlDriverSuite, () => openProgram('deno', 'sql-deno-run.ts'))
