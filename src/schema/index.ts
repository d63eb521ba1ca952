export type { Schema, SchemaIssue, SchemaResult } from './contract.ts'
export type { ValidationError } from './validate.ts'
export { toErrors, validate } from './validate.ts'
