import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { libsqlDriver } from '../../src/stores/libsql.ts'
import { bindSqlSuite } from './bind.ts'
import { startHranaServer } from './hrana-server.ts'

bindSqlSuite('libSQL in a file', sqlDriverSuite, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rockstar-sql-'))
  const client = createClient({ url: `file:${join(folder, 'test.db')}`, intMode: 'bigint', timeout: 5 })
  await client.execute('pragma journal_mode = wal')
  const driver = libsqlDriver(client)
  return {
    driver,
    async close() {
      await driver.close()
      client.close()
      await rm(folder, { recursive: true })
    },
  }
})

bindSqlSuite('libSQL in memory', sqlDriverSuite, async () => {
  const client = createClient({ url: ':memory:', intMode: 'bigint' })
  const driver = libsqlDriver(client, { memory: true })
  return {
    driver,
    async close() {
      await driver.close()
      client.close()
    },
  }
})

bindSqlSuite('libSQL on a server', sqlDriverSuite, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rockstar-sql-'))
  const server = await startHranaServer(join(folder, 'test.db'))
  const client = createClient({ url: server.url, intMode: 'bigint' })
  const driver = libsqlDriver(client)
  return {
    driver,
    async close() {
      await driver.close()
      client.close()
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
})
