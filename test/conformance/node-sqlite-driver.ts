import { DatabaseSync, type StatementSync, type SQLInputValue } from 'node:sqlite'
import type {
  SqlBatchStatement,
  SqlDriver,
  SqlOptions,
  SqlParameters,
  SqlQueryOptions,
  SqlResult,
  SqlRow,
  SqlSession,
  SqlTransactionOptions,
  SqlValue,
} from '../../src/stores/contract.ts'
import { createCompiler, type CompiledStatement } from '../../src/stores/sql/compile.ts'
import { sqlError } from '../../src/stores/sql/failure.ts'
import { createGate } from '../../src/stores/sql/gate.ts'
import { fromLibsqlError } from '../../src/stores/sql/libsql-error.ts'
import { abortedError, createLimit, systemTimer } from '../../src/stores/sql/limit.ts'
import type { TransactionConnection } from '../../src/stores/sql/transaction-session.ts'
import { runTransaction } from '../../src/stores/sql/transaction.ts'
import { bindParameters, parameterError } from '../../src/stores/sql/values.ts'

/**
 * A second driver, over another client, with streams and without column types. It shows that the contract and its
 * suite fit more than the one they grew with. For tests only.
 */
export function openNodeSqlite(): SqlDriver {
  return new NodeSqliteDriver()
}

class NodeSqliteDriver implements SqlDriver, TransactionConnection<SQLInputValue[]> {
  readonly name = 'node:sqlite'
  readonly dialect = 'sqlite'
  readonly capabilities: SqlDriver['capabilities'] = new Set([
    'transaction',
    'savepoint',
    'isolation',
    'batch',
    'transactional-ddl',
    'returning',
    'last-id',
    'stream',
  ])
  readonly compile = createCompiler('sqlite')
  readonly timer = systemTimer()
  readonly #database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true })
  readonly #gate = createGate()
  #isClosed = false

  async query(sql: string, params?: SqlParameters, options: SqlQueryOptions = {}): Promise<SqlResult> {
    this.#assertOpen()
    const statement = this.compile(sql)
    const args = this.prepare(statement, params)
    return this.#inTurn(options, async () => this.execute(statement, args, options.maxRows ?? 100_000))
  }

  async batch(
    statements: readonly SqlBatchStatement[],
    options: SqlOptions = {},
  ): Promise<readonly SqlResult[]> {
    this.#assertOpen()
    const work = statements.map(({ sql, params }, index) => {
      const statement = this.compile(sql)
      return { statement, args: this.prepare(statement, params), index }
    })
    return this.#inTurn(options, async () => {
      this.#database.exec('begin immediate')
      try {
        const results = work.map(({ statement, args, index }) =>
          this.#execute(statement, args, 100_000, index),
        )
        this.#database.exec('commit')
        return results
      } catch (error) {
        this.#database.exec('rollback')
        throw error
      }
    })
  }

  async transaction<Result>(
    run: (transaction: SqlSession) => Promise<Result>,
    options: SqlTransactionOptions = {},
  ): Promise<Result> {
    this.#assertOpen()
    const limit = createLimit(options, this.timer)
    try {
      await this.#gate.enter(limit)
      try {
        this.#database.exec('begin immediate')
        return await runTransaction(this, this, run, { limit, readOnly: options.readOnly === true })
      } finally {
        this.#gate.leave()
      }
    } finally {
      limit.end()
    }
  }

  async *stream(sql: string, params?: SqlParameters, options: SqlOptions = {}): AsyncIterable<SqlRow> {
    this.#assertOpen()
    const statement = this.compile(sql)
    const args = this.prepare(statement, params)
    const limit = createLimit(options, this.timer)
    await this.#gate.enter(limit)
    try {
      for (const row of this.#prepared(statement).iterate(...args)) {
        const failure = limit.failure()
        if (failure !== null) throw failure
        yield toRow(row)
      }
    } catch (error) {
      throw translate(error, sql)
    } finally {
      this.#gate.leave()
      limit.end()
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const limit = createLimit({}, this.timer)
    await this.#gate.enter(limit)
    limit.end()
    this.#database.close()
  }

  prepare(statement: CompiledStatement, params: SqlParameters | undefined): SQLInputValue[] {
    return bindParameters(statement, params, (value, name) => {
      // Node 22 reads text only up to a NUL.
      if (typeof value === 'string' && value.includes('\0'))
        throw parameterError(name, 'text without NUL', 'text with it', 'send bytes')
      if (typeof value === 'boolean') return value ? 1 : 0
      if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
      if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
      return value instanceof Date ? value.toISOString() : value.text
    })
  }

  async execute(statement: CompiledStatement, args: SQLInputValue[], maxRows: number): Promise<SqlResult> {
    return this.#execute(statement, args, maxRows, undefined)
  }

  async command(sql: string): Promise<void> {
    this.#database.exec(sql)
  }

  async commit(): Promise<void> {
    this.#database.exec('commit')
  }

  async rollback(): Promise<void> {
    if (this.#database.isTransaction) this.#database.exec('rollback')
  }

  #execute(
    statement: CompiledStatement,
    args: SQLInputValue[],
    maxRows: number,
    index: number | undefined,
  ): SqlResult {
    try {
      const prepared = this.#prepared(statement)
      const columns = prepared.columns().map((column) => column.name)
      if (columns.length === 0) {
        const { changes, lastInsertRowid } = prepared.run(...args)
        const count = statement.changes ? Number(changes) : 0
        return {
          rows: [],
          columns,
          changes: count,
          lastId: statement.inserts && count > 0 ? Number(lastInsertRowid) : null,
        }
      }
      const rows = prepared.all(...args).map(toRow)
      if (rows.length > maxRows) throw sqlError('SQL_RESULT', {})
      return { rows, columns, changes: statement.changes ? rows.length : 0, lastId: null }
    } catch (error) {
      throw translate(error, statement.source, index)
    }
  }

  #prepared(statement: CompiledStatement): StatementSync {
    const prepared = this.#database.prepare(statement.text)
    prepared.setReadBigInts(true)
    return prepared
  }

  async #inTurn<Value>(options: SqlOptions, work: () => Promise<Value>): Promise<Value> {
    if (options.signal?.aborted === true) throw abortedError(options.signal)
    const limit = createLimit(options, this.timer)
    try {
      await this.#gate.enter(limit)
      try {
        return await work()
      } finally {
        this.#gate.leave()
      }
    } finally {
      limit.end()
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw sqlError('SQL_CLOSED', {})
  }
}

const constraintNames: Readonly<Record<number, string>> = {
  787: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  1299: 'SQLITE_CONSTRAINT_NOTNULL',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
  275: 'SQLITE_CONSTRAINT_CHECK',
}

/** Gives the error of `node:sqlite` the names that the mapping knows. */
function translate(error: unknown, sql: string, index?: number): Error {
  if (!(error instanceof Error) || !('errcode' in error)) return fromLibsqlError(error, sql)
  const code = constraintNames[Number(error.errcode)] ?? 'SQLITE_ERROR'
  const named = Object.assign(new Error(error.message, { cause: error }), { code, statementIndex: index })
  return fromLibsqlError(named, sql)
}

function toRow(source: object): SqlRow {
  const row: Record<string, SqlValue> = {}
  for (const [name, value] of Object.entries(source)) {
    const converted = typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
    Object.defineProperty(row, name, {
      value: converted,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return row
}
