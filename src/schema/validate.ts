import { HttpError } from '../errors/index.ts'
import type { Schema, SchemaIssue, SchemaResult } from './contract.ts'

/** One error of a validation, as problem details list it. */
export interface ValidationError {
  /** Where it is: a JSON Pointer (RFC 6901), `''` for the value itself. At most 500 characters. */
  readonly pointer: string
  /** What the schema says, at most 300 characters. */
  readonly detail: string
}

const maxErrors = 100
const maxDetail = 300
const maxPointer = 500
/** A text from this length on is taken for a value wherever it stands; shorter ones only in quotes. */
const minBareLength = 8

/**
 * Validates a value: gives the output of a schema that answers at once, a promise of one that does not. Throws or
 * rejects with 422 `INPUT_INVALID`, whose `details.errors` lists each error with its pointer, at most 100. What is no
 * Standard Schema (version 1), or answers as none, is a `TypeError`; what a schema itself throws goes through.
 */
export function validate<Output>(schema: Schema<Output>, value: unknown): Output | Promise<Output> {
  const standard = schema['~standard']
  if (standard?.version !== 1 || typeof standard.validate !== 'function') {
    throw new TypeError('Expected a Standard Schema of version 1; use a library that has them')
  }
  const result = standard.validate(value)
  return isPromise(result) ? result.then((later) => outputOf(later, value)) : outputOf(result, value)
}

/**
 * The issues of a schema as problem details list them. Texts of `input` that a message quotes become `…`: an answer
 * gets logged in places where a password must not be.
 */
export function toErrors(issues: readonly SchemaIssue[], input?: unknown): ValidationError[] {
  return issues.slice(0, maxErrors).map((issue) => {
    const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
    return {
      pointer: toPointer(path),
      detail: truncate(redact(String(issue.message), valueAt(input, path)), maxDetail),
    }
  })
}

function outputOf<Output>(result: SchemaResult<Output>, input: unknown): Output {
  if (typeof result !== 'object' || result === null) {
    throw new TypeError('Expected the result of a Standard Schema, an object with a value or issues')
  }
  if (result.issues === undefined) return result.value
  throw new HttpError(422, 'INPUT_INVALID', 'Expected input that fits its schema', {
    details: { errors: toErrors(result.issues, input) },
  })
}

/** RFC 6901 §3. Ends with a whole step: half a key would point to another place. */
function toPointer(path: readonly PropertyKey[]): string {
  let pointer = ''
  for (const key of path) {
    const step = `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (pointer.length + step.length > maxPointer) return pointer
    pointer += step
  }
  return pointer
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.getOwnPropertyDescriptor(value, key)?.value
  }
  return value
}

/** Security: libraries write messages such as `Expected … but received "hunter2"`. */
function redact(message: string, value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') return message
  let redacted = message
  for (const text of [value, JSON.stringify(value).slice(1, -1), value.trim()]) {
    if (text.length >= minBareLength) redacted = redacted.replaceAll(text, '…')
    else for (const quote of ['"', "'", '`']) redacted = redacted.replaceAll(quote + text + quote, '"…"')
  }
  return redacted
}

function truncate(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
}

function isPromise<Value>(value: Value | PromiseLike<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
