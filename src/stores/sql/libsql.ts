import type {
  SqlBatchStatement,
  SqlCapability,
  SqlDriver,
  SqlOptions,
  SqlParameters,
  SqlQueryOptions,
  SqlResult,
  SqlRow,
  SqlSession,
  SqlTransactionOptions,
} from '../contract.ts'
import { createCompiler } from './compile.ts'
import { refusedRows, sqlError, unsupportedError } from './failure.ts'
import type { LibsqlClientLike, LibsqlStatementLike, LibsqlTransactionLike } from './libsql-client.ts'
import { withIndex } from './libsql-error.ts'
import { LibsqlLane, type LibsqlWork } from './libsql-lane.ts'
import { bindLibsql, toResult, type LibsqlResultLike } from './libsql-values.ts'
import { createLimit, maxTimeoutMs, systemTimer, type SqlTimer } from './limit.ts'
import { defaultMaxRows, type TransactionHost } from './transaction-session.ts'
import { runTransaction } from './transaction.ts'

export type { LibsqlClientLike, LibsqlStatementLike, LibsqlTransactionLike } from './libsql-client.ts'
export type { LibsqlResultLike, LibsqlRowLike } from './libsql-values.ts'

/** Options of `libsqlDriver`. */
export interface LibsqlDriverOptions {
  /**
   * How long a writer of a file waits for another one, in this process or not, before `SQL_BUSY`. In milliseconds,
   * 1 to 2,147,483,647. Default: 10,000.
   */
  readonly lockTimeoutMs?: number
  /** Is the database in memory? It has one connection, so that reads wait for a transaction. Default: false. */
  readonly memory?: boolean
  /** Runs once at the end of `close()`. Whoever gives the client away to the driver closes it here. Default: nothing. */
  readonly onClose?: () => void | Promise<void>
  /** Default: the runtime's timers. */
  readonly timer?: SqlTimer
}

const capabilities: readonly SqlCapability[] = [
  'transaction',
  'savepoint',
  'isolation',
  'batch',
  'transactional-ddl',
  'returning',
  'last-id',
  'column-types',
]

/**
 * Adapts a client of `@libsql/client`: a file, memory, or a server. Open it with `intMode: 'bigint'`, else an integer
 * over 2^53 is `SQL_RESULT`, and a file in WAL mode with a `timeout` of some seconds. `RangeError` for an option out of
 * range.
 *
 * - A file or memory: the engine runs on the caller's thread, so that a statement that runs cannot be cancelled, and
 *   it lets one write at a time. Writers wait here for their turn, without stopping the process; reads of a file go on.
 * - Every transaction is serializable. One that may write takes the lock of writers at its start and keeps it until
 *   its end, at the latest its `timeoutMs`.
 * - A `pragma` sets one connection of several. What must hold for all belongs into the client's options or the file.
 * - `lastId` of an insert into a table without rowid has no meaning.
 * - Text with NUL is refused: the client would cut it off there when it reads it.
 */
export function libsqlDriver(client: LibsqlClientLike, options: LibsqlDriverOptions = {}): SqlDriver {
  return new LibsqlDriver(client, options)
}

class LibsqlDriver implements SqlDriver, TransactionHost {
  readonly name = 'libsql'
  readonly dialect = 'sqlite'
  readonly capabilities: ReadonlySet<SqlCapability>
  readonly compile = createCompiler('sqlite')
  readonly timer: SqlTimer
  readonly #lane: LibsqlLane
  readonly #onClose: () => void | Promise<void>
  #active = 0
  #closing: Promise<void> | null = null
  #onIdle = (): void => undefined

  constructor(client: LibsqlClientLike, options: LibsqlDriverOptions) {
    const { lockTimeoutMs = 10_000 } = options
    if (!(lockTimeoutMs >= 1 && lockTimeoutMs <= maxTimeoutMs)) {
      throw new RangeError(`Expected lockTimeoutMs from 1 to ${maxTimeoutMs}, got ${lockTimeoutMs}`)
    }
    this.#onClose = options.onClose ?? ((): void => undefined)
    this.timer = options.timer ?? systemTimer()
    this.#lane = new LibsqlLane(client, {
      timer: this.timer,
      lockTimeoutMs,
      isSingle: options.memory === true,
    })
    this.capabilities = new Set(
      options.memory === true ? capabilities : [...capabilities, 'concurrent-reads'],
    )
  }

  query(sql: string, params?: SqlParameters, options: SqlQueryOptions = {}): Promise<SqlResult> {
    return this.#track(async () => {
      const statement = this.compile(sql)
      const request = { sql: statement.text, args: bindLibsql(statement, params) }
      const execute = (target: LibsqlClientLike | LibsqlTransactionLike): Promise<LibsqlResultLike> =>
        target.execute(request)
      const kind = statement.reads ? 'read' : statement.isCommand ? 'command' : 'write'
      const result = await this.#lane.run({ kind, sql, onClient: execute, onWriter: execute }, options)
      return toResult(result, statement, options.maxRows ?? defaultMaxRows)
    })
  }

  batch(statements: readonly SqlBatchStatement[], options: SqlOptions = {}): Promise<readonly SqlResult[]> {
    return this.#track(async () => {
      const compiled = statements.map(({ sql }) => this.compile(sql))
      const requests = compiled.map((statement, index) => ({
        sql: statement.text,
        args: bindLibsql(statement, statements[index]?.params),
      }))
      if (requests.length === 0) return []
      const work: LibsqlWork<LibsqlResultLike[]> = {
        kind: 'write',
        sql: undefined,
        onClient: (client) => client.batch(requests, 'write'),
        onWriter: (transaction) => executeAll(transaction, requests),
      }
      const results = await this.#lane.run(work, options)
      return compiled.map((statement, index) => toResult(results[index], statement, defaultMaxRows))
    })
  }

  transaction<Result>(
    run: (transaction: SqlSession) => Promise<Result>,
    options: SqlTransactionOptions = {},
  ): Promise<Result> {
    return this.#track(async () => {
      const readOnly = options.readOnly === true
      const limit = createLimit(options, this.timer)
      try {
        return await this.#lane.inTurn(readOnly, limit, async (lock) => {
          const connection = await this.#lane.begin(readOnly, lock)
          lock.end()
          return runTransaction(this, connection, run, { limit, readOnly })
        })
      } finally {
        limit.end()
      }
    })
  }

  stream(): AsyncIterable<SqlRow> {
    return refusedRows(() => unsupportedError(this.name, 'stream', 'read in pages with "limit" and a key'))
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    this.#lane.close()
    await this.#onClose()
  }

  /** Refuses work after `close`, and lets `close` wait for what runs. */
  async #track<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#closing !== null) throw sqlError('SQL_CLOSED', {})
    this.#active += 1
    try {
      return await work()
    } finally {
      this.#active -= 1
      if (this.#active === 0) this.#onIdle()
    }
  }
}

async function executeAll(
  transaction: LibsqlTransactionLike,
  requests: readonly LibsqlStatementLike[],
): Promise<LibsqlResultLike[]> {
  const results: LibsqlResultLike[] = []
  for (const [index, request] of requests.entries()) {
    try {
      results.push(await transaction.execute(request))
    } catch (error) {
      throw withIndex(error, request.sql, index)
    }
  }
  return results
}
