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
