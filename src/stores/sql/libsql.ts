import type { RockstarError } from '../../errors/index.ts'
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
import { sqlError, unsupportedError } from './failure.ts'
import { createGate } from './gate.ts'
import type { LibsqlClientLike, LibsqlStatementLike, LibsqlTransactionLike } from './libsql-client.ts'
import { clientEnding, LibsqlConnection } from './libsql-connection.ts'
import { fromLibsqlError, isLockError, isSingleConnectionError, withIndex } from './libsql-error.ts'
import { bindLibsql, toResult, type LibsqlResultLike } from './libsql-values.ts'
import { LibsqlWriter } from './libsql-writer.ts'
import { abortedError, createLimit, systemTimer, type Limit, type SqlTimer } from './limit.ts'
import { defaultMaxRows, runTransaction, type TransactionHost } from './transaction.ts'

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

/** A statement or a batch outside transactions. */
interface Work<Value> {
  /** A `command` is a write that SQLite takes only outside a transaction. */
  readonly kind: 'read' | 'write' | 'command'
  readonly sql: string | undefined
  onClient(client: LibsqlClientLike): Promise<Value>
  /** In a transaction that is made for it. */
  onWriter(transaction: LibsqlTransactionLike): Promise<Value>
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
 * over 2^53 is `SQL_RESULT`, and a file in WAL mode with a `timeout` of some seconds.
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
  readonly #client: LibsqlClientLike
  readonly #lockTimeoutMs: number
  readonly #onClose: () => void | Promise<void>
  /** A server lets its writers wait itself. */
  readonly #isLocal: boolean
  readonly #gate = createGate()
  readonly #writer: LibsqlWriter
  /** Does the client have one connection only, so that everybody waits for a transaction? */
  #isSingle: boolean
  #active = 0
  #closing: Promise<void> | null = null
  #onIdle = (): void => undefined

  constructor(client: LibsqlClientLike, options: LibsqlDriverOptions) {
    this.#client = client
    this.#lockTimeoutMs = options.lockTimeoutMs ?? 10_000
    this.#onClose = options.onClose ?? ((): void => undefined)
    this.#isLocal = client.protocol === 'file'
    this.#writer = new LibsqlWriter(client)
    this.#isSingle = options.memory === true
    this.timer = options.timer ?? systemTimer()
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
      const result = await this.#run({ kind, sql, onClient: execute, onWriter: execute }, options)
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
      const work: Work<LibsqlResultLike[]> = {
        kind: 'write',
        sql: undefined,
        onClient: (client) => client.batch(requests, 'write'),
        onWriter: (transaction) => executeAll(transaction, requests),
      }
      const results = await this.#run(work, options)
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
        return await this.#inTurn(readOnly, limit, async (lock) => {
          const connection = await this.#begin(readOnly, lock)
          lock.end()
          return runTransaction(this, connection, run, { limit, readOnly })
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
    this.#writer.close()
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

  async #run<Value>(work: Work<Value>, options: SqlOptions): Promise<Value> {
    if (options.signal?.aborted === true) throw abortedError(options.signal)
    const isBeside = this.#isBeside(work.kind === 'read')
    if (!this.#isLocal || !(isBeside || this.#gate.tryEnter())) return this.#wait(work, options)
    // Nobody of this process is in the way, and the engine answers before it returns: no timer is needed.
    if (!isBeside) this.#freeConnection()
    try {
      return await this.#attempt(work)
    } catch (error) {
      if (!this.#mayWait(error)) throw fromLibsqlError(error, work.sql)
    } finally {
      if (!isBeside) this.#gate.leave()
    }
    return this.#wait(work, options)
  }

  async #wait<Value>(work: Work<Value>, options: SqlOptions): Promise<Value> {
    const limit = createLimit(options, this.timer)
    try {
      if (!this.#isLocal) return await limit.race(work.onClient(this.#client))
      return await this.#inTurn(work.kind === 'read', limit, (lock) =>
        this.#patiently(() => this.#attempt(work), lock),
      )
    } catch (error) {
      throw fromLibsqlError(error, work.sql)
    } finally {
      limit.end()
    }
  }

  #attempt<Value>(work: Work<Value>): Promise<Value> {
    const usesWriter = work.kind === 'write' && !this.#isSingle
    return usesWriter
      ? this.#writer.run((transaction) => work.onWriter(transaction))
      : work.onClient(this.#client)
  }

  async #begin(readOnly: boolean, lock: Limit): Promise<LibsqlConnection> {
    try {
      if (this.#isLocal && !readOnly && !this.#isSingle) {
        const transaction = await this.#patiently(() => this.#writer.lock(), lock)
        return new LibsqlConnection(transaction, this.#writer)
      }
      // A deferred transaction reads one snapshot and takes no lock; the session lets no write into it.
      const begin = (): Promise<LibsqlTransactionLike> =>
        this.#client.transaction(readOnly ? 'deferred' : 'write')
      const transaction = await (this.#isLocal ? this.#patiently(begin, lock) : openWithin(lock, begin()))
      return new LibsqlConnection(transaction, clientEnding(transaction, this.timer))
    } catch (error) {
      throw fromLibsqlError(error, undefined)
    }
  }

  /** May it run while another one of this process writes? */
  #isBeside(reads: boolean): boolean {
    return reads && !this.#isSingle
  }

  /** Lets `work` run when no other writer of this process does. The limit that it gets is that of waiting for locks. */
  async #inTurn<Value>(reads: boolean, limit: Limit, work: (lock: Limit) => Promise<Value>): Promise<Value> {
    const lock = createLimit({ timeoutMs: this.#lockTimeoutMs }, this.timer, {
      parent: limit,
      onTimeout: busyError,
    })
    try {
      if (!this.#isLocal || this.#isBeside(reads)) return await work(lock)
      await this.#gate.enter(lock)
      this.#freeConnection()
      try {
        return await work(lock)
      } finally {
        this.#gate.leave()
      }
    } finally {
      lock.end()
    }
  }

  /** Tries again while another process has the lock. It was refused before anything was done, so that this is safe. */
  async #patiently<Value>(attempt: () => Promise<Value>, lock: Limit): Promise<Value> {
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 25)) {
      const failure = lock.failure()
      if (failure !== null) throw failure
      try {
        return await attempt()
      } catch (error) {
        if (!this.#mayWait(error)) throw error
      }
      await lock.sleep(delayMs)
    }
  }

  #mayWait(error: unknown): boolean {
    if (!isSingleConnectionError(error)) return isLockError(error)
    this.#isSingle = true
    if (this.#gate.tryEnter()) {
      this.#freeConnection()
      this.#gate.leave()
    }
    return true
  }

  /** Where there is only one connection, the idle writer must not keep it. Only for who is in the gate. */
  #freeConnection(): void {
    if (this.#isSingle) this.#writer.close()
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

/** A transaction that opens after the bound is closed: it must not keep a lock that nobody knows of. */
async function openWithin(
  lock: Limit,
  opening: Promise<LibsqlTransactionLike>,
): Promise<LibsqlTransactionLike> {
  try {
    return await lock.race(opening)
  } catch (error) {
    opening.then(
      (late) => late.close(),
      () => undefined,
    )
    throw error
  }
}

function busyError(): RockstarError {
  return sqlError('SQL_BUSY', {})
}
