import { RockstarError } from '../errors/index.ts'

/** A token (RFC 9110 §5.6.2), the form of a field name. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Security: refuses what would split a header or end it early. Visible ASCII, space, tab and obs-text are allowed
 * (RFC 9110 §5.5); characters above U+00FF have no place on the wire.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const forbidden = /[^\t\x20-\x7e\x80-\xff]/

/** Is it a token (RFC 9110 §5.6.2), the form of field names and methods? */
export function isToken(text: string): boolean {
  return token.test(text)
}

/** Returns the name in lower case; throws `HEADER_INVALID` unless it is a token (RFC 9110 §5.1). */
export function toHeaderName(name: string): string {
  if (!token.test(name)) throw invalid(`name, got ${JSON.stringify(name.slice(0, 40))}`)
  return name.toLowerCase()
}

/** Throws `HEADER_INVALID` when a value has CR, LF, NUL or another character that RFC 9110 §5.5 forbids. */
export function assertHeaderValue(name: string, value: string): void {
  if (forbidden.test(value)) throw invalid(`${name} of visible ASCII`)
}

function invalid(expected: string): RockstarError {
  return new RockstarError('HEADER_INVALID', `Expected a header ${expected}`)
}

/** Throws `RangeError` unless `status` is one that an answer may have: 200 to 599. */
export function assertStatus(status: number): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`Expected a status from 200 to 599`)
  }
}

const repeatable = /^(?:set-cookie|vary|link|server-timing|www-authenticate)$/

/** Fields that stand once per value, or whose values are lists that several parts of an app add to. */
export function isRepeatable(name: string): boolean {
  return repeatable.test(name)
}
