import { HttpError } from '../errors/index.ts'
import type { Query } from './contract.ts'

const utf8 = new TextEncoder()
const lossyUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Reads `application/x-www-form-urlencoded` text lazily (WHATWG URL §5.1): a single `get` scans the text and builds
 * nothing. More than `maxPairs` pairs are refused on first use, with `LIMIT_EXCEEDED` and `status`.
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
    for (let pair = this.#first(); pair.start < pair.end; pair.next()) {
      if (pair.isNamed(name)) return pair.value()
    }
    return null
  }

  getAll(name: string): string[] {
    const values: string[] = []
    for (let pair = this.#first(); pair.start < pair.end; pair.next()) {
      if (pair.isNamed(name)) values.push(pair.value())
    }
    return values
  }

  has(name: string): boolean {
    for (let pair = this.#first(); pair.start < pair.end; pair.next()) {
      if (pair.isNamed(name)) return true
    }
    return false
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (let pair = this.#first(); pair.start < pair.end; pair.next()) yield [pair.name(), pair.value()]
  }

  toString(): string {
    return this.#text
  }

  #first(): Pair {
    if (!this.#counted) this.#assertCount()
    return new Pair(this.#text)
  }

  #assertCount(): void {
    // A pair takes two characters, its ampersand among them, so that most texts need no count.
    if (this.#text.length > this.#maxPairs * 2) {
      let pairs = 0
      for (let pair = new Pair(this.#text); pair.start < pair.end; pair.next()) {
        if (++pairs > this.#maxPairs) {
          throw new HttpError(
            this.#status,
            'LIMIT_EXCEEDED',
            `Expected at most ${this.#maxPairs} pairs, got more`,
          )
        }
      }
    }
    this.#counted = true
  }
}

/** A place in the text. Goes through it once, whatever is in it; no pair is left when `start` has reached `end`. */
class Pair {
  start = 0
  /** Behind the value: the ampersand or the end of the text. */
  end = -1
  readonly #text: string
  /** The next equals sign that was found; it may belong to a later pair. */
  #equals = -1

  constructor(text: string) {
    this.#text = text
    this.next()
  }

  /** On to the next pair; empty ones are none. */
  next(): void {
    const text = this.#text
    do {
      this.start = this.end + 1
      if (this.start >= text.length) {
        this.start = text.length
        this.end = text.length
        return
      }
      const ampersand = text.indexOf('&', this.start)
      this.end = ampersand === -1 ? text.length : ampersand
    } while (this.start === this.end)
    // Asked for again only behind the last one: a text without any would be searched to its end for each pair.
    if (this.#equals < this.start) {
      const equals = text.indexOf('=', this.start)
      this.#equals = equals === -1 ? text.length : equals
    }
  }

  isNamed(name: string): boolean {
    const { start } = this
    const text = this.#text
    const length = Math.min(this.#equals, this.end) - start
    // Decoding never makes a name longer.
    if (length < name.length) return false
    if (length === 0) return true
    const first = text.charCodeAt(start)
    const isEncoded = first === 37 || first === 43
    if (!isEncoded && first !== name.charCodeAt(0)) return false
    return this.name() === name
  }

  name(): string {
    return decodeUrlencoded(this.#text.slice(this.start, Math.min(this.#equals, this.end)))
  }

  value(): string {
    return this.#equals < this.end ? decodeUrlencoded(this.#text.slice(this.#equals + 1, this.end)) : ''
  }
}

/** WHATWG URL §5.1: `+` is a space, malformed encodings stay, malformed UTF-8 becomes U+FFFD. */
function decodeUrlencoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return decodeLossy(spaced)
  }
}

function decodeLossy(text: string): string {
  const bytes = utf8.encode(text)
  let length = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    const high = byte === 37 ? hexDigit(bytes[index + 1]) : -1
    const low = high === -1 ? -1 : hexDigit(bytes[index + 2])
    bytes[length++] = low === -1 ? byte : high * 16 + low
    if (low !== -1) index += 2
  }
  return lossyUtf8.decode(bytes.subarray(0, length))
}

/** The value of an ASCII digit, or -1. */
function hexDigit(code = 0): number {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
