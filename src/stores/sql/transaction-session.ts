import { RockstarError } from '../../errors/index.ts'
import type {
  SqlBatchStatement,
  SqlCapability,
  SqlDialect,
  SqlOptions,
  SqlParameters,
  SqlQueryOptions,
  SqlResult,
  SqlRow,
  SqlSession,
  SqlTransactionOptions,
} from '../contract.ts'
import type { CompiledStatement, StatementCompiler } from './compile.ts'
import { refusedRows, sqlError, unsupportedError } from './failure.ts'
import { abortedError, createLimit, type Limit, type SqlTimer } from './limit.ts'
import { savepointCommands } from './savepoint.ts'

/** What a driver offers for one transaction: a connection on which the engine's own has begun. */
export interface TransactionConnection<Prepared> {
  /** Checks and binds. What it throws has not reached the engine and dooms nothing. */
  prepare(statement: CompiledStatement, params: SqlParameters | undefined): Prepared
  /** Runs what `prepare` made. Rejects with an error of the SQL set. */
  execute(statement: CompiledStatement, prepared: Prepared, maxRows: number): Promise<SqlResult>
  /** Runs a command without parameters or rows: a savepoint. */
  command(sql: string): Promise<void>
  /** Rejects with an error of the SQL set; then `rollback` follows. */
  commit(): Promise<void>
  /** Undoes everything and gives the connection back. Never rejects, and ends within its own bound. */
  rollback(): Promise<void>
}

/** What all transactions of a driver share. */
export interface TransactionHost {
  readonly name: string
  readonly dialect: SqlDialect
  readonly capabilities: ReadonlySet<SqlCapability>
  readonly compile: StatementCompiler
  readonly timer: SqlTimer
}

/** Rows of a result when the caller names no bound. */
export const defaultMaxRows = 100_000

/** What one transaction is bounded by. */
export interface TransactionScope {
  readonly limit: Limit
  /** Refuse what writes? */
  readonly readOnly: boolean
}

/** Calls `run` so that what it throws is a rejection. */
export async function startRun<Result>(
  run: (transaction: SqlSession) => Promise<Result>,
  session: SqlSession,
): Promise<Result> {
  return run(session)
}

/** One transaction, outermost or nested, as its code sees it. */
export class TransactionSession<Prepared> implements SqlSession {
  readonly dialect: SqlDialect
  readonly capabilities: ReadonlySet<SqlCapability>
  readonly #host: TransactionHost
  readonly #connection: TransactionConnection<Prepared>
  readonly #limit: Limit
  readonly #readOnly: boolean
  readonly #depth: number
  readonly #running = new Set<Promise<unknown>>()
  /** The first failure of a statement that reached the engine. */
  #doom: { readonly error: unknown } | null = null
  #isOver = false
  #hasNested = false

  constructor(
    host: TransactionHost,
    connection: TransactionConnection<Prepared>,
    scope: TransactionScope,
    depth: number,
  ) {
    this.dialect = host.dialect
    this.capabilities = host.capabilities
    this.#host = host
    this.#connection = connection
    this.#limit = scope.limit
    this.#readOnly = scope.readOnly
    this.#depth = depth
  }

  async query(sql: string, params?: SqlParameters, options?: SqlQueryOptions): Promise<SqlResult> {
    this.#assertUsable()
    const statement = this.#compile(sql)
    const prepared = this.#connection.prepare(statement, params)
    const maxRows = options?.maxRows ?? defaultMaxRows
    return this.#bounded(options, () => this.#connection.execute(statement, prepared, maxRows))
  }

  async batch(statements: readonly SqlBatchStatement[], options?: SqlOptions): Promise<readonly SqlResult[]> {
    this.#assertUsable()
    const work = statements.map(({ sql, params }) => {
      const statement = this.#compile(sql)
      return { statement, prepared: this.#connection.prepare(statement, params) }
    })
    return this.#bounded(options, async () => {
      const results: SqlResult[] = []
      // One after the other: a failure dooms the transaction, so that none of them stays.
      for (const { statement, prepared } of work) {
        results.push(await this.#connection.execute(statement, prepared, defaultMaxRows))
      }
      return results
    })
  }

  async transaction<Result>(
    run: (transaction: SqlSession) => Promise<Result>,
    options: SqlTransactionOptions = {},
  ): Promise<Result> {
    this.#assertUsable()
    if (!this.capabilities.has('savepoint')) {
      throw unsupportedError(this.#host.name, 'savepoint', 'use one transaction')
    }
    if (options.isolation !== undefined) {
      throw stateError(
        'only the outermost transaction to choose its isolation',
        'a nested one that does',
        'move it',
      )
    }
    this.#hasNested = true
    const limit = createLimit(options, this.#host.timer, { parent: this.#limit })
    try {
      return await this.#nest(run, { limit, readOnly: this.#readOnly || options.readOnly === true })
    } finally {
      limit.end()
      this.#hasNested = false
    }
  }

  stream(): AsyncIterable<SqlRow> {
    const advice = 'read in pages with a limit, or outside the transaction'
    return refusedRows(() => unsupportedError(this.#host.name, 'stream', advice))
  }

  /** Waits for what was not awaited, and refuses to commit what failed. */
  async finish(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    this.stop()
    if (this.#hasNested) {
      throw stateError('nested transactions to have ended', 'one that still runs', 'await it')
    }
    if (this.#doom !== null) throw this.#doomed(this.#doom)
  }

  /** Refuses everything from now on. */
  stop(): void {
    this.#isOver = true
  }

  async #nest<Result>(
    run: (transaction: SqlSession) => Promise<Result>,
    scope: TransactionScope,
  ): Promise<Result> {
    const name = `rockstar_${this.#depth + 1}`
    const session = new TransactionSession(this.#host, this.#connection, scope, this.#depth + 1)
    await this.#command(savepointCommands[this.dialect].begin(name))
    try {
      const result = await scope.limit.race(startRun(run, session))
      await scope.limit.race(session.finish())
      await this.#command(savepointCommands[this.dialect].release(name))
      return result
    } catch (error) {
      session.stop()
      // When the outer one has ended meanwhile, its rollback has undone this one too.
      if (!this.#isOver) await this.#undo(name)
      throw error
    }
  }

  /** Never rejects: what made it necessary is the error to tell. A failure dooms this transaction. */
  async #undo(name: string): Promise<void> {
    try {
      await this.#command(savepointCommands[this.dialect].rollback(name))
      await this.#command(savepointCommands[this.dialect].release(name))
    } catch {
      // Kept in #doom.
    }
  }

  async #command(sql: string | null): Promise<void> {
    if (sql === null) return
    try {
      await this.#connection.command(sql)
    } catch (error) {
      this.#doom ??= { error }
      throw error
    }
  }

  #compile(sql: string): CompiledStatement {
    const statement = this.#host.compile(sql)
    if (this.#readOnly && !statement.reads) throw sqlError('SQL_READ_ONLY', { sql })
    return statement
  }

  #assertUsable(): void {
    const failure = this.#limit.failure()
    if (failure !== null) throw failure
    if (this.#isOver) throw endedError()
    if (this.#hasNested) {
      throw stateError(
        'the nested transaction to be used',
        'its outer one',
        'use the session that it was given',
      )
    }
    if (this.#doom !== null) throw this.#doomed(this.#doom)
  }

  #doomed(doom: { readonly error: unknown }): RockstarError {
    return stateError(
      'a transaction whose statements succeeded',
      'one of which a statement failed before',
      'run what may fail in a nested transaction',
      doom.error,
    )
  }

  /** Runs `work` within the bounds of the transaction and of the call. A failure dooms the transaction. */
  async #bounded<Value>(options: SqlOptions | undefined, work: () => Promise<Value>): Promise<Value> {
    if (options?.signal?.aborted === true) throw abortedError(options.signal)
    const hasOwn = options?.signal !== undefined || options?.timeoutMs !== undefined
    const own = hasOwn ? createLimit(options, this.#host.timer, { parent: this.#limit }) : null
    const running = work()
    this.#running.add(running)
    try {
      return await (own ?? this.#limit).race(running)
    } catch (error) {
      // Whoever gave up the wait does not know what the statement did, so that only a rollback is right.
      this.#doom ??= { error }
      throw error
    } finally {
      this.#running.delete(running)
      own?.end()
    }
  }
}

/** The error of a transaction that is over. */
export function endedError(): RockstarError {
  return stateError('a transaction that runs', 'one that has ended', 'await all work inside it')
}

function stateError(expected: string, got: string, advice: string, cause?: unknown): RockstarError {
  return new RockstarError('SQL_TRANSACTION_STATE', `Expected ${expected}, got ${got}; ${advice}`, { cause })
}
