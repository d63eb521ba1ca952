import { RockstarError } from '../../errors/index.ts'
import type { SqlParameter, SqlParameters, SqlResult, SqlRow, SqlValue } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import type { MysqlFieldLike } from './mysql-client.ts'
import { bindParameters } from './values.ts'

/** What the client takes. */
export type MysqlArgument = string | number | Uint8Array | null

/** Types of the protocol (MYSQL_TYPE_*). */
const type = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  datetime: 12,
  year: 13,
} as const
const integers: ReadonlySet<number> = new Set([
  type.tiny,
  type.short,
  type.long,
  type.longlong,
  type.int24,
  type.year,
])
/** The character set of bytes. */
const binary = 63

/** Puts the parameters into order, each checked and as the client takes it. */
export function bindMysql(statement: CompiledStatement, params: SqlParameters | undefined): MysqlArgument[] {
  return bindParameters(statement, params, encode)
}

function encode(value: SqlParameter): MysqlArgument {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? '1' : '0'
  // The client sends every number as a double, which a limit and a large integer do not take.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : value
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return value
  return value instanceof Date ? value.toISOString().replace('T', ' ').replace('Z', '') : value.text
}

/** Turns the client's answer into ours. `SQL_RESULT` for more than `maxRows` rows. */
export function toMysqlResult(
  result: unknown,
  fields: unknown,
  statement: CompiledStatement,
  maxRows: number,
): SqlResult {
  if (!Array.isArray(result)) return ofHeader(result, statement)
  if (result.length > maxRows) {
    throw new RockstarError(
      'SQL_RESULT',
      `Expected at most ${maxRows} rows, got more; add a limit or raise maxRows`,
      { details: { sql: statement.source.slice(0, 500) } },
    )
  }
  // With rows come the columns that they have.
  const columns = fields as readonly MysqlFieldLike[]
  return {
    rows: (result as readonly (readonly unknown[])[]).map((cells) => toRow(cells, columns)),
    columns: columns.map(({ name }) => name),
    changes: statement.changes ? result.length : 0,
    lastId: null,
  }
}

/** What a statement without rows did. */
function ofHeader(result: unknown, statement: CompiledStatement): SqlResult {
  const header = (typeof result === 'object' && result !== null ? result : {}) as {
    readonly affectedRows?: number
    readonly insertId?: number | string
  }
  const changes = statement.changes ? (header.affectedRows ?? 0) : 0
  const id = toInteger(String(header.insertId ?? 0))
  return {
    rows: [],
    columns: [],
    changes,
    // Of several rows the server tells the first one's.
    lastId: statement.inserts && changes === 1 && id !== 0 ? id : null,
  }
}

function toRow(cells: readonly unknown[], columns: readonly MysqlFieldLike[]): SqlRow {
  const row: Record<string, SqlValue> = {}
  for (const [index, column] of columns.entries()) {
    const value = decode(cells[index], column)
    // Security: `row['__proto__'] = …` would set the prototype.
    if (column.name === '__proto__') Object.defineProperty(row, column.name, { value, enumerable: true })
    else row[column.name] = value
  }
  return row
}

function decode(cell: unknown, { characterSet, columnLength, columnType }: MysqlFieldLike): SqlValue {
  if (cell === null || cell === undefined) return null
  if (columnType === type.tiny && columnLength === 1) return Number(cell) !== 0
  if (integers.has(columnType)) return toInteger(String(cell))
  if (columnType === type.float || columnType === type.double) return Number(cell)
  if (columnType === type.datetime || columnType === type.timestamp) return toMoment(String(cell))
  if (cell instanceof Uint8Array) {
    return characterSet === binary ? new Uint8Array(cell) : new TextDecoder().decode(cell)
  }
  // A pool without `jsonStrings` parses JSON.
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

function toInteger(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** `2026-11-23 10:00:00.123456` as ISO 8601; the session's zone is UTC. What is no moment stays as it is. */
function toMoment(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?$/.exec(text)
  if (match === null) return text
  const [, day, time, fraction = '.000'] = match
  const moment = new Date(`${day}T${time}${fraction.slice(0, 4).padEnd(4, '0')}Z`)
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString()
}
