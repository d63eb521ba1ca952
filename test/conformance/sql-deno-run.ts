// Runs the suite over `node:sqlite` as Deno has it, and prints a line of JSON with the outcome of each case.
import { DatabaseSync } from 'node:sqlite'
import { sqlDriverSuite } from '../../src/conformance/sql.ts'
import { nodeSqlite, sqliteDriver } from '../../src/stores/sqlite.ts'
import { runCaseHere } from './elsewhere-run.ts'

for (const { name } of sqlDriverSuite.cases) {
  const outcome = await runCaseHere(sqlDriverSuite, name, () => {
    const database = new DatabaseSync(':memory:')
    const driver = sqliteDriver(nodeSqlite(database), { onClose: () => database.close() })
    return { subject: { driver }, capabilities: driver.capabilities, close: () => driver.close() }
  })
  console.log(JSON.stringify(outcome))
}
