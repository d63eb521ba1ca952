import { RockstarError } from '../../src/errors/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import type { MysqlPoolLike } from '../../src/stores/mysql.ts'
import { mysqlDriver } from '../../src/stores/mysql.ts'

interface MysqlModule {
  createPool(options: {
    readonly uri: string
    readonly connectTimeout: number
    readonly connectionLimit: number
    readonly jsonStrings: true
  }): MysqlPoolLike & { end(): Promise<void> }
}

/** How long the opening of a connection may take, in milliseconds. */
const connectMs = 10_000
/** Connections of one process. */
const maxConnections = 10

/** Opens MySQL or MariaDB by the package `mysql2`. The server is not asked before the first statement. */
export async function openMysql(url: string, server: 'mysql' | 'mariadb'): Promise<SqlDriver> {
  const { createPool } = await importMysql()
  const pool = createPool({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectTimeout: connectMs,
    connectionLimit: maxConnections,
    jsonStrings: true,
  })
  return mysqlDriver(pool, { server, onClose: () => pool.end() })
}

async function importMysql(): Promise<MysqlModule> {
  try {
    const module: unknown = await import('mysql2/promise')
    // Its own types are wider than what is used of it.
    return module as MysqlModule
  } catch (cause) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      'Expected the package mysql2 for a DATABASE_URL of MySQL; install it with npm install mysql2',
      { cause },
    )
  }
}
