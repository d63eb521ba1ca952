import type { HeaderList } from '../../src/platform/index.ts'
import { amendList, toField, toFieldName, withoutField } from './field-list.ts'

/** Whose fields they are: those of a request stand as they came on the wire and cannot be changed. */
export type HeadersGuard = 'request' | 'response'

type Inspect = (value: unknown, options: unknown) => string

/**
 * `Headers` over a flat list. Passes for the native class once `installFetchGlobals` has linked the prototypes. Those
 * of an incoming request are immutable, as on other servers, and are neither copied nor lower-cased for `get`.
 */
export class FlatHeaders {
  static {
    // For `console.log`: the native method, which would be inherited, reads private fields.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: inspectHeaders })
  }

  #list: HeaderList
  readonly #guard: HeadersGuard
  /** Names may be in upper case, and fields of HTTP/2 that begin with a colon may stand among them. */
  #isRaw: boolean

  constructor(list: HeaderList, guard: HeadersGuard) {
    this.#list = list
    this.#guard = guard
    this.#isRaw = guard === 'request'
  }

  /** The fields as they are now, with names in lower case. Do not change it. */
  get list(): HeaderList {
    if (this.#isRaw) {
      this.#list = clean(this.#list)
      this.#isRaw = false
    }
    return this.#list
  }

  get(name: string): string | null {
    const field = toFieldName(name)
    let joined: string | null = null
    for (let index = 0; index < this.#list.length; index += 2) {
      if (!this.#isNamed(index, field)) continue
      const value = this.#list[index + 1] ?? ''
      // RFC 9113 §8.2.3: cookies come in several fields, and are one list for those who read them.
      joined = joined === null ? value : `${joined}${field === 'cookie' ? '; ' : ', '}${value}`
    }
    return joined
  }

  has(name: string): boolean {
    const field = toFieldName(name)
    for (let index = 0; index < this.#list.length; index += 2) if (this.#isNamed(index, field)) return true
    return false
  }

  getSetCookie(): string[] {
    const values: string[] = []
    for (let index = 0; index < this.#list.length; index += 2) {
      if (this.#isNamed(index, 'set-cookie')) values.push(this.#list[index + 1] ?? '')
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
    this.#list = [...withoutField(this.#list, field[0]), ...field]
  }

  delete(name: string): void {
    this.#assertMutable()
    this.#list = withoutField(this.#list, toFieldName(name))
  }

  /** Sets each field, or appends one of those that may repeat. */
  amend(fields: HeaderList): void {
    this.#list = amendList(this.list, fields)
  }

  forEach(callback: (value: string, name: string, headers: this) => void, thisArgument?: unknown): void {
    for (const [name, value] of this.#pairs()) Reflect.apply(callback, thisArgument, [value, name, this])
  }

  entries(): ArrayIterator<[string, string]> {
    return this.#pairs().values()
  }

  keys(): ArrayIterator<string> {
    return this.#pairs()
      .map(([name]) => name)
      .values()
  }

  values(): ArrayIterator<string> {
    return this.#pairs()
      .map(([, value]) => value)
      .values()
  }

  [Symbol.iterator](): ArrayIterator<[string, string]> {
    return this.entries()
  }

  get [Symbol.toStringTag](): string {
    return 'Headers'
  }

  /** Fetch Standard, "sort and combine": by name, `set-cookie` one by one. */
  #pairs(): [string, string][] {
    const { list } = this
    const names = new Set<string>()
    for (let index = 0; index < list.length; index += 2) names.add(list[index] ?? '')
    const pairs: [string, string][] = []
    for (const name of [...names].toSorted()) {
      if (name === 'set-cookie')
        pairs.push(...this.getSetCookie().map((value): [string, string] => [name, value]))
      else pairs.push([name, this.get(name) ?? ''])
    }
    return pairs
  }

  #isNamed(index: number, field: string): boolean {
    const name = this.#list[index] ?? ''
    return name === field || (this.#isRaw && name.length === field.length && name.toLowerCase() === field)
  }

  #assertMutable(): void {
    if (this.#guard === 'response') return
    throw new TypeError(
      'Expected mutable headers, got those of an incoming request; copy them with new Headers(request.headers)',
    )
  }
}

function inspectHeaders(this: FlatHeaders, _depth: number, options: unknown, inspect: Inspect): string {
  return `Headers ${inspect(Object.fromEntries(this), options)}`
}

/** Names in lower case, without the control fields of HTTP/2 (RFC 9113 §8.3). */
function clean(raw: HeaderList): HeaderList {
  const list: string[] = []
  for (let index = 1; index < raw.length; index += 2) {
    const name = raw[index - 1] ?? ''
    if (!name.startsWith(':')) list.push(name.toLowerCase(), raw[index] ?? '')
  }
  return list
}
