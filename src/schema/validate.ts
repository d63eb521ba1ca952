import { HttpError } from '../errors/index.ts'
import type { Schema, SchemaIssue } from './contract.ts'

/** One error of a validation, as problem details list it. */
export interface ValidationError {
  /** Where it is: a JSON Pointer (RFC 6901), `''` for the value itself. */
  readonly pointer: string
  readonly detail: string
}

const maxErrors = 100
const maxDetail = 300
const maxPointer = 500

/**
 * Validates a value. Throws 422 `INPUT_INVALID` whose `details.errors` lists each error with its pointer, at most 100,
 * with the schema's own messages and none of the values.
 */
export async function validate<Output>(schema: Schema<Output>, value: unknown): Promise<Output> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  throw new HttpError(422, 'INPUT_INVALID', 'Expected input that fits its schema', {
    details: { errors: toErrors(result.issues) },
  })
}

/** The issues of a schema as problem details list them. */
export function toErrors(issues: readonly SchemaIssue[]): ValidationError[] {
  return issues.slice(0, maxErrors).map(({ message, path }) => ({
    pointer: toPointer(path ?? []).slice(0, maxPointer),
    detail: message.slice(0, maxDetail),
  }))
}

function toPointer(path: NonNullable<SchemaIssue['path']>): string {
  return path
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}
