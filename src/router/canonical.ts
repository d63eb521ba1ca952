import { HttpError } from '../errors/index.ts'
import type { PathPolicy } from './contract.ts'

/** A request target, ready to be compared. */
export interface CanonicalTarget {
  /** Percent-encoded in normal form; begins with `/`; no empty, `.` or `..` segment. */
  readonly path: string
  /** What stands behind the first `?`, as it came. */
  readonly query: string
}

/** 1: makes a path unclean. 2: ends it. Characters above 126 are unclean too. */
const classes = createClasses()

/**
 * Brings a target in origin form to the one form that everybody compares; `docs/paths.md` has the table. A clean one,
 * as nearly all are, costs one scan. Returns the error, so that nothing is thrown on the way of a request.
 */
export function canonicalPath(target: string, policy: PathPolicy): CanonicalTarget | HttpError {
  if (target.charCodeAt(0) !== 47) return malformed('a target that begins with /')
  const { length } = target
  let clean = true
  let end = 0
  for (; end < length; end++) {
    const code = target.charCodeAt(end)
    if (code === 47) {
      const next = target.charCodeAt(end + 1)
      if (next === 47 || next === 46) clean = false
    } else if (code > 126) {
      clean = false
    } else if (classes[code] !== 0) {
      if (classes[code] === 2) break
      clean = false
    }
  }
  if (end > policy.maxLength) {
    return new HttpError(414, 'URI_TOO_LONG', `Expected a path of at most ${policy.maxLength} characters`)
  }
  const path = end === length ? target : target.slice(0, end)
  const query = end === length ? '' : target.slice(end + 1)
  if (clean) return { path, query }
  const canonical = normalize(path, policy.encodedSlash === 'reject')
  return typeof canonical === 'string' ? { path: canonical, query } : canonical
}

/** The canonical form of a segment in a pattern; null for a dot segment or a malformed encoding. */
export function canonicalLiteral(text: string): string | null {
  let encoded: string
  try {
    encoded = text.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
  } catch {
    return null
  }
  const path = normalize(`/${encoded}`, false)
  if (typeof path !== 'string' || (text !== '' && path === '/')) return null
  return path.slice(1)
}

function normalize(path: string, rejectsSlash: boolean): string | HttpError {
  const normal = encodeNormally(path, rejectsSlash)
  if (typeof normal !== 'string') return normal
  if (/%[89A-F]/.test(normal)) {
    try {
      decodeURIComponent(normal)
    } catch {
      return malformed('percent-encoded bytes that are UTF-8')
    }
  }
  return removeDots(normal)
}

/** RFC 3986 §6.2.2: unreserved characters decoded, hexadecimal digits in upper case, what must be encoded encoded. */
function encodeNormally(path: string, rejectsSlash: boolean): string | HttpError {
  let normal = ''
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index)
    if (code <= 32 || code === 127 || code === 35)
      return malformed('a path without spaces, control characters and #')
    if (code === 92) {
      // The URL Standard reads a backslash as a slash.
      normal += '/'
    } else if (code === 37) {
      const byte = hexByte(path, index + 1)
      if (byte < 0) return malformed('two hexadecimal digits behind every %')
      // Security: a path with a control character ends early for a program in C, and splits lines in a log.
      if (byte < 32 || byte === 127) return malformed('a path without encoded control characters')
      if (rejectsSlash && (byte === 47 || byte === 92)) return malformed('a path without encoded slashes')
      normal += isUnreserved(byte) ? String.fromCharCode(byte) : percent(byte)
      index += 2
    } else if (code > 255) {
      return malformed('a path of ASCII characters')
    } else {
      // Bytes above ASCII come as they are from the wire, one character each.
      normal += code > 127 || mustEncode(code) ? percent(code) : path.charAt(index)
    }
  }
  return normal
}

/** RFC 3986 §5.2.4, and empty segments go too. */
function removeDots(path: string): string {
  const kept: string[] = []
  const segments = path.split('/')
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.' && segment !== '') kept.push(segment)
  }
  const last = segments.at(-1)
  const isFolder = last === '' || last === '.' || last === '..'
  return kept.length === 0 ? '/' : `/${kept.join('/')}${isFolder ? '/' : ''}`
}

function hexByte(text: string, index: number): number {
  const high = hexDigit(text.charCodeAt(index))
  const low = hexDigit(text.charCodeAt(index + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

function isUnreserved(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 45 ||
    code === 46 ||
    code === 95 ||
    code === 126
  )
}

/** `"`, `<`, `>`, `^`, backtick, `{`, `}`: the path percent-encode set of the URL Standard. */
function mustEncode(code: number): boolean {
  return (
    code === 34 || code === 60 || code === 62 || code === 94 || code === 96 || code === 123 || code === 125
  )
}

function percent(byte: number): string {
  return `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`
}

function createClasses(): Uint8Array {
  const table = new Uint8Array(127)
  for (let code = 0; code < 127; code++) {
    if (code <= 32 || code === 35 || code === 37 || code === 92 || mustEncode(code)) table[code] = 1
  }
  table[63] = 2
  return table
}

function malformed(expected: string): HttpError {
  return new HttpError(400, 'PATH_MALFORMED', `Expected ${expected}`)
}
