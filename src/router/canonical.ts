import { HttpError } from '../errors/index.ts'
import type { PathPolicy } from './contract.ts'

/** A request target, ready to be compared. */
export interface CanonicalTarget {
  /** Percent-encoded in normal form; begins with `/`; no empty, `.` or `..` segment. */
  readonly path: string
  /** What stands behind the first `?`, as it came. */
  readonly query: string
}

/** What a clean path does not have: an empty segment, one that begins with a dot, and characters to be looked at. */
const unclean = /^[^/]|\/[./]|[^!$&'()*+,\-./0-9:;=@A-Z[\]_a-z|~]/

/**
 * Brings a target in origin form to the one form that everybody compares; `docs/paths.md` has the table. A clean one,
 * as nearly all are, costs one scan. Returns the error, so that nothing is thrown on the way of a request.
 */
export function canonicalPath(target: string, policy?: PathPolicy): CanonicalTarget | HttpError {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const maxLength = policy?.maxLength ?? 8192
  if (path.length > maxLength)
    return new HttpError(414, 'URI_TOO_LONG', `Expected a path of at most ${maxLength} characters`)
  const canonical =
    path === '' || unclean.test(path) ? normalize(path, policy?.encodedSlash === 'reject') : path
  if (canonical === null) return new HttpError(400, 'PATH_MALFORMED', 'Expected a well-formed path')
  return { path: canonical, query: mark === -1 ? '' : target.slice(mark + 1) }
}

/** The canonical form of literal text in a pattern; null for a dot segment or a malformed encoding. */
export function canonicalLiteral(text: string): string | null {
  try {
    const path = normalize(`/${text.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)}`, false)
    return path === null || (text !== '' && path === '/') ? null : path.slice(1)
  } catch {
    return null
  }
}

/** Null for what cannot be made canonical. Every pattern below takes linear time. */
function normalize(path: string, rejectsSlash: boolean): string | null {
  // Security: a control character ends a path early for a program in C and splits lines in a log; an encoded slash is
  // a separator to some and not to others.
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (!path.startsWith('/') || /[\0-\x20#\x7f\u0100-\uffff]|%(?![\da-f]{2})|%[01][\da-f]|%7f/i.test(path))
    return null
  if (rejectsSlash && /%2f|%5c/i.test(path)) return null
  const encoded = path
    // RFC 3986 §6.2.2: unreserved characters decoded, hexadecimal digits in upper case.
    .replace(/%[\da-f]{2}/gi, (triplet) => {
      const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
      return /[\w.~-]/.test(character) ? character : triplet.toUpperCase()
    })
    // The path percent-encode set of the URL Standard; bytes above ASCII come from the wire one character each.
    .replace(/["<>^`{}\x80-\xff]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  try {
    // Overlong forms, lone surrogates and stray bytes are no UTF-8.
    decodeURIComponent(encoded)
  } catch {
    return null
  }
  const kept: string[] = []
  // The URL Standard reads a backslash as a slash.
  const [, ...segments] = encoded.split(/[/\\]/)
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  // Empty segments go last: until then each is one that `..` takes back, as it does in the URL Standard.
  const names = kept.filter((segment) => segment !== '')
  const isFolder = names.length > 0 && /^\.{0,2}$/.test(segments.at(-1) ?? '')
  return `/${names.join('/')}${isFolder ? '/' : ''}`
}
