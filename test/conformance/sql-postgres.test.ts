import { Pool } from 'pg'
import { describe } from 'vitest'
import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { postgresDriver } from '../../src/stores/postgres.ts'
import { bindSqlSuite } from './bind.ts'
import { postgresUrl } from './postgres-server.ts'

const url = await postgresUrl('rockstar_conformance')

describe.skipIf(url === null)('PostgreSQL (needs "pg_ctlcluster 15 main start")', () => {
  bindSqlSuite('PostgreSQL', sqlDriverSuite, async () => {
    const pool = new Pool({ connectionString: url ?? '', max: 8 })
    const driver = postgresDriver(pool)
    return {
      driver,
      async close(): Promise<void> {
        await driver.close()
        await pool.end()
      },
    }
  })
})
