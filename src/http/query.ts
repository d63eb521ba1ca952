import { HttpError } from '../errors/index.ts'
import type { Query } from './contract.ts'

/**
 * Reads `application/x-www-form-urlencoded` text lazily: a single `get` scans the text and builds nothing. More than
 * `maxPairs` pairs are refused with `status`, on first use.
 */
export function createQuery(text: string, maxPairs: number, status = 400): Query {
  return new LazyQuery(text, maxPairs, status)
}

class LazyQuery implements Query {
  readonly #text: string
  readonly #maxPairs: number
  readonly #status: number
  #counted = false

  constructor(text: string, maxPairs: number, status: number) {
    this.#text = text
    this.#maxPairs = maxPairs
    this.#status = status
  }

  get(name: string): string | null {
    for (const [key, value] of this.#scan(name)) if (key === name) return value
    return null
  }

  getAll(name: string): string[] {
    const values: string[] = []
    for (const [key, value] of this.#scan(name)) if (key === name) values.push(value)
    return values
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#scan(null)
  }

  toString(): string {
    return this.#text
  }

  /** The pairs in order. With `only`, values of other names are not decoded: they come as `''`. */
  *#scan(only: string | null): IterableIterator<[string, string]> {
    const text = this.#text
    this.#assertCount()
    let start = 0
    while (start < text.length) {
      const ampersand = text.indexOf('&', start)
      const end = ampersand === -1 ? text.length : ampersand
      if (end > start) {
        const equals = text.indexOf('=', start)
        const split = equals === -1 || equals > end ? end : equals
        const key = decodeUrlencoded(text.slice(start, split))
        yield [key, only === null || only === key ? decodeUrlencoded(text.slice(split + 1, end)) : '']
      }
      start = end + 1
    }
  }

  #assertCount(): void {
    if (this.#counted || this.#text.length < this.#maxPairs) return
    let pairs = 1
    for (let at = this.#text.indexOf('&'); at !== -1; at = this.#text.indexOf('&', at + 1)) pairs++
    if (pairs > this.#maxPairs) {
      throw new HttpError(
        this.#status,
        'LIMIT_EXCEEDED',
        `Expected at most ${this.#maxPairs} pairs, got ${pairs}`,
      )
    }
    this.#counted = true
  }
}

/** WHATWG URL §5.1: `+` is a space, malformed encodings stay, malformed UTF-8 becomes U+FFFD. */
export function decodeUrlencoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return decodeLossy(spaced)
  }
}

function decodeLossy(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const decoded = new Uint8Array(bytes.length)
  let length = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    const hex = byte === 37 ? Number.parseInt(hexDigits(bytes, index), 16) : Number.NaN
    decoded[length++] = Number.isNaN(hex) ? byte : hex
    if (!Number.isNaN(hex)) index += 2
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(decoded.subarray(0, length))
}

/** The two digits behind a percent sign, or text that is no number. */
function hexDigits(bytes: Uint8Array, index: number): string {
  const digits = String.fromCharCode(bytes[index + 1] ?? 0, bytes[index + 2] ?? 0)
  return /^[0-9a-f]{2}$/i.test(digits) ? digits : ''
}
