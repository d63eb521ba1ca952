import { RockstarError } from '../../errors/index.ts'
import type { SqlParameter, SqlParameters, SqlResult, SqlRow, SqlValue } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import { sqlError } from './failure.ts'
import { bindParameters, parameterError } from './values.ts'

/** A value as the client takes it. */
export type LibsqlArgument = string | number | bigint | Uint8Array | null

/** A row of the client: values by position. */
export interface LibsqlRowLike {
  readonly [index: number]: string | number | bigint | ArrayBuffer | null
}

/** A result of the client. */
export interface LibsqlResultLike {
  readonly columns: readonly string[]
  /** Declared types; an empty text for an expression. */
  readonly columnTypes: readonly string[]
  readonly rows: readonly LibsqlRowLike[]
  readonly rowsAffected: number
  readonly lastInsertRowid: bigint | undefined
}

/** Puts parameters into order, as SQLite stores them: booleans as 0 and 1, dates as ISO 8601 text in UTC. */
export function bindLibsql(
  statement: CompiledStatement,
  params: SqlParameters | undefined,
): LibsqlArgument[] {
  return bindParameters(statement, params, encode)
}

/** Turns the client's result into ours. `SQL_RESULT` for more than `maxRows` rows. */
export function toResult(
  result: LibsqlResultLike | undefined,
  statement: CompiledStatement,
  maxRows: number,
): SqlResult {
  // A client that answers a batch with fewer results than statements is broken.
  if (result === undefined) throw sqlError('SQL_UNKNOWN', { sql: statement.source })
  if (result.rows.length > maxRows) throw tooManyRows(maxRows, statement)
  const changes = countChanges(result, statement)
  return {
    rows: toRows(result),
    columns: result.columns,
    changes,
    lastId: statement.inserts && changes > 0 ? toInteger(result.lastInsertRowid) : null,
  }
}

function countChanges(result: LibsqlResultLike, statement: CompiledStatement): number {
  // For anything but a change the engine repeats the number of the last one.
  if (!statement.changes) return 0
  // The client counts none for `returning`: there each row is one.
  return statement.returns ? result.rows.length : result.rowsAffected
}

function encode(value: SqlParameter, name: string): LibsqlArgument {
  switch (typeof value) {
    case 'string':
      // libSQL 0.18 reads text only up to a NUL, although it stores all of it.
      if (value.includes('\0'))
        throw parameterError(name, 'text without NUL', 'text with it', 'send it as bytes')
      return value
    case 'number':
      // The client would send 1 as 1.0; -0 has no integer form.
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value
    case 'boolean':
      return value ? 1n : 0n
    case 'bigint':
      return value
    default:
      if (value === null || value instanceof Uint8Array) return value
      return value instanceof Date ? value.toISOString() : value.text
  }
}

function toRows(result: LibsqlResultLike): readonly SqlRow[] {
  const { columns } = result
  const decoders = columns.map((_, index) => (isBoolean(result.columnTypes[index]) ? toBoolean : toValue))
  return result.rows.map((source) => {
    const row: Record<string, SqlValue> = {}
    for (const [index, column] of columns.entries()) {
      const value = decoders[index]?.(source[index] ?? null) ?? null
      // Security: an assignment to __proto__ would set the prototype instead of a column.
      if (column === '__proto__') Object.defineProperty(row, column, { value, enumerable: true })
      else row[column] = value
    }
    return row
  })
}

function isBoolean(declared: string | undefined): boolean {
  return declared !== undefined && /^bool(?:ean)?$/i.test(declared)
}

function toBoolean(value: LibsqlRowLike[number]): SqlValue {
  if (value === 1n || value === 1) return true
  return value === 0n || value === 0 ? false : toValue(value)
}

function toValue(value: LibsqlRowLike[number]): SqlValue {
  if (typeof value === 'bigint') return toInteger(value)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value
}

function toInteger(value: bigint): number | bigint
function toInteger(value: bigint | undefined): number | bigint | null
function toInteger(value: bigint | undefined): number | bigint | null {
  if (value === undefined) return null
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function tooManyRows(maxRows: number, statement: CompiledStatement): RockstarError {
  return new RockstarError(
    'SQL_RESULT',
    `Expected at most ${maxRows} rows, got more; add a limit or raise maxRows`,
    {
      details: { sql: statement.source.slice(0, 500) },
    },
  )
}
