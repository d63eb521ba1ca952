import { RockstarError } from '../errors/index.ts'
import { isPlainRead } from '../stores/sql/index.ts'
import type {
  SqlDriver,
  SqlOptions,
  SqlParameters,
  SqlQueryOptions,
  SqlResult,
  SqlRow,
  SqlSession,
  SqlTransactionOptions,
} from '../stores/contract.ts'
import type { BatchEntry, Catalogue, Database, DatabaseScope, ExecResult, Statement } from './contract.ts'
import type { Replicas } from './replicas.ts'
import type { Watch } from './watch.ts'

/** What all sessions of one manager share. */
export interface SessionCore {
  readonly catalogue: Catalogue | null
  readonly watch: Watch
  readonly timeoutMs: number
  readonly maxRows: number
  /** The driver, at once when it is open. */
  open(): SqlDriver | Promise<SqlDriver>
  /** Null where there are none. */
  readonly replicas: Replicas | null
  /** Another database of the app. */
  readonly other: (name: string, scope: DatabaseScope | null) => Database
}

/** Where a session sends its statements; for one that is not in a transaction, the driver. */
type Target = SqlSession | null

/** A `Database` over a driver or one of its transactions. */
export class DatabaseSession implements Database {
  readonly #core: SessionCore
  readonly #scope: DatabaseScope | null
  readonly #target: Target
  /** Those that may answer; null in a transaction, and in the primary. */
  readonly #replicas: Replicas | null
  /** Has this request written? */
  #hasWritten = false

  constructor(
    core: SessionCore,
    scope: DatabaseScope | null,
    target: Target,
    replicas: Replicas | null = target === null ? core.replicas : null,
  ) {
    this.#core = core
    this.#scope = scope
    this.#target = target
    this.#replicas = replicas
  }

  get primary(): Database {
    return this.#replicas === null ? this : new DatabaseSession(this.#core, this.#scope, null, null)
  }

  on(name: string): Database {
    return this.#core.other(name, this.#scope)
  }

  async query<Row extends object = SqlRow>(
    statement: Statement,
    params?: SqlParameters,
    options?: SqlQueryOptions,
  ): Promise<readonly Row[]> {
    return rowsOf<Row>(await this.#run(await this.#session(), statement, params, options))
  }

  async one<Row extends object = SqlRow>(
    statement: Statement,
    params?: SqlParameters,
    options?: SqlOptions,
  ): Promise<Row | null> {
    return oneOf<Row>(await this.#run(await this.#session(), statement, params, options))
  }

  async exec(statement: Statement, params?: SqlParameters, options?: SqlOptions): Promise<ExecResult> {
    return toExecResult(await this.#run(await this.#session(), statement, params, options))
  }

  async named<Row extends object = SqlRow>(
    name: string,
    params?: SqlParameters,
    options?: SqlQueryOptions,
  ): Promise<readonly Row[]> {
    return rowsOf<Row>(await this.#runNamed(name, params, options))
  }

  async namedOne<Row extends object = SqlRow>(
    name: string,
    params?: SqlParameters,
    options?: SqlOptions,
  ): Promise<Row | null> {
    return oneOf<Row>(await this.#runNamed(name, params, options))
  }

  async namedExec(name: string, params?: SqlParameters, options?: SqlOptions): Promise<ExecResult> {
    return toExecResult(await this.#runNamed(name, params, options))
  }

  async batch(entries: readonly BatchEntry[], options?: SqlOptions): Promise<readonly ExecResult[]> {
    const session = await this.#session()
    const statements = entries.map(({ statement, params }) => ({
      sql: textOf(statement),
      params: paramsOf(statement, params) ?? {},
    }))
    const work = (): Promise<readonly SqlResult[]> => session.batch(statements, this.#bounds(options))
    const results = await this.#writing(() => this.#core.watch.follow(work, `batch of ${entries.length}`))
    return results.map(toExecResult)
  }

  async transaction<Result>(
    run: (transaction: Database) => Promise<Result>,
    options?: SqlTransactionOptions,
  ): Promise<Result> {
    const session = await this.#session()
    const inner = (target: SqlSession): Promise<Result> =>
      run(new DatabaseSession(this.#core, this.#scope, target))
    const work = (): Promise<Result> => session.transaction(inner, { ...options, ...this.#bounds(options) })
    return options?.readOnly === true ? work() : this.#writing(work)
  }

  async *stream<Row extends object = SqlRow>(
    statement: Statement,
    params?: SqlParameters,
    options?: SqlOptions,
  ): AsyncIterable<Row> {
    const session = await this.#session()
    const rows = session.stream(textOf(statement), paramsOf(statement, params), this.#bounds(options))
    for await (const row of rows) yield toRow<Row>(row)
  }

  async driver(): Promise<SqlDriver> {
    return this.#core.open()
  }

  #session(): SqlSession | Promise<SqlSession> {
    return this.#target ?? this.#core.open()
  }

  async #runNamed(
    name: string,
    params: SqlParameters | undefined,
    options: SqlQueryOptions | undefined,
  ): Promise<SqlResult> {
    const session = await this.#session()
    const { catalogue } = this.#core
    if (catalogue === null) {
      throw new RockstarError(
        'SQL_STATEMENT_UNKNOWN',
        'Expected a catalogue of statements, got none; pass one',
      )
    }
    return this.#run(session, catalogue.text(name, session.dialect), params, options, name)
  }

  #run(
    session: SqlSession,
    statement: Statement,
    params: SqlParameters | undefined,
    options: SqlQueryOptions | undefined,
    name?: string,
  ): Promise<SqlResult> {
    const text = textOf(statement)
    const work = (target: SqlSession): Promise<SqlResult> => {
      const query = (): Promise<SqlResult> =>
        target.query(text, paramsOf(statement, params), this.#bounds(options))
      return this.#core.watch.follow(query, name ?? text)
    }
    return this.#replicas === null ? work(session) : this.#divide(this.#replicas, session, text, work)
  }

  /** Lets a replica answer what only reads, and the primary everything else. */
  async #divide(
    replicas: Replicas,
    primary: SqlSession,
    text: string,
    work: (target: SqlSession) => Promise<SqlResult>,
  ): Promise<SqlResult> {
    const replica = this.#hasWritten ? null : await replicas.pick(text, primary.dialect)
    if (replica !== null) {
      try {
        return await work(replica)
      } catch (error) {
        if (!replicas.mayRetry(replica, error)) throw error
      }
    }
    return isPlainRead(text, primary.dialect) ? work(primary) : this.#writing(() => work(primary))
  }

  /** Notes a write when it begins, for others may read meanwhile, and when it has ended, for only then it is there. */
  async #writing<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#replicas === null) return work()
    this.#hasWritten = true
    this.#replicas.noteWrite()
    try {
      return await work()
    } finally {
      this.#replicas.noteWrite()
    }
  }

  #bounds(options: SqlQueryOptions | undefined): Required<SqlQueryOptions> {
    return {
      signal: options?.signal ?? this.#scope?.signal,
      timeoutMs: options?.timeoutMs ?? this.#core.timeoutMs,
      maxRows: options?.maxRows ?? this.#core.maxRows,
    }
  }
}

function textOf(statement: Statement): string {
  return typeof statement === 'string' ? statement : statement.sql
}

function paramsOf(statement: Statement, params: SqlParameters | undefined): SqlParameters | undefined {
  if (typeof statement === 'string') return params
  return params === undefined ? statement.params : { ...params, ...statement.params }
}

function rowsOf<Row extends object>(result: SqlResult): readonly Row[] {
  // The contract says it: the type of a row is the caller's word.
  return result.rows as readonly object[] as readonly Row[]
}

function toRow<Row extends object>(row: SqlRow): Row {
  // As above.
  return row as object as Row
}

function oneOf<Row extends object>(result: SqlResult): Row | null {
  const [row] = result.rows
  if (result.rows.length > 1) {
    throw new RockstarError(
      'SQL_TOO_MANY_ROWS',
      `Expected one row or none, got ${result.rows.length}; name a unique key, or use query()`,
    )
  }
  return row === undefined ? null : toRow<Row>(row)
}

function toExecResult(result: SqlResult): ExecResult {
  return { changes: result.changes, lastId: result.lastId }
}
