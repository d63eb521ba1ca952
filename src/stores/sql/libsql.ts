import { RockstarError } from '../../errors/index.ts'
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
import { createCompiler, type CompiledStatement } from './compile.ts'
import { sqlError, unsupportedError } from './failure.ts'
import { createGate } from './gate.ts'
import { fromLibsqlError, isLockError, isSingleConnectionError } from './libsql-error.ts'
import { bindLibsql, toResult, type LibsqlArgument, type LibsqlResultLike } from './libsql-values.ts'
import { abortedError, createLimit, systemTimer, type Limit, type SqlTimer } from './limit.ts'
import { defaultMaxRows, runTransaction, type TransactionConnection, type TransactionHost } from './transaction.ts'

export type { LibsqlResultLike, LibsqlRowLike } from './libsql-values.ts'

/** One statement as the client takes it. */
export interface LibsqlStatementLike {
  sql: string
  args: LibsqlArgument[]
}

/** A transaction of the client. */
export interface LibsqlTransactionLike {
  execute(statement: LibsqlStatementLike): Promise<LibsqlResultLike>
  commit(): Promise<void>
  rollback(): Promise<void>
  close(): void
}

/** The parts of an `@libsql/client` client that the driver uses. */
export interface LibsqlClientLike {
  /** `file` for a database in this process, else that of the wire. */
  readonly protocol: string
  execute(statement: LibsqlStatementLike): Promise<LibsqlResultLike>
  batch(statements: LibsqlStatementLike[], mode: 'read' | 'write'): Promise<LibsqlResultLike[]>
  transaction(mode: 'read' | 'write' | 'deferred'): Promise<LibsqlTransactionLike>
}

/** Options of `libsqlDriver`. */
export interface LibsqlDriverOptions {
  /** How long a writer waits for another one, in this process or not, before `SQL_BUSY`. In milliseconds. Default: 10,000. */
  readonly lockTimeoutMs?: number
  /** Is the database in memory? It has one connection, so that reads wait for a transaction. Default: false. */
  readonly memory?: boolean
  /** Runs once at the end of `close()`. Whoever gives the client away to the driver closes it here. Default: nothing. */
  readonly onClose?: () => void | Promise<void>
  /** Default: the runtime's timers. */
  readonly timer?: SqlTimer
}

/** How long a server may take to undo a transaction before its connection is closed. */
const rollbackMs = 5_000

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
 * over 2^53 is `SQL_RESULT`, and a file with a small `timeout`: its busy timeout stops the whole process.
 *
 * - A file or memory: the engine runs on the caller's thread, so that a statement that runs cannot be cancelled, and
 *   it lets one write at a time. Writers wait here for their turn, without stopping the process; reads of a file go on.
 * - Every transaction is serializable. One that may write takes the lock of writers at its start and keeps it until
 *   its end, at the latest its `timeoutMs`.
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
  readonly #client: LibsqlClientLike
  readonly #lockTimeoutMs: number
  /** A server lets its writers wait itself. */
  readonly #isLocal: boolean
  readonly #writers = createGate()
  /** Does the client have one connection only, so that reads wait for a transaction too? */
  #isSingle: boolean
  readonly #onClose: () => void | Promise<void>
  #active = 0
  #closing: Promise<void> | null = null
  #onIdle = (): void => undefined

  constructor(client: LibsqlClientLike, options: LibsqlDriverOptions) {
    this.#client = client
    this.#lockTimeoutMs = options.lockTimeoutMs ?? 10_000
    this.#onClose = options.onClose ?? ((): void => undefined)
    this.#isLocal = client.protocol === 'file'
    this.#isSingle = options.memory === true
    this.timer = options.timer ?? systemTimer()
    this.capabilities = new Set(options.memory === true ? capabilities : [...capabilities, 'concurrent-reads'])
  }

  query(sql: string, params?: SqlParameters, options: SqlQueryOptions = {}): Promise<SqlResult> {
    return this.#track(async () => {
      const statement = this.compile(sql)
      const request = { sql: statement.text, args: bindLibsql(statement, params) }
      const result = await this.#run(() => this.#client.execute(request), statement.reads, options, sql)
      return toResult(result, statement, options.maxRows ?? defaultMaxRows)
    })
  }

  batch(statements: readonly SqlBatchStatement[], options: SqlOptions = {}): Promise<readonly SqlResult[]> {
    return this.#track(async () => {
      const work = statements.map(({ sql, params }) => {
        const statement = this.compile(sql)
        return { statement, request: { sql: statement.text, args: bindLibsql(statement, params) } }
      })
      if (work.length === 0) return []
      const requests = work.map(({ request }) => request)
      const results = await this.#run(() => this.#client.batch(requests, 'write'), false, options, undefined)
      return work.map(({ statement }, index) => toResult(results[index], statement, defaultMaxRows))
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
        return await this.#inTurn(readOnly, limit, async (lock) => {
          // A deferred transaction reads one snapshot and takes no lock; the session lets no write into it.
          const begin = (): Promise<LibsqlTransactionLike> => this.#client.transaction(readOnly ? 'deferred' : 'write')
          const transaction = await this.#begin(begin, lock)
          lock.end()
          return runTransaction(this, new LibsqlConnection(transaction, this.timer), run, { limit, readOnly })
        })
      } finally {
        limit.end()
      }
    })
  }

  async *stream(): AsyncIterable<SqlRow> {
    throw unsupportedError(this.name, 'stream', 'read in pages with "limit" and a key')
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
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

  /** Runs a statement, or a batch, outside transactions. */
  async #run<Value>(
    run: () => Promise<Value>,
    reads: boolean,
    options: SqlOptions,
    sql: string | undefined,
  ): Promise<Value> {
    if (options.signal?.aborted === true) throw abortedError(options.signal)
    const isBeside = reads && !this.#isSingle
    if (!this.#isLocal || !(isBeside || this.#writers.tryEnter())) return this.#wait(run, reads, options, sql)
    // Nobody is in the way and the engine answers before it returns: no timer is needed.
    try {
      return await run()
    } catch (error) {
      if (!this.#mayWait(error)) throw fromLibsqlError(error, sql)
    } finally {
      if (!isBeside) this.#writers.leave()
    }
    return this.#wait(run, reads, options, sql)
  }

  async #wait<Value>(
    run: () => Promise<Value>,
    reads: boolean,
    options: SqlOptions,
    sql: string | undefined,
  ): Promise<Value> {
    const limit = createLimit(options, this.timer)
    try {
      if (!this.#isLocal) return await limit.race(run())
      return await this.#inTurn(reads, limit, (lock) => this.#patiently(run, lock))
    } catch (error) {
      throw fromLibsqlError(error, sql)
    } finally {
      limit.end()
    }
  }

  /** Lets `work` run when no other writer of this process does. The limit that it gets is that of waiting for locks. */
  async #inTurn<Value>(
    reads: boolean,
    limit: Limit,
    work: (lock: Limit) => Promise<Value>,
  ): Promise<Value> {
    const lock = createLimit({ timeoutMs: this.#lockTimeoutMs }, this.timer, { parent: limit, onTimeout: busyError })
    try {
      if (!this.#isLocal || (reads && !this.#isSingle)) return await work(lock)
      await this.#writers.enter(lock)
      try {
        return await work(lock)
      } finally {
        this.#writers.leave()
      }
    } finally {
      lock.end()
    }
  }

  /**
   * Tries again while another process has the lock. The engine refused before it did anything, so that this is safe.
   * Its own busy timeout would stop the whole process meanwhile.
   */
  async #patiently<Value>(run: () => Promise<Value>, lock: Limit): Promise<Value> {
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 25)) {
      const failure = lock.failure()
      if (failure !== null) throw failure
      try {
        return await run()
      } catch (error) {
        if (!this.#mayWait(error)) throw error
      }
      await lock.sleep(delayMs)
    }
  }

  async #begin(begin: () => Promise<LibsqlTransactionLike>, lock: Limit): Promise<LibsqlTransactionLike> {
    try {
      if (this.#isLocal) return await this.#patiently(begin, lock)
      const opening = begin()
      return await lock.race(opening).catch((error: unknown) => {
        // Nobody waits for it any more: when it opens, it must not keep the lock.
        opening.then(
          (late) => late.close(),
          () => undefined,
        )
        throw error
      })
    } catch (error) {
      throw fromLibsqlError(error, undefined)
    }
  }

  #mayWait(error: unknown): boolean {
    if (isSingleConnectionError(error)) this.#isSingle = true
    else return isLockError(error)
    return true
  }
}

/** A transaction of the client, as the shared rules of transactions want it. */
class LibsqlConnection implements TransactionConnection<LibsqlArgument[]> {
  readonly #transaction: LibsqlTransactionLike
  readonly #timer: SqlTimer

  constructor(transaction: LibsqlTransactionLike, timer: SqlTimer) {
    this.#transaction = transaction
    this.#timer = timer
  }

  prepare(statement: CompiledStatement, params: SqlParameters | undefined): LibsqlArgument[] {
    return bindLibsql(statement, params)
  }

  async execute(statement: CompiledStatement, args: LibsqlArgument[], maxRows: number): Promise<SqlResult> {
    try {
      const result = await this.#transaction.execute({ sql: statement.text, args })
      return toResult(result, statement, maxRows)
    } catch (error) {
      throw fromLibsqlError(error, statement.source)
    }
  }

  async command(sql: string): Promise<void> {
    try {
      await this.#transaction.execute({ sql, args: [] })
    } catch (error) {
      throw fromLibsqlError(error, sql)
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#transaction.commit()
    } catch (error) {
      throw fromLibsqlError(error, 'commit')
    }
  }

  async rollback(): Promise<void> {
    const limit = createLimit({ timeoutMs: rollbackMs }, this.#timer)
    try {
      await limit.race(this.#transaction.rollback())
    } catch {
      // It is undone already, or the server undoes it when the connection is closed below.
    } finally {
      limit.end()
      this.#transaction.close()
    }
  }
}

function busyError(): RockstarError {
  return sqlError('SQL_BUSY', {})
}
