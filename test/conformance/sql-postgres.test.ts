import pg from 'pg'
import { describe, it } from 'vitest'
import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { postgresDriver } from '../../src/stores/postgres.ts'
import { bindSqlSuite } from './bind.ts'
import { postgresUrl } from './postgres-server.ts'

const url = await postgresUrl('rockstar_conformance')

if (url === null) {
  describe.skip('PostgreSQL', () => {
    it('(skipped: start one with "pg_ctlcluster 15 main start")', () => undefined)
  })
} else {
  bindSqlSuite('PostgreSQL', sqlDriverSuite, async () => {
    const pool = new pg.Pool({ connectionString: url, max: 8 })
    const driver = postgresDriver(pool)
    return {
      driver,
      async close(): Promise<void> {
        await driver.close()
        await pool.end()
      },
    }
  })
}
