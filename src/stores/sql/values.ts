import { RockstarError } from '../../errors/index.ts'
import type { SqlJson, SqlParameter, SqlParameters } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'

/** Turns a checked value into what one client takes. */
export type ValueEncoder<Encoded> = (value: SqlParameter, name: string) => Encoded

const noParameters: SqlParameters = Object.freeze({})
const maxInteger = 2n ** 63n - 1n
const minInteger = -(2n ** 63n)

/** Marks a value to be stored as JSON text. `SQL_PARAMETER` for what JSON cannot hold: a function, a bigint, a cycle. */
export function sqlJson(value: unknown): SqlJson {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    throw new RockstarError(
      'SQL_PARAMETER',
      'Expected a value that JSON can hold, got one with a bigint or a cycle',
      {
        cause: error,
      },
    )
  }
  if (text === undefined) {
    throw new RockstarError(
      'SQL_PARAMETER',
      `Expected a value that JSON can hold, got ${typeof value}; pass null`,
    )
  }
  return { kind: 'sql.json', text }
}

/**
 * Puts the parameters into the order of the statement's placeholders, each checked and encoded.
 * `SQL_PARAMETER` names one that is missing, unknown or cannot be stored.
 */
export function bindParameters<Encoded>(
  statement: CompiledStatement,
  params: SqlParameters | undefined,
  encode: ValueEncoder<Encoded>,
): Encoded[] {
  const given = params ?? noParameters
  checkUnknown(statement, given)
  return statement.order.map((name) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined) {
      throw parameterError(
        name,
        'a value',
        Object.hasOwn(given, name) ? 'undefined' : 'none',
        'pass null for no value',
      )
    }
    checkValue(name, value)
    return encode(value, name)
  })
}

/** Makes a `SQL_PARAMETER` error. Never names the value itself. */
export function parameterError(name: string, expected: string, got: string, advice: string): RockstarError {
  return new RockstarError(
    'SQL_PARAMETER',
    `Expected ${expected} for the SQL parameter :${name.slice(0, 60)}, got ${got}; ${advice}`,
    { details: { parameter: name.slice(0, 60) } },
  )
}

function checkUnknown(statement: CompiledStatement, given: SqlParameters): void {
  for (const name of Object.keys(given)) {
    if (statement.names.includes(name)) continue
    const known = statement.names.length === 0 ? 'none' : statement.names.map((each) => `:${each}`).join(', ')
    throw new RockstarError(
      'SQL_PARAMETER',
      `Expected only parameters of the statement (${known.slice(0, 300)}), got :${name.slice(0, 60)}; remove it`,
      { details: { parameter: name.slice(0, 60), sql: statement.source.slice(0, 500) } },
    )
  }
}

/** Refuses what engines would change in silence. */
function checkValue(name: string, value: SqlParameter): void {
  switch (typeof value) {
    case 'string':
      // Engines store UTF-8: a lone surrogate would become U+FFFD.
      if (!value.isWellFormed()) {
        throw parameterError(name, 'well-formed text', 'a lone surrogate', 'send such data as bytes')
      }
      return
    case 'number':
      if (!Number.isFinite(value)) throw parameterError(name, 'a finite number', String(value), 'pass null')
      return
    case 'bigint':
      if (value > maxInteger || value < minInteger) {
        throw parameterError(name, 'an integer of 64 bits', 'a larger one', 'store it as text')
      }
      return
    case 'boolean':
      return
    default:
      checkObject(name, value)
  }
}

function checkObject(name: string, value: unknown): void {
  if (value === null || value instanceof Uint8Array) return
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime()))
      throw parameterError(name, 'a valid date', 'an invalid one', 'check it first')
    return
  }
  if (typeof value === 'object' && 'kind' in value && value.kind === 'sql.json') return
  const got = Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
  throw parameterError(name, 'a value that a column can hold', got, 'use sqlJson() for JSON')
}
