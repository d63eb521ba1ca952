import { RockstarError } from '../../errors/index.ts'
import type { SqlParameter, SqlParameters, SqlResult, SqlRow, SqlValue } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import { sqlError } from './failure.ts'
import type { PgResultLike } from './postgres-client.ts'
import { bindParameters, parameterError } from './values.ts'

/** What the client takes: it sends everything but bytes as text. */
export type PostgresArgument = string | Uint8Array | null

/** Object identifiers of types (pg_type). */
const oid = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
} as const

/** Puts the parameters into order, each checked and as text. */
export function bindPostgres(
  statement: CompiledStatement,
  params: SqlParameters | undefined,
): PostgresArgument[] {
  return bindParameters(statement, params, encode)
}

function encode(value: SqlParameter, name: string): PostgresArgument {
  if (value === null) return null
  if (typeof value === 'string') {
    if (value.includes('\0'))
      throw parameterError(name, 'text without NUL', 'one with it', 'send such data as bytes')
    return value
  }
  if (typeof value !== 'object') return String(value)
  if (value instanceof Uint8Array) return value
  return value instanceof Date ? value.toISOString() : value.text
}

/** Turns the client's result into ours. `SQL_RESULT` for more than `maxRows` rows. */
export function toPostgresResult(given: unknown, statement: CompiledStatement, maxRows: number): SqlResult {
  const result = asResult(given, statement)
  if (result.rows.length > maxRows) {
    throw new RockstarError(
      'SQL_RESULT',
      `Expected at most ${maxRows} rows, got more; add a limit or raise maxRows`,
      { details: { sql: statement.source.slice(0, 500) } },
    )
  }
  const isChange = /^(?:INSERT|UPDATE|DELETE|MERGE)/.test(result.command)
  return {
    rows: toPostgresRows(result),
    columns: result.fields.map(({ name }) => name),
    changes: isChange ? (result.rowCount ?? 0) : 0,
    lastId: null,
  }
}

/** The rows of a result by column name. */
export function toPostgresRows({ fields, rows }: PgResultLike): SqlRow[] {
  return rows.map((cells) => {
    const row: Record<string, SqlValue> = {}
    for (const [index, { name, dataTypeID }] of fields.entries()) {
      const value = decode(cells[index], dataTypeID)
      // Security: `row['__proto__'] = …` would set the prototype.
      if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true })
      else row[name] = value
    }
    return row
  })
}

/** A client that answers several statements at once, or nothing, is none of ours. */
export function asResult(given: unknown, statement: CompiledStatement): PgResultLike {
  if (typeof given === 'object' && given !== null && 'rows' in given && 'fields' in given) {
    // The two members that tell a result are there.
    return given as PgResultLike
  }
  throw sqlError('SQL_UNKNOWN', { sql: statement.source })
}

function decode(cell: unknown, type: number): SqlValue {
  if (cell === null || cell === undefined) return null
  const text = typeof cell === 'string' ? cell : String(cell)
  switch (type) {
    case oid.bool:
      return text === 't'
    case oid.int2:
    case oid.int4:
    case oid.oid:
    case oid.float4:
    case oid.float8:
      return Number(text)
    case oid.int8:
      return toInteger(text)
    case oid.bytea:
      return toBytes(text)
    case oid.timestamp:
    case oid.timestamptz:
      return toMoment(text)
    default:
      return text
  }
}

function toInteger(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** The hexadecimal form, which every server since 9.0 writes. */
function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((text.length - 2) / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(2 * index + 2, 2 * index + 4), 16)
  }
  return bytes
}

/** `2026-11-23 10:00:00.123456+01` as ISO 8601 in UTC. `infinity` and years before 1 stay as they are. */
function toMoment(text: string): string {
  const match =
    /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?(?:([+-]\d\d)(?::?(\d\d))?(?::\d\d)?)?$/.exec(text)
  if (match === null) return text
  const [, day, time, fraction = '.000', hours = '+00', minutes = '00'] = match
  const moment = new Date(`${day}T${time}${fraction.slice(0, 4).padEnd(4, '0')}${hours}:${minutes}`)
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString()
}
