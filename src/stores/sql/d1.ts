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
} from '../contract.ts'
import { createCompiler, type CompiledStatement, type StatementCompiler } from './compile.ts'
import { toCell, type D1DatabaseLike, type D1ResultLike, type D1StatementLike } from './d1-client.ts'
import { findFailedStatement } from './d1-place.ts'
import {
  DoubleEncoder,
  exactRequest,
  fromDoubles,
  fromExact,
  hasDoubt,
  inexactError,
  type DoubleRequest,
  type DoubleRows,
} from './doubles.ts'
import { refusedRows, sqlError, unsupportedError } from './failure.ts'
import { createLifetime } from './lifetime.ts'
import { createLimit, systemTimer, type Limit, type SqlTimer } from './limit.ts'
import { fromSqliteError } from './sqlite-error.ts'
import { toInteger, tooManyRows } from './sqlite-values.ts'
import { defaultMaxRows } from './transaction-session.ts'

export type { D1DatabaseLike, D1ResultLike, D1StatementLike } from './d1-client.ts'

/** Options of `d1Driver`. */
export interface D1DriverOptions {
  /** Default: the runtime's timers. */
  readonly timer?: SqlTimer
}

const capabilities: readonly SqlCapability[] = ['batch', 'transactional-ddl', 'returning', 'last-id']

/** What the change before it did. As text, because the number may be beyond 2^53. */
const factsQuery = 'select changes() as n, cast(last_insert_rowid() as text) as id'

/**
 * Adapts a D1 database, or a session of it: `d1Driver(env.DB.withSession())` reads from replicas, and lives as long as
 * its request.
 *
 * - D1 has no transactions that wait for the caller: what belongs together goes into a `batch`.
 * - D1 passes numbers as doubles. An integer beyond 2^53 goes there and comes back whole all the same, by a second
 *   query, but not by `returning` or in a batch: there it is `SQL_RESULT`, and what was written is kept; use
 *   `cast(… as text)`. A float between 2^53 and 2^63 without a fraction is treated alike. -0 may come back as 0.
 * - When a statement of a batch fails, parts of the batch run again and are undone, to find its place.
 * - The result of a batched statement has columns only where it has rows, and no two of one name.
 * - `lastId` is null with `returning`, and has no meaning for a table without rowid.
 * - A column declared as boolean comes back as 0 or 1.
 * - A statement takes at most 100 parameters; a row, a text or bytes at most 2 MB.
 */
export function d1Driver(database: D1DatabaseLike, options: D1DriverOptions = {}): SqlDriver {
  return new D1Driver(database, options)
}

interface Prepared {
  readonly statement: CompiledStatement
  readonly request: DoubleRequest
}

class D1Driver implements SqlDriver {
  readonly name = 'd1'
  readonly dialect = 'sqlite'
  readonly capabilities: ReadonlySet<SqlCapability> = new Set(capabilities)
  readonly #database: D1DatabaseLike
  readonly #timer: SqlTimer
  readonly #compile: StatementCompiler = createCompiler('sqlite')
  readonly #encoder = new DoubleEncoder()
  readonly #lifetime = createLifetime()

  constructor(database: D1DatabaseLike, options: D1DriverOptions) {
    this.#database = database
    this.#timer = options.timer ?? systemTimer()
  }

  query(sql: string, params?: SqlParameters, options: SqlQueryOptions = {}): Promise<SqlResult> {
    return this.#lifetime.track(async () => {
      const prepared = this.#bind({ sql, ...(params === undefined ? {} : { params }) })
      const maxRows = options.maxRows ?? defaultMaxRows
      const { changes, returns } = prepared.statement
      return this.#within(options, sql, () =>
        changes && !returns ? this.#change(prepared) : this.#read(prepared, maxRows),
      )
    })
  }

  batch(statements: readonly SqlBatchStatement[], options: SqlOptions = {}): Promise<readonly SqlResult[]> {
    return this.#lifetime.track(async () => {
      const work = statements.map((statement) => this.#bind(statement))
      if (work.length === 0) return []
      return this.#within(options, undefined, (limit) => this.#runBatch(work, limit))
    })
  }

  async transaction(): Promise<never> {
    throw unsupportedError(this.name, 'transaction', 'use batch() for statements that belong together')
  }

  stream(): AsyncIterable<SqlRow> {
    return refusedRows(() => unsupportedError(this.name, 'stream', 'read in pages with "limit" and a key'))
  }

  close(): Promise<void> {
    return this.#lifetime.end(() => undefined)
  }

  #bind({ sql, params }: SqlBatchStatement): Prepared {
    const statement = this.#compile(sql)
    return { statement, request: this.#encoder.bind(statement, params) }
  }

  #prepare({ sql, args }: DoubleRequest): D1StatementLike {
    const prepared = this.#database.prepare(sql)
    return args.length === 0 ? prepared : prepared.bind(...args)
  }

  async #read({ statement, request }: Prepared, maxRows: number): Promise<SqlResult> {
    const found = await this.#rows(request)
    const { columns } = found
    const changes = statement.changes ? found.rows.length : 0
    if (found.rows.length > maxRows) throw tooManyRows(maxRows, statement)
    if (!found.rows.some(hasDoubt)) return { rows: fromDoubles(found), columns, changes, lastId: null }
    if (!statement.reads) throw inexactError(statement, statement.changes)
    // All rows of the second query count, none of the first: others may have written in between.
    const exact = await this.#rows(exactRequest(request, columns))
    if (exact.rows.length > maxRows) throw tooManyRows(maxRows, statement)
    return { rows: fromExact(columns, exact.rows), columns, changes, lastId: null }
  }

  async #rows(request: DoubleRequest): Promise<DoubleRows> {
    const [names = [], ...rows] = await this.#prepare(request).raw({ columnNames: true })
    return { columns: names.map(String), rows: rows.map((cells) => cells.map(toCell)) }
  }

  async #change({ statement, request }: Prepared): Promise<SqlResult> {
    // One batch, so that nothing comes between them. `meta` would count the changes of triggers, and round the number.
    const answers = await this.#database.batch([this.#prepare(request), this.#database.prepare(factsQuery)])
    return { rows: [], columns: [], ...readFacts(answers[1], statement) }
  }

  async #runBatch(work: readonly Prepared[], limit: Limit): Promise<readonly SqlResult[]> {
    const all = work.flatMap(({ statement, request }) =>
      statement.changes
        ? [this.#prepare(request), this.#database.prepare(factsQuery)]
        : [this.#prepare(request)],
    )
    let answers: readonly D1ResultLike[]
    try {
      answers = await this.#database.batch(all)
    } catch (error) {
      throw await this.#withPlace(error, work, limit)
    }
    const hasChanged = work.some(({ statement }) => !statement.reads)
    let at = 0
    return work.map(({ statement }, index) => {
      const result = toBatchResult(statement, answers[at], hasChanged, index)
      const facts = statement.changes ? readFacts(answers[at + 1], statement) : { changes: 0, lastId: null }
      at += statement.changes ? 2 : 1
      return { ...result, ...facts }
    })
  }

  async #withPlace(error: unknown, work: readonly Prepared[], limit: Limit): Promise<RockstarError> {
    const failure = fromSqliteError(error, undefined)
    if (failure.code === 'SQL_CONNECTION' || failure.code === 'SQL_BUSY') return failure
    const statements = work.map(({ request }) => this.#prepare(request))
    const index = await findFailedStatement(this.#database, statements, failure, limit)
    return fromSqliteError(error, index === undefined ? undefined : work[index]?.statement.source, index)
  }

  async #within<Value>(
    options: SqlOptions,
    sql: string | undefined,
    work: (limit: Limit) => Promise<Value>,
  ): Promise<Value> {
    const limit = createLimit(options, this.#timer)
    try {
      const failure = limit.failure()
      if (failure !== null) throw failure
      return await limit.race(work(limit))
    } catch (error) {
      throw fromSqliteError(error, sql)
    } finally {
      limit.end()
    }
  }
}

function toBatchResult(
  statement: CompiledStatement,
  answer: D1ResultLike | undefined,
  hasChanged: boolean,
  index: number,
): Pick<SqlResult, 'rows' | 'columns'> {
  const results = answer?.results ?? []
  const columns = Object.keys(results[0] ?? {})
  const rows = results.map((row) => columns.map((name) => toCell(row[name])))
  if (rows.length > defaultMaxRows) throw tooManyRows(defaultMaxRows, statement)
  if (rows.some(hasDoubt)) throw inexactError(statement, hasChanged, index)
  return { rows: fromDoubles({ columns, rows }), columns }
}

function readFacts(
  answer: D1ResultLike | undefined,
  statement: CompiledStatement,
): Pick<SqlResult, 'changes' | 'lastId'> {
  const { n, id } = answer?.results[0] ?? {}
  // A database that answers a batch with fewer results than statements is broken.
  if (typeof n !== 'number' || typeof id !== 'string')
    throw sqlError('SQL_UNKNOWN', { sql: statement.source })
  const hasId = statement.inserts && !statement.returns && n > 0
  return { changes: n, lastId: hasId ? toInteger(BigInt(id)) : null }
}
