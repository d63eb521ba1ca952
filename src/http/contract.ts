import type { Schema } from '../schema/contract.ts'

/** Decoded pairs of a query or a form, in order (WHATWG URL §5.1). The vocabulary of `URLSearchParams`, read-only. */
export interface Pairs {
  /** The first value of `name`, or null. */
  get(name: string): string | null
  /** All values of `name`, in order. */
  getAll(name: string): string[]
  has(name: string): boolean
  [Symbol.iterator](): IterableIterator<[string, string]>
}

/** The query of a URL, read lazily. More than `limits.formFields` pairs are `LIMIT_EXCEEDED` (400). */
export interface Query extends Pairs {
  /** The raw text without `?`. */
  toString(): string
}

/** Fields of a form: text values only; files come through `ctx.multipart`. */
export type FormFields = Pairs

/**
 * The body of a request, read once. Every way of reading obeys the route's `bodyBytes` limit (413,
 * `BODY_TOO_LARGE`); reading twice is `BODY_USED`.
 */
export interface Body {
  /**
   * `application/json` or `+json`, UTF-8. 415 for another media type, 400 (`BODY_MALFORMED`) for malformed JSON,
   * for one nested deeper than the limit, and for the keys `__proto__` and `constructor.prototype`.
   */
  json(): Promise<unknown>
  /** As `json()`, then validated by a Standard Schema: 422 (`INPUT_INVALID`) lists every error with its pointer. */
  json<Output>(schema: Schema<Output>): Promise<Output>
  /** UTF-8 text of any media type; malformed UTF-8 is 400. */
  text(): Promise<string>
  /** `application/x-www-form-urlencoded`; 415 for another media type. Too many fields: 413, `LIMIT_EXCEEDED`. */
  form(): Promise<FormFields>
  /**
   * As `form()`, then validated: the schema gets an object without prototype; a repeated name becomes an array. The
   * field `__proto__` is `BODY_MALFORMED` (400).
   */
  form<Output>(schema: Schema<Output>): Promise<Output>
  bytes(): Promise<Uint8Array<ArrayBuffer>>
  /** The body as it arrives. Errors with `BODY_TOO_LARGE` when the limit is passed. Empty where there is none. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>
}
