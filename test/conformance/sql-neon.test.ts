import { neonConfig, Pool } from '@neondatabase/serverless'
import { afterAll, describe } from 'vitest'
import { sqlDriverSuite } from '../../src/conformance/index.ts'
import type { PgPoolLike } from '../../src/stores/postgres.ts'
import { postgresDriver } from '../../src/stores/postgres.ts'
import { bindSqlSuite } from './bind.ts'
import { startNeonBridge } from './neon-bridge.ts'
import { postgresUrl } from './postgres-server.ts'

const url = await postgresUrl('rockstar_neon')
const bridge = await startNeonBridge()
neonConfig.wsProxy = bridge.address
neonConfig.useSecureWebSocket = false
neonConfig.pipelineConnect = false

describe.skipIf(url === null)('Neon over WebSockets (needs "pg_ctlcluster 15 main start")', () => {
  afterAll(() => bridge.close())

  bindSqlSuite("Neon's pool over WebSockets", sqlDriverSuite, async () => {
    const pool = new Pool({ connectionString: url ?? '', max: 8 })
    // Its own types are overloaded further than what is used of it.
    const driver = postgresDriver(pool as unknown as PgPoolLike)
    return {
      driver,
      async close(): Promise<void> {
        await driver.close()
        await pool.end()
      },
    }
  })
})
