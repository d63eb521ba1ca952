import type { SqlCapability, SqlParameters, SqlResult, SqlRow } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import type { SqlTimer } from './limit.ts'
import { StatementCache } from './statement-cache.ts'
import type { SqliteArgument, SqliteDatabaseLike, SqliteStatementLike } from './sqlite-client.ts'
import { fromSqliteError } from './sqlite-error.ts'
import { createRowDecoder, encodeSqlite, toInteger, tooManyRows, type RowDecoder } from './sqlite-values.ts'
import type { RowReader, SyncEngine, SyncTransaction } from './sync-engine.ts'
import { endedError } from './transaction-session.ts'
import { bindParameters, parameterError } from './values.ts'

const capabilities: readonly SqlCapability[] = [
  'transaction',
  'savepoint',
  'isolation',
  'batch',
  'transactional-ddl',
  'stream',
  'returning',
  'last-id',
  'column-types',
]

/** SQLite as a runtime has it built in: one connection, on this thread. */
export class SqliteEngine implements SyncEngine<SqliteArgument[]> {
  readonly name: string
  readonly capabilities: readonly SqlCapability[] = capabilities
  readonly #database: SqliteDatabaseLike
  readonly #statements: StatementCache
  /** Does the client read text beyond a NUL? Null until it matters. Older ones of Node cut it off. */
  #keepsNul: boolean | null = null

  constructor(database: SqliteDatabaseLike, maxStatements: number) {
    this.name = database.name
    this.#database = database
    this.#statements = new StatementCache(database, maxStatements)
  }

  bind(statement: CompiledStatement, params: SqlParameters | undefined): SqliteArgument[] {
    return bindParameters(statement, params, (value, name) => {
      if (typeof value === 'string' && value.includes('\0') && !this.#canKeepNul()) {
        throw parameterError(name, 'text without NUL', 'text with it', 'send it as bytes')
      }
      return encodeSqlite(value)
    })
  }

  execute(statement: CompiledStatement, args: SqliteArgument[], maxRows: number): SqlResult {
    try {
      const prepared = this.#statements.get(statement.text)
      return prepared.hasRows
        ? this.#readAll(statement, prepared, args, maxRows)
        : this.#change(statement, prepared, args)
    } catch (error) {
      throw fromSqliteError(error, statement.source)
    }
  }

  atomically<Value>(work: () => Value): Value {
    this.#command('begin immediate')
    try {
      const value = work()
      this.#command('commit')
      return value
    } catch (error) {
      this.#undo()
      throw error
    }
  }

  async begin(readOnly: boolean, timer: SqlTimer): Promise<SyncTransaction> {
    // A deferred transaction reads one state and takes no lock; the session lets no write into it.
    this.#command(readOnly ? 'begin' : 'begin immediate')
    let isOver = false
    return {
      timer,
      command: async (sql) => this.#command(sql),
      commit: async () => {
        // A commit that was busy may be tried again when the transaction is over already.
        if (isOver) throw endedError()
        this.#command('commit')
      },
      rollback: async () => {
        isOver = true
        this.#undo()
      },
    }
  }

  read(statement: CompiledStatement, args: SqliteArgument[]): RowReader {
    try {
      // Not from the cache: it stays in use for many turns.
      return new SqliteReader(this.#database.prepare(statement.text), statement, args)
    } catch (error) {
      throw fromSqliteError(error, statement.source)
    }
  }

  close(): void {
    this.#statements.clear()
  }

  #readAll(
    statement: CompiledStatement,
    prepared: SqliteStatementLike,
    args: SqliteArgument[],
    maxRows: number,
  ): SqlResult {
    let decode: RowDecoder | null = null
    const rows: SqlRow[] = []
    for (const cells of prepared.rows(args)) {
      if (rows.length >= maxRows) throw tooManyRows(maxRows, statement)
      // The columns are right only now: the first step sees a change of the schema.
      decode ??= createRowDecoder(prepared.columns())
      rows.push(decode(cells))
    }
    const changes = statement.changes ? rows.length : 0
    return {
      rows,
      columns: prepared.columns().map(({ name }) => name),
      changes,
      lastId: statement.inserts && changes > 0 ? this.#lastId() : null,
    }
  }

  #change(statement: CompiledStatement, prepared: SqliteStatementLike, args: SqliteArgument[]): SqlResult {
    const done = prepared.run(args)
    // For anything but a change the engine repeats the number of the last one.
    const changes = statement.changes ? Number(done.changes) : 0
    const lastId = statement.inserts && changes > 0 ? this.#lastId() : null
    return { rows: [], columns: [], changes, lastId }
  }

  /** Asked as a statement: a client may give the number of `run` rounded. */
  #lastId(): number | bigint | null {
    for (const [id] of this.#statements.get('select last_insert_rowid()').rows([])) {
      if (typeof id === 'bigint') return toInteger(id)
    }
    return null
  }

  #command(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw fromSqliteError(error, sql)
    }
  }

  /** Never throws: SQLite may have undone it by itself, as it does when the disk is full. */
  #undo(): void {
    try {
      if (this.#database.inTransaction) this.#database.exec('rollback')
    } catch {
      // The database was closed, which undoes it too.
    }
  }

  #canKeepNul(): boolean {
    if (this.#keepsNul === null) {
      const [cells] = [...this.#statements.get('select ?1').rows(['a\0b'])]
      this.#keepsNul = cells?.[0] === 'a\0b'
    }
    return this.#keepsNul
  }
}

class SqliteReader implements RowReader {
  readonly #prepared: SqliteStatementLike
  readonly #statement: CompiledStatement
  readonly #rows: IterableIterator<readonly (SqliteArgument | undefined)[]>
  #decode: RowDecoder | null = null
  #isClosed = false

  constructor(prepared: SqliteStatementLike, statement: CompiledStatement, args: SqliteArgument[]) {
    this.#prepared = prepared
    this.#statement = statement
    this.#rows = prepared.rows(args)
  }

  next(): SqlRow | null {
    try {
      const { done, value } = this.#rows.next()
      if (done === true) return null
      this.#decode ??= createRowDecoder(this.#prepared.columns())
      return this.#decode(value)
    } catch (error) {
      throw fromSqliteError(error, this.#statement.source)
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#rows.return?.()
    this.#prepared.finalize()
  }
}
