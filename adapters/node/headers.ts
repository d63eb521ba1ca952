import { assertHeaderValue, isRepeatable, toHeaderName } from '../../src/http/index.ts'
import type { HeaderList } from '../../src/platform/index.ts'

/**
 * `Headers` over a flat list, of an incoming request (immutable, as the Fetch Standard guards it) or of a response.
 * Passes for the native class: its prototype is linked to it as soon as somebody touches that.
 */
export class FlatHeaders {
  #list: HeaderList
  readonly #mutable: boolean

  constructor(list: HeaderList, mutable: boolean) {
    this.#list = list
    this.#mutable = mutable
  }

  /** The fields as they are now. Do not change it. */
  get list(): HeaderList {
    return this.#list
  }

  get(name: string): string | null {
    const field = toName(name)
    let joined: string | null = null
    for (let index = 0; index < this.#list.length; index += 2) {
      if (this.#list[index] !== field) continue
      const value = this.#list[index + 1] ?? ''
      joined = joined === null ? value : `${joined}${field === 'cookie' ? '; ' : ', '}${value}`
    }
    return joined
  }

  has(name: string): boolean {
    return hasField(this.#list, toName(name))
  }

  getSetCookie(): string[] {
    const values: string[] = []
    for (let index = 0; index < this.#list.length; index += 2) {
      if (this.#list[index] === 'set-cookie') values.push(this.#list[index + 1] ?? '')
    }
    return values
  }

  append(name: string, value: string): void {
    this.#assertMutable()
    this.#list = [...this.#list, ...toField(name, value)]
  }

  set(name: string, value: string): void {
    this.#assertMutable()
    const field = toField(name, value)
    this.#list = [...without(this.#list, field[0] ?? ''), ...field]
  }

  delete(name: string): void {
    this.#assertMutable()
    this.#list = without(this.#list, toName(name))
  }

  /** Sets each field, or appends one of those that may repeat. */
  amend(fields: HeaderList): void {
    this.#list = amendList(this.#list, fields)
  }

  forEach(callback: (value: string, name: string, headers: this) => void, thisArgument?: unknown): void {
    for (const [name, value] of this) Reflect.apply(callback, thisArgument, [value, name, this])
  }

  *entries(): IterableIterator<[string, string]> {
    // Fetch Standard, "sort and combine": by name, `set-cookie` one by one.
    const names = new Set<string>()
    for (let index = 0; index < this.#list.length; index += 2) names.add(this.#list[index] ?? '')
    for (const name of [...names].toSorted()) {
      if (name === 'set-cookie') for (const value of this.getSetCookie()) yield [name, value]
      else yield [name, this.get(name) ?? '']
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  get [Symbol.toStringTag](): string {
    return 'Headers'
  }

  #assertMutable(): void {
    if (!this.#mutable) throw new TypeError('Expected mutable headers, those of an incoming request cannot be changed; copy the request')
  }
}

/** A new list in which each field replaces those of its name, or joins them where it may repeat. */
export function amendList(list: HeaderList, fields: HeaderList): HeaderList {
  let amended = [...list]
  for (let index = 1; index < fields.length; index += 2) {
    const name = fields[index - 1] ?? ''
    if (!isRepeatable(name)) amended = without(amended, name)
    amended.push(name, fields[index] ?? '')
  }
  return amended
}

function without(list: HeaderList, name: string): string[] {
  const kept: string[] = []
  for (let index = 1; index < list.length; index += 2) {
    const field = list[index - 1] ?? ''
    if (field !== name) kept.push(field, list[index] ?? '')
  }
  return kept
}

/** A list of what `new Headers(init)` takes; with `text`, the media type that the Fetch Standard gives a string body. */
export function toFieldList(init: HeadersInit | undefined, text: boolean): HeaderList {
  const list: string[] = []
  if (init instanceof FlatHeaders) list.push(...init.list)
  else if (init !== undefined) {
    const pairs: Iterable<readonly [string, string]> = isIterable(init) ? init : Object.entries(init)
    for (const [name, value] of pairs) list.push(...toField(name, value))
  }
  if (text && !hasField(list, 'content-type')) list.push('content-type', 'text/plain;charset=UTF-8')
  return list
}

/** Is there a field of this lower-case name? */
export function hasField(list: HeaderList, name: string): boolean {
  for (let index = 0; index < list.length; index += 2) if (list[index] === name) return true
  return false
}

function isIterable(value: object): value is Iterable<[string, string]> {
  return Symbol.iterator in value
}

/** The Fetch Standard answers a malformed name or value with a TypeError. */
function toName(name: string): string {
  try {
    return toHeaderName(String(name))
  } catch (error) {
    throw new TypeError(error instanceof Error ? error.message : 'Expected a header name', { cause: error })
  }
}

function toField(name: string, value: string): [string, string] {
  const field = toName(name)
  const trimmed = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '')
  try {
    assertHeaderValue(field, trimmed)
  } catch (error) {
    throw new TypeError(error instanceof Error ? error.message : 'Expected a header value', { cause: error })
  }
  return [field, trimmed]
}
