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
import { withPlace } from './failure.ts'
import { createLifetime } from './lifetime.ts'
import { abortedError, createLimit, systemTimer, type Limit, type SqlTimer } from './limit.ts'
import type { PgPoolLike } from './postgres-client.ts'
import { PostgresConnection, type PostgresShared } from './postgres-connection.ts'
import { fromPostgresError } from './postgres-error.ts'
import { createNames } from './postgres-names.ts'
import { asResult, bindPostgres, toPostgresRows } from './postgres-values.ts'
import { defaultMaxRows, type TransactionHost } from './transaction-session.ts'
import { runTransaction } from './transaction.ts'

export type { PgClientLike, PgPoolLike, PgQueryLike, PgResultLike } from './postgres-client.ts'

/** Options of `postgresDriver`. */
export interface PostgresDriverOptions {
  /**
   * Statements that are prepared once per connection, 0 to 10,000: the first that come; later ones are sent anew each
   * time. 0 behind PgBouncer in transaction mode and Hyperdrive, which share connections. Default: 200.
   */
  readonly maxStatements?: number
  /** Runs once at the end of `close()`. Whoever gives the pool away to the driver ends it here. Default: nothing. */
  readonly onClose?: () => void | Promise<void>
  /** Default: the runtime's timers. */
  readonly timer?: SqlTimer
}

const capabilities: ReadonlySet<SqlCapability> = new Set<SqlCapability>([
  'transaction',
  'savepoint',
  'isolation',
  'batch',
  'transactional-ddl',
  'stream',
  'cancel',
  'returning',
  'column-types',
  'concurrent-reads',
])

const isolations: Readonly<Record<SqlIsolation, string>> = {
  'read-uncommitted': 'read uncommitted',
  'read-committed': 'read committed',
  'repeatable-read': 'repeatable read',
  // What PostgreSQL calls repeatable read is snapshot isolation.
  snapshot: 'repeatable read',
  serializable: 'serializable',
}

/** Rows that a stream reads at a time. */
const streamRows = 200
const cursor = 'rockstar_stream'

/**
 * Adapts a pool of node-postgres (`new pg.Pool(…)`, 8.11 or later) or of `@neondatabase/serverless`. Nothing of the
 * package is set globally: types are read per query. `RangeError` for an option out of range.
 *
 * - A statement that is cut off by its signal or bound is stopped by `pg_cancel_backend` over another connection of the
 *   pool. Where none can be had within 5 s, its own connection is closed.
 * - A parameter gets its type from where it stands; PostgreSQL takes one that stands alone (`select :a`) for text.
 * - `lastId` is not known: use `returning`.
 * - A stream reads by a cursor in a transaction of its own, which keeps one connection until the loop is left.
 */
export function postgresDriver(pool: PgPoolLike, options: PostgresDriverOptions = {}): SqlDriver {
  return new PostgresDriver(pool, options)
}

class PostgresDriver implements SqlDriver, TransactionHost {
  readonly name = 'postgres'
  readonly dialect = 'postgres'
  readonly capabilities: ReadonlySet<SqlCapability> = capabilities
  readonly compile = createCompiler('postgres')
  readonly timer: SqlTimer
  readonly #shared: PostgresShared
  readonly #lifetime = createLifetime()
  readonly #onClose: () => void | Promise<void>

  constructor(pool: PgPoolLike, options: PostgresDriverOptions) {
    this.timer = options.timer ?? systemTimer()
    this.#shared = { pool, timer: this.timer, names: createNames(options.maxStatements ?? 200) }
    this.#onClose = options.onClose ?? ((): void => undefined)
    // An idle connection that the server closes is an event that nobody else may hear.
    pool.on('error', ignoreLost)
  }

  query(sql: string, params?: SqlParameters, options: SqlQueryOptions = {}): Promise<SqlResult> {
    return this.#lifetime.track(async () => {
      const statement = this.compile(sql)
      const values = bindPostgres(statement, params)
      return this.#onConnection(options, (connection) =>
        connection.execute(statement, values, options.maxRows ?? defaultMaxRows),
      )
    })
  }

  batch(statements: readonly SqlBatchStatement[], options: SqlOptions = {}): Promise<readonly SqlResult[]> {
    return this.#lifetime.track(async () => {
      const work = statements.map(({ sql, params }) => {
        const statement = this.compile(sql)
        return { statement, values: bindPostgres(statement, params) }
      })
      if (work.length === 0) return []
      return this.#inTransaction(options, 'begin', async (connection) => {
        const results: SqlResult[] = []
        for (const [index, { statement, values }] of work.entries()) {
          try {
            results.push(await connection.execute(statement, values, defaultMaxRows))
          } catch (error) {
            throw withPlace(fromPostgresError(error, statement.source), index)
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
        const connection = await PostgresConnection.open(this.#shared, limit)
        try {
          await limit.race(connection.command(beginOf(options)))
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

  async *stream(sql: string, params?: SqlParameters, options: SqlOptions = {}): AsyncIterable<SqlRow> {
    const statement = this.compile(sql)
    const values = bindPostgres(statement, params)
    if (!statement.reads) {
      yield* (await this.query(sql, params, options)).rows
      return
    }
    const opened = await this.#lifetime.track(() => this.#openCursor(statement.text, values, sql, options))
    let isDone = false
    try {
      for (;;) {
        const fetched = await this.#lifetime.track(() =>
          this.#wait(options, () => opened.run(`fetch ${streamRows} from ${cursor}`, [], sql, false)),
        )
        const rows = toPostgresRows(asResult(fetched, statement))
        yield* rows
        if (rows.length < streamRows) break
      }
      isDone = true
      await opened.commit()
      opened.end()
    } finally {
      if (!isDone) await opened.rollback()
    }
  }

  close(): Promise<void> {
    // The pool's listener stays: connections may be lost until the pool itself has ended.
    return this.#lifetime.end(this.#onClose)
  }

  async #openCursor(
    text: string,
    values: ReturnType<typeof bindPostgres>,
    sql: string,
    options: SqlOptions,
  ): Promise<PostgresConnection> {
    const limit = this.#begin(options)
    try {
      const connection = await PostgresConnection.open(this.#shared, limit)
      try {
        await limit.race(connection.command('begin read only'))
        await limit.race(connection.run(`declare ${cursor} no scroll cursor for ${text}`, values, sql, false))
        return connection
      } catch (error) {
        await connection.rollback()
        throw error
      }
    } finally {
      limit.end()
    }
  }

  async #inTransaction<Value>(
    options: SqlOptions,
    begin: string,
    work: (connection: PostgresConnection) => Promise<Value>,
  ): Promise<Value> {
    const limit = this.#begin(options)
    try {
      const connection = await PostgresConnection.open(this.#shared, limit)
      try {
        await limit.race(connection.command(begin))
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
    work: (connection: PostgresConnection) => Promise<Value>,
  ): Promise<Value> {
    const limit = this.#begin(options)
    try {
      const connection = await PostgresConnection.open(this.#shared, limit)
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

  /** One wait of several, each with the whole bound. */
  async #wait<Value>(options: SqlOptions, work: () => Promise<Value>): Promise<Value> {
    const limit = this.#begin(options)
    try {
      return await limit.race(work())
    } finally {
      limit.end()
    }
  }

  #begin(options: SqlOptions): Limit {
    if (options.signal?.aborted === true) throw abortedError(options.signal)
    return createLimit(options, this.timer)
  }
}

function beginOf({ isolation, readOnly }: SqlTransactionOptions): string {
  const level = isolation === undefined ? '' : ` isolation level ${isolations[isolation]}`
  return `begin${level}${readOnly === true ? ' read only' : ''}`
}

function ignoreLost(): void {
  // The pool has taken it out; the next statement gets another.
}
