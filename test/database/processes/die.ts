// Runs a migration that says when it is half done, and then waits for ever: its parent kills it.
import { createMigrator } from '../../../src/database/index.ts'
import type { SqlDriver, SqlSession } from '../../../src/stores/contract.ts'
import { openFile } from '../open.ts'

const inner = await openFile(process.argv[2] ?? '')
const driver: SqlDriver = {
  name: inner.name,
  dialect: inner.dialect,
  capabilities: inner.capabilities,
  query: (...args) => inner.query(...args),
  batch: (...args) => inner.batch(...args),
  stream: (...args) => inner.stream(...args),
  close: () => inner.close(),
  transaction: (run, options) => inner.transaction((tx) => run(stopAt(tx)), options),
}

function stopAt(tx: SqlSession): SqlSession {
  return {
    dialect: tx.dialect,
    capabilities: tx.capabilities,
    batch: (...args) => tx.batch(...args),
    stream: (...args) => tx.stream(...args),
    transaction: (...args) => tx.transaction(...args),
    async query(sql, params, options) {
      const result = await tx.query(sql, params, options)
      if (sql.startsWith('create table half')) {
        process.stdout.write('half\n')
        await new Promise(() => setInterval(() => undefined, 60_000))
      }
      return result
    },
  }
}

const up = 'create table half (a integer); create table whole (a integer)'
await createMigrator({
  driver,
  migrations: [{ name: '0001-half', up, down: null }],
  clock: { now: () => Date.now() },
}).up()
