import { createPool } from 'mysql2/promise'
import { describe } from 'vitest'
import { sqlDriverSuite } from '../../src/conformance/index.ts'
import type { MysqlPoolLike } from '../../src/stores/mysql.ts'
import { mysqlDriver } from '../../src/stores/mysql.ts'
import { bindSqlSuite } from './bind.ts'
import { mysqlOptions } from './mysql-server.ts'

const options = await mysqlOptions('rockstar_conformance')

describe.skipIf(options === null)('MariaDB (needs "mariadbd")', () => {
  bindSqlSuite(
    'MariaDB',
    sqlDriverSuite,
    async () => {
      const pool = createPool({ ...options, connectionLimit: 8, jsonStrings: true })
      // Its own types are overloaded further than what is used of it.
      const driver = mysqlDriver(pool as unknown as MysqlPoolLike, { server: 'mariadb' })
      return {
        driver,
        async close(): Promise<void> {
          await driver.close()
          await pool.end()
        },
      }
    },
    { 'a column named __proto__ is a column': 'mysql2 refuses the name' },
  )
})
