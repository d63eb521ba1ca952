import { RockstarError } from '../../errors/index.ts'
import type { SqlParameter, SqlParameters, SqlResult, SqlValue } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import { splitStatements } from './split.ts'
import { toInteger, toRow } from './sqlite-values.ts'
import { tokenize } from './tokenize.ts'
import { bindParameters } from './values.ts'

/*
 * Workers' SQLite (D1, Durable Objects) passes numbers as doubles only. So an integer goes there by a cast in the
 * statement, as text where a double cannot hold it; and an integer that comes back rounded is read again as text.
 */

/** A value as Workers' SQLite takes it. */
export type DoubleArgument = string | number | Uint8Array | null

/** A value as it gives it: bytes are an `ArrayBuffer`, or numbers on D1. */
export type DoubleCell = string | number | null | ArrayBuffer | Uint8Array | readonly number[] | undefined

/** A statement and its values as the client takes them. */
export interface DoubleRequest {
  readonly sql: string
  readonly args: readonly DoubleArgument[]
}

/** Rows by position, and the names of their columns. */
export interface DoubleRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly DoubleCell[])[]
}

interface Encoded {
  readonly value: DoubleArgument
  readonly isInteger: boolean
}

/** Turns statements and parameters into requests. Keeps what it found out about a statement as long as that lives. */
export class DoubleEncoder {
  readonly #pieces = new WeakMap<CompiledStatement, readonly string[]>()

  /** Checks parameters, and makes the request. */
  bind(statement: CompiledStatement, params: SqlParameters | undefined): DoubleRequest {
    const encoded = bindParameters(statement, params, encode)
    // A cast around the placeholders of integers. The plus takes away the affinity that a cast has.
    const sql = this.#piecesOf(statement)
      .map((piece, index) => {
        const isInteger = index % 2 === 1 && encoded[Number(piece.slice(1)) - 1]?.isInteger === true
        return isInteger ? `(+cast(${piece} as integer))` : piece
      })
      .join('')
    return { sql, args: encoded.map(({ value }) => value) }
  }

  /** The text between the placeholders at even places, and these at odd ones. */
  #piecesOf(statement: CompiledStatement): readonly string[] {
    const known = this.#pieces.get(statement)
    if (known !== undefined) return known
    // Without what stands around it: workerd takes a comment behind the semicolon for an empty statement.
    const text = splitStatements(statement.text, 'sqlite')[0] ?? ''
    const pieces: string[] = []
    let copied = 0
    for (const { kind, start, end } of tokenize(text, 'sqlite')) {
      if (kind !== 'placeholder') continue
      pieces.push(text.slice(copied, start), text.slice(start, end))
      copied = end
    }
    pieces.push(text.slice(copied))
    this.#pieces.set(statement, pieces)
    return pieces
  }
}

function encode(value: SqlParameter): Encoded {
  switch (typeof value) {
    case 'number':
      return { value, isInteger: Number.isSafeInteger(value) && !Object.is(value, -0) }
    case 'bigint':
      return { value: String(value), isInteger: true }
    case 'boolean':
      return { value: value ? 1 : 0, isInteger: true }
    case 'string':
      return { value, isInteger: false }
    default:
      if (value === null || value instanceof Uint8Array) return { value, isInteger: false }
      return { value: value instanceof Date ? value.toISOString() : value.text, isInteger: false }
  }
}

/** May a number among these have been an integer that a double cannot hold? */
export function hasDoubt(cells: readonly DoubleCell[]): boolean {
  return cells.some(
    (cell) =>
      typeof cell === 'number' &&
      !Number.isSafeInteger(cell) &&
      Math.abs(cell) <= 2 ** 63 &&
      Number.isInteger(cell),
  )
}

/**
 * The same query with every integer as text: for each column its value, and then 1 where it is an integer. Only for a
 * statement that reads.
 */
export function exactRequest(request: DoubleRequest, columns: readonly string[]): DoubleRequest {
  const names = columns.map((_, index) => `c${index}`)
  const cells = names.map(
    (name) =>
      `case typeof(${name}) when 'integer' then cast(${name} as text) else ${name} end, typeof(${name}) = 'integer'`,
  )
  // Materialized, so that an expression has one value, and the order of the query is that of its rows.
  const text = `with rockstar_exact(${names.join(', ')}) as materialized (${request.sql}) select ${cells.join(', ')} from rockstar_exact`
  return { sql: text, args: request.args }
}

/** Turns rows of an exact query back. */
export function fromExact(
  columns: readonly string[],
  rows: readonly (readonly DoubleCell[])[],
): SqlResult['rows'] {
  return rows.map((cells) =>
    toRow(columns, (index) => {
      const value = cells[index * 2]
      return cells[index * 2 + 1] === 1 ? toInteger(BigInt(String(value))) : toValue(value)
    }),
  )
}

/** Turns rows without doubt into ours. */
export function fromDoubles({ columns, rows }: DoubleRows): SqlResult['rows'] {
  return rows.map((cells) => toRow(columns, (index) => toValue(cells[index])))
}

/** The refusal of a number that may be rounded. */
export function inexactError(statement: CompiledStatement, isKept: boolean, index?: number): RockstarError {
  return new RockstarError(
    'SQL_RESULT',
    'Expected integers within ±(2^53-1), which is all that this database can tell here, got one beyond; ' +
      `select cast(… as text)${isKept ? '. What the statement wrote is kept' : ''}`,
    { details: { sql: statement.source.slice(0, 500), ...(index === undefined ? {} : { index }) } },
  )
}

function toValue(value: DoubleCell): SqlValue {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (typeof value === 'object' && value !== null) return new Uint8Array(value)
  return value ?? null
}
