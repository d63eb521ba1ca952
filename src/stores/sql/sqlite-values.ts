import { RockstarError } from '../../errors/index.ts'
import type { SqlParameter, SqlRow, SqlValue } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import type { SqliteArgument, SqliteCell, SqliteColumn } from './sqlite-client.ts'

/** Puts a value into SQLite's own types: booleans as 0 and 1, dates as ISO 8601 text in UTC. */
export function encodeSqlite(value: SqlParameter): SqliteArgument {
  switch (typeof value) {
    case 'number':
      // A client would send 1 as 1.0; -0 has no integer form.
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value
    case 'boolean':
      return value ? 1n : 0n
    case 'string':
    case 'bigint':
      return value
    default:
      if (value === null || value instanceof Uint8Array) return value
      return value instanceof Date ? value.toISOString() : value.text
  }
}

/** Turns a row by position into one by name. */
export type RowDecoder = (cells: readonly SqliteCell[]) => SqlRow

/** Makes the decoder for rows of these columns. */
export function createRowDecoder(columns: readonly SqliteColumn[]): RowDecoder {
  const names = columns.map(({ name }) => name)
  const decoders = columns.map(({ type }) => (isBoolean(type) ? toBoolean : toValue))
  return (cells) => toRow(names, (index) => decoders[index]?.(cells[index]) ?? null)
}

/** Makes a row of values by position. Of two columns with one name the later one is there. */
export function toRow(names: readonly string[], valueAt: (index: number) => SqlValue): SqlRow {
  const row: Record<string, SqlValue> = {}
  for (const [index, name] of names.entries()) {
    const value = valueAt(index)
    // Security: an assignment to __proto__ would set the prototype instead of a column.
    if (name === '__proto__') {
      Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
    } else row[name] = value
  }
  return row
}

/** An integer of 64 bits as the contract has it: a number where one can hold it. */
export function toInteger(value: number | bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The refusal of a result with too many rows. */
export function tooManyRows(maxRows: number, statement: CompiledStatement): RockstarError {
  return new RockstarError(
    'SQL_RESULT',
    `Expected at most ${maxRows} rows, got more; add a limit or raise maxRows`,
    { details: { sql: statement.source.slice(0, 500) } },
  )
}

function isBoolean(declared: string | null): boolean {
  return declared !== null && /^bool(?:ean)?$/i.test(declared)
}

function toBoolean(value: SqliteCell): SqlValue {
  if (value === 1n) return true
  return value === 0n ? false : toValue(value)
}

function toValue(value: SqliteCell): SqlValue {
  if (typeof value === 'bigint') return toInteger(value)
  if (value instanceof Uint8Array) return ownBytes(value)
  return value ?? null
}

/** Bytes in memory of their own: a client may give a view of a larger piece. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes)
}
