import type {
  SqlBatchStatement,
  SqlCapability,
  SqlDriver,
  SqlIsolation,
  SqlOptions,
  SqlParameters,
  SqlQueryOptions,
  SqlResult,
  SqlRow,
  SqlSession,
  SqlTransactionOptions,
} from '../contract.ts'
import { createCompiler } from './compile.ts'
import { refusedRows, unsupportedError, withPlace } from './failure.ts'
import { createLifetime } from './lifetime.ts'
import { abortedError, createLimit, systemTimer, type Limit, type SqlTimer } from './limit.ts'
import type { MysqlPoolLike } from './mysql-client.ts'
import { MysqlConnection, type MysqlShared } from './mysql-connection.ts'
import { fromMysqlError } from './mysql-error.ts'
import { bindMysql } from './mysql-values.ts'
import { defaultMaxRows, type TransactionHost } from './transaction-session.ts'
import { runTransaction } from './transaction.ts'

export type { MysqlClientLike, MysqlFieldLike, MysqlPoolLike, MysqlQueryLike } from './mysql-client.ts'

/** Options of `mysqlDriver`. */
export interface MysqlDriverOptions {
  /** `mariadb` has `insert … returning` and the like; MySQL does not. Default: `mysql`. */
  readonly server?: 'mysql' | 'mariadb'
  /** Runs once at the end of `close()`. Whoever gives the pool away to the driver ends it here. Default: nothing. */
  readonly onClose?: () => void | Promise<void>
  /** Default: the runtime's timers. */
  readonly timer?: SqlTimer
}

const capabilities: readonly SqlCapability[] = [
  'transaction',
  'savepoint',
  'isolation',
  'batch',
  'cancel',
  'last-id',
  'column-types',
  'concurrent-reads',
]

const isolations: Readonly<Record<SqlIsolation, string>> = {
  'read-uncommitted': 'read uncommitted',
  'read-committed': 'read committed',
  'repeatable-read': 'repeatable read',
  snapshot: 'repeatable read',
  serializable: 'serializable',
}

/**
 * Adapts a pool of `mysql2/promise` (`createPool(…)`, 3.11 or later) to MySQL or MariaDB. Nothing is set globally: values
 * are read per query, and each connection gets UTC and strict mode once. Make the pool with `jsonStrings: true`, else
 * large numbers in JSON lose digits, and on Workers with `disableEval: true`. A column named `__proto__` is an error of the
 * client.
 *
 * - A statement that is cut off by its signal or bound is stopped by `kill query` over another connection of the pool.
 *   Where none can be had within 5 s, its own connection is closed.
 * - An integer parameter is sent as text, which every place that wants a number takes; one that stands alone
 *   (`select :a`) comes back as text.
 * - A boolean is a column of type `tinyint(1)`. `lastId` is known for an insert of one row.
 * - The statements of a schema (`create table`) commit the transaction that they stand in.
 */
export function mysqlDriver(pool: MysqlPoolLike, options: MysqlDriverOptions = {}): SqlDriver {
  return new MysqlDriver(pool, options)
}

class MysqlDriver implements SqlDriver, TransactionHost {
  readonly name = 'mysql'
  readonly dialect = 'mysql'
  readonly capabilities: ReadonlySet<SqlCapability>
  readonly compile = createCompiler('mysql')
  readonly timer: SqlTimer
  readonly #shared: MysqlShared
  readonly #lifetime = createLifetime()
  readonly #onClose: () => void | Promise<void>

  constructor(pool: MysqlPoolLike, options: MysqlDriverOptions) {
    this.timer = options.timer ?? systemTimer()
    this.capabilities = new Set(options.server === 'mariadb' ? [...capabilities, 'returning'] : capabilities)
    this.#shared = { pool, timer: this.timer, settled: new Set() }
    this.#onClose = options.onClose ?? ((): void => undefined)
  }

  query(sql: string, params?: SqlParameters, options: SqlQueryOptions = {}): Promise<SqlResult> {
    return this.#lifetime.track(async () => {
      const statement = this.compile(sql)
      const values = bindMysql(statement, params)
      return this.#onConnection(options, (connection) =>
        connection.execute(statement, values, options.maxRows ?? defaultMaxRows),
      )
    })
  }

  batch(statements: readonly SqlBatchStatement[], options: SqlOptions = {}): Promise<readonly SqlResult[]> {
    return this.#lifetime.track(async () => {
      const work = statements.map(({ sql, params }) => {
        const statement = this.compile(sql)
        return { statement, values: bindMysql(statement, params) }
      })
      if (work.length === 0) return []
      return this.#inTransaction(options, async (connection) => {
        const results: SqlResult[] = []
        for (const [index, { statement, values }] of work.entries()) {
          try {
            results.push(await connection.execute(statement, values, defaultMaxRows))
          } catch (error) {
            throw withPlace(fromMysqlError(error, statement.source), index)
          }
        }
        return results
      })
    })
  }

  transaction<Result>(
    run: (transaction: SqlSession) => Promise<Result>,
    options: SqlTransactionOptions = {},
  ): Promise<Result> {
    return this.#lifetime.track(async () => {
      const readOnly = options.readOnly === true
      const limit = this.#begin(options)
      try {
        const connection = await MysqlConnection.open(this.#shared, limit)
        try {
          await limit.race(begin(connection, options))
        } catch (error) {
          await connection.rollback()
          throw error
        }
        const result = await runTransaction(this, connection, run, { limit, readOnly })
        connection.end()
        return result
      } finally {
        limit.end()
      }
    })
  }

  stream(): AsyncIterable<SqlRow> {
    return refusedRows(() => unsupportedError(this.name, 'stream', 'read in pages with "limit" and a key'))
  }

  close(): Promise<void> {
    return this.#lifetime.end(this.#onClose)
  }

  async #inTransaction<Value>(
    options: SqlOptions,
    work: (connection: MysqlConnection) => Promise<Value>,
  ): Promise<Value> {
    const limit = this.#begin(options)
    try {
      const connection = await MysqlConnection.open(this.#shared, limit)
      try {
        await limit.race(begin(connection, {}))
        const value = await limit.race(work(connection))
        await limit.race(connection.commit())
        connection.end()
        return value
      } catch (error) {
        await connection.rollback()
        throw error
      }
    } finally {
      limit.end()
    }
  }

  /** Runs one statement on a connection of its own. */
  async #onConnection<Value>(
    options: SqlOptions,
    work: (connection: MysqlConnection) => Promise<Value>,
  ): Promise<Value> {
    const limit = this.#begin(options)
    try {
      const connection = await MysqlConnection.open(this.#shared, limit)
      try {
        const value = await limit.race(work(connection))
        connection.end()
        return value
      } catch (error) {
        connection.abandon()
        throw error
      }
    } finally {
      limit.end()
    }
  }

  #begin(options: SqlOptions): Limit {
    if (options.signal?.aborted === true) throw abortedError(options.signal)
    return createLimit(options, this.timer)
  }
}

/**
 * The level must be set before the transaction begins, and holds for that one. A serializable one that only reads sees
 * one snapshot, which is as good: at the server's own serializable level its reads would lock writers out.
 */
async function begin(
  connection: MysqlConnection,
  { isolation, readOnly = false }: SqlTransactionOptions,
): Promise<void> {
  const isSnapshot = isolation === 'snapshot' || (isolation === 'serializable' && readOnly)
  const level = isolation === undefined ? null : isSnapshot ? 'repeatable read' : isolations[isolation]
  if (level !== null) await connection.command(`set transaction isolation level ${level}`)
  const modes = [...(isSnapshot ? ['with consistent snapshot'] : []), ...(readOnly ? ['read only'] : [])]
  await connection.command(`start transaction ${modes.join(', ')}`.trim())
}
