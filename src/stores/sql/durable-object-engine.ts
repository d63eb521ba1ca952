import type { SqlCapability, SqlParameters, SqlResult, SqlRow } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import {
  DoubleEncoder,
  exactRequest,
  fromDoubles,
  fromExact,
  hasDoubt,
  inexactError,
  type DoubleCell,
  type DoubleRequest,
  type DoubleRows,
} from './doubles.ts'
import type { DurableObjectStorageLike } from './durable-object-client.ts'
import { DurableObjectTransaction } from './durable-object-transaction.ts'
import type { SqlTimer } from './limit.ts'
import { fromSqliteError } from './sqlite-error.ts'
import { toInteger, tooManyRows } from './sqlite-values.ts'
import type { RowReader, SyncEngine, SyncTransaction } from './sync-engine.ts'

const capabilities: readonly SqlCapability[] = [
  'transaction',
  'savepoint',
  'isolation',
  'batch',
  'transactional-ddl',
  'stream',
  'returning',
  'last-id',
]

/** Rows that are read to reach the end of a cursor, which has no other way to be closed. */
const maxDrained = 10_000

/** The SQLite of a Durable Object. */
export class DurableObjectEngine implements SyncEngine<DoubleRequest> {
  readonly name = 'durable-object'
  readonly capabilities: readonly SqlCapability[] = capabilities
  readonly #storage: DurableObjectStorageLike
  readonly #encoder = new DoubleEncoder()

  constructor(storage: DurableObjectStorageLike) {
    this.#storage = storage
  }

  bind(statement: CompiledStatement, params: SqlParameters | undefined): DoubleRequest {
    return this.#encoder.bind(statement, params)
  }

  execute(statement: CompiledStatement, request: DoubleRequest, maxRows: number): SqlResult {
    try {
      if (statement.reads) return this.#select(statement, request, maxRows)
      // What it wrote is undone when its rows cannot be told.
      return statement.returns
        ? this.#storage.transactionSync(() => this.#write(statement, request, maxRows))
        : this.#write(statement, request, maxRows)
    } catch (error) {
      throw fromSqliteError(error, statement.source)
    }
  }

  atomically<Value>(work: () => Value): Value {
    let thrown: unknown
    try {
      return this.#storage.transactionSync(() => {
        try {
          return work()
        } catch (error) {
          thrown = error
          throw error
        }
      })
    } catch (error) {
      // The storage may hand on a copy that has lost the code.
      throw thrown ?? fromSqliteError(error, undefined)
    }
  }

  async begin(_readOnly: boolean, timer: SqlTimer): Promise<SyncTransaction> {
    const transaction = new DurableObjectTransaction(this.#storage, timer)
    await transaction.begin()
    return transaction
  }

  read(statement: CompiledStatement, { sql, args }: DoubleRequest): RowReader {
    try {
      const cursor = this.#storage.sql.exec(sql, ...args)
      return new DurableObjectReader(statement, cursor.columnNames, cursor.raw())
    } catch (error) {
      throw fromSqliteError(error, statement.source)
    }
  }

  close(): void {
    // The storage belongs to the object.
  }

  #select(statement: CompiledStatement, request: DoubleRequest, maxRows: number): SqlResult {
    const found = this.#run(request, maxRows, statement)
    const { columns } = found
    if (!found.rows.some(hasDoubt)) return { rows: fromDoubles(found), columns, changes: 0, lastId: null }
    // Nothing runs in between on this thread: it is the same state.
    const exact = this.#run(exactRequest(request, columns), maxRows, statement)
    return { rows: fromExact(columns, exact.rows), columns, changes: 0, lastId: null }
  }

  #write(statement: CompiledStatement, request: DoubleRequest, maxRows: number): SqlResult {
    const found = this.#run(request, Number.POSITIVE_INFINITY, statement)
    if (found.rows.length > maxRows) throw tooManyRows(maxRows, statement)
    if (found.rows.some(hasDoubt)) throw inexactError(statement, false)
    const [changes, lastId] = statement.changes ? this.#facts() : [0, null]
    return {
      rows: fromDoubles(found),
      columns: found.columns,
      changes,
      lastId: statement.inserts && changes > 0 ? lastId : null,
    }
  }

  /** What the last change did. As text, because the number may be beyond 2^53. */
  #facts(): readonly [changes: number, lastId: number | bigint] {
    const { value } = this.#storage.sql
      .exec('select changes(), cast(last_insert_rowid() as text)')
      .raw()
      .next()
    // As the query above asks for them.
    const [changes, lastId] = value as readonly [number, string]
    return [changes, toInteger(BigInt(lastId))]
  }

  #run({ sql, args }: DoubleRequest, maxRows: number, statement: CompiledStatement): DoubleRows {
    const cursor = this.#storage.sql.exec(sql, ...args)
    const iterator = cursor.raw()
    const rows: (readonly DoubleCell[])[] = []
    for (let cells = nextOf(iterator); cells !== null; cells = nextOf(iterator)) {
      if (rows.length >= maxRows) {
        drain(iterator)
        throw tooManyRows(maxRows, statement)
      }
      rows.push(cells)
    }
    return { columns: cursor.columnNames, rows }
  }
}

class DurableObjectReader implements RowReader {
  readonly #statement: CompiledStatement
  readonly #columns: readonly string[]
  #iterator: Iterator<unknown> | null

  constructor(statement: CompiledStatement, columns: readonly string[], iterator: Iterator<unknown>) {
    this.#statement = statement
    this.#columns = columns
    this.#iterator = iterator
  }

  next(): SqlRow | null {
    if (this.#iterator === null) return null
    const cells = this.#nextCells(this.#iterator)
    if (cells === null) {
      this.#iterator = null
      return null
    }
    if (hasDoubt(cells)) throw inexactError(this.#statement, false)
    return fromDoubles({ columns: this.#columns, rows: [cells] })[0] ?? null
  }

  close(): void {
    if (this.#iterator !== null) drain(this.#iterator)
    this.#iterator = null
  }

  #nextCells(iterator: Iterator<unknown>): readonly DoubleCell[] | null {
    try {
      return nextOf(iterator)
    } catch (error) {
      this.#iterator = null
      throw fromSqliteError(error, this.#statement.source)
    }
  }
}

function nextOf(iterator: Iterator<unknown>): readonly DoubleCell[] | null {
  const { done, value } = iterator.next()
  // A row by position, as `raw()` promises.
  return done === true ? null : (value as readonly DoubleCell[])
}

/** Reads up to the end, which closes the cursor; what is longer is left to the garbage collector. */
function drain(iterator: Iterator<unknown>): void {
  try {
    for (let count = 0; count < maxDrained; count += 1) if (iterator.next().done === true) return
  } catch {
    // It is closed.
  }
}
