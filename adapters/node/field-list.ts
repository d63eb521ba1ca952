import { assertHeaderValue, isRepeatable, toHeaderName } from '../../src/http/index.ts'
import type { HeaderList } from '../../src/platform/index.ts'

/** Is there a field of this lower-case name? */
export function hasField(list: HeaderList, name: string): boolean {
  for (let index = 0; index < list.length; index += 2) if (list[index] === name) return true
  return false
}

/** A copy without the fields of this lower-case name. */
export function withoutField(list: HeaderList, name: string): string[] {
  const kept: string[] = []
  for (let index = 1; index < list.length; index += 2) {
    const field = list[index - 1] ?? ''
    if (field !== name) kept.push(field, list[index] ?? '')
  }
  return kept
}

/** A new list in which each field replaces those of its name, or joins them where it may repeat. */
export function amendList(list: HeaderList, fields: HeaderList): HeaderList {
  let amended = [...list]
  for (let index = 1; index < fields.length; index += 2) {
    const name = fields[index - 1] ?? ''
    if (!isRepeatable(name) && hasField(amended, name)) amended = withoutField(amended, name)
    amended.push(name, fields[index] ?? '')
  }
  return amended
}

/**
 * The fields of `Headers`, or of what its constructor takes, as a list. What that would refuse is a TypeError here
 * too. `mediaType` is added where no `content-type` is named.
 */
export function toFieldList(init: HeadersInit | undefined, mediaType: string | null): HeaderList {
  const list: string[] = []
  if (init !== undefined) {
    const pairs: Iterable<readonly string[]> = isIterable(init) ? init : Object.entries(init)
    for (const pair of pairs) {
      const [name, value, ...rest] = pair
      if (name === undefined || value === undefined || rest.length > 0) {
        throw new TypeError('Expected header fields as pairs of a name and a value')
      }
      list.push(...toField(name, value))
    }
  }
  if (mediaType !== null && !hasField(list, 'content-type')) list.push('content-type', mediaType)
  return list
}

/** The name in lower case. The Fetch Standard answers a malformed one with a TypeError. */
export function toFieldName(name: string): string {
  try {
    return toHeaderName(String(name))
  } catch (error) {
    throw toTypeError(error)
  }
}

/** Name and value as they are sent (Fetch Standard, "normalize"), or a TypeError. */
export function toField(name: string, value: string): [string, string] {
  const field = toFieldName(name)
  const trimmed = trim(String(value))
  try {
    assertHeaderValue(field, trimmed)
  } catch (error) {
    throw toTypeError(error)
  }
  return [field, trimmed]
}

/** Takes HTTP whitespace off both ends, in one pass whatever comes. */
function trim(value: string): string {
  let from = 0
  let to = value.length
  while (from < to && isWhitespace(value.charCodeAt(from))) from++
  while (to > from && isWhitespace(value.charCodeAt(to - 1))) to--
  return from === 0 && to === value.length ? value : value.slice(from, to)
}

/** Tab, line feed, carriage return or space. */
function isWhitespace(code: number): boolean {
  return code === 9 || code === 10 || code === 13 || code === 32
}

function isIterable(init: object): init is Iterable<readonly string[]> {
  return Symbol.iterator in init
}

function toTypeError(error: unknown): TypeError {
  return new TypeError(error instanceof Error ? error.message : String(error), { cause: error })
}
