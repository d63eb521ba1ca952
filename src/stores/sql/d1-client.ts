import type { DoubleArgument, DoubleCell } from './doubles.ts'

/** A statement of D1. */
export interface D1StatementLike {
  bind(...args: DoubleArgument[]): D1StatementLike
  /** The rows, each by position; the first one has the names of the columns. */
  raw(options: { readonly columnNames: true }): Promise<readonly (readonly unknown[])[]>
}

/** What a statement of a batch gives. */
export interface D1ResultLike {
  readonly results: readonly Readonly<Record<string, unknown>>[]
}

/** The parts of a D1 database that the driver uses. A session of it (`withSession()`) has them too. */
export interface D1DatabaseLike {
  prepare(sql: string): D1StatementLike
  batch(statements: D1StatementLike[]): Promise<readonly D1ResultLike[]>
}

/** A value of D1 as the decoder takes it. */
export function toCell(value: unknown): DoubleCell {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) return value
  // Bytes come as an array of numbers.
  return Array.isArray(value) ? value : undefined
}
