// Runs the suite over `bun:sqlite` inside Bun, and prints a line of JSON with the outcome of each case.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// @ts-expect-error: only Bun knows it, and the project has no types of it.
import { Database as BunDatabase } from 'bun:sqlite'
import { sqlDriverSuite } from '../../src/conformance/sql.ts'
import { bunSqlite, sqliteDriver, type BunSqliteDatabaseLike } from '../../src/stores/sqlite.ts'
import { runCaseHere } from './elsewhere-run.ts'

const Database: new (path: string) => BunSqliteDatabaseLike & { close(throwOnError: boolean): void } =
  BunDatabase

for (const { name } of sqlDriverSuite.cases) {
  const folder = mkdtempSync(join(tmpdir(), 'rockstar-bun-sqlite-'))
  const outcome = await runCaseHere(sqlDriverSuite, name, () => {
    const database = new Database(join(folder, 'test.db'))
    database.run('pragma journal_mode = wal')
    database.run('pragma foreign_keys = on')
    const driver = sqliteDriver(bunSqlite(database))
    return {
      subject: { driver },
      capabilities: driver.capabilities,
      async close() {
        await driver.close()
        // Throws when a statement was not finalized.
        database.close(true)
      },
    }
  })
  rmSync(folder, { recursive: true })
  console.log(JSON.stringify(outcome))
}
