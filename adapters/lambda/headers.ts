import { toHeaderName } from '../../src/http/index.ts'
import type { HeaderList } from '../../src/platform/index.ts'
import { pairsOf } from '../../src/platform/index.ts'
import { asNative, delegate, linkLater } from './natives.ts'

/**
 * The fields of an event as `Headers`, immutable as those of every incoming request. Reading a field needs no native
 * class; what walks over all of them does.
 */
export class EventHeaders {
  static {
    Object.defineProperty(this.prototype, asNative, { value: EventHeaders.#giveNative })
    delegate(this.prototype, ['getSetCookie', 'forEach', 'entries', 'keys', 'values'])
    linkLater(this.prototype, 'Headers')
  }

  readonly #list: HeaderList
  #native: Headers | null = null

  /** Names are in lower case. */
  constructor(list: HeaderList) {
    this.#list = list
  }

  get(name: string): string | null {
    const field = toFieldName(name)
    let joined: string | null = null
    for (let index = 0; index < this.#list.length; index += 2) {
      if (this.#list[index] !== field) continue
      const value = this.#list[index + 1] ?? ''
      // RFC 9113 §8.2.3: cookies come in several fields, and are one list for those who read them.
      joined = joined === null ? value : `${joined}${field === 'cookie' ? '; ' : ', '}${value}`
    }
    return joined
  }

  has(name: string): boolean {
    const field = toFieldName(name)
    for (let index = 0; index < this.#list.length; index += 2) if (this.#list[index] === field) return true
    return false
  }

  append(): never {
    throw immutable()
  }

  set(): never {
    throw immutable()
  }

  delete(): never {
    throw immutable()
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return Reflect.apply(EventHeaders.#giveNative, this, []).entries()
  }

  get [Symbol.toStringTag](): string {
    return 'Headers'
  }

  static #giveNative(this: EventHeaders): Headers {
    if (this.#native === null) {
      const native = new Headers()
      for (const [name, value] of pairsOf(this.#list)) {
        // The native class would join cookies with a comma.
        if (name === 'cookie') native.set(name, this.get(name) ?? '')
        else native.append(name, value)
      }
      this.#native = native
    }
    return this.#native
  }
}

/** The name in lower case. The Fetch Standard answers a malformed one with a TypeError. */
function toFieldName(name: string): string {
  try {
    return toHeaderName(String(name))
  } catch (error) {
    throw new TypeError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function immutable(): TypeError {
  return new TypeError(
    'Expected mutable headers, got those of an incoming request; copy them with new Headers(request.headers)',
  )
}
