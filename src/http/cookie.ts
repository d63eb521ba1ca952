import { HttpError, RockstarError } from '../errors/index.ts'

/** Attributes of a cookie (RFC 6265bis §4.1). */
export interface CookieAttributes {
  /** Default: `/`. */
  readonly path?: string
  /** Default: none, the host alone. */
  readonly domain?: string
  /** Seconds, 0 to 34,560,000 (400 days); more is cut to that, as browsers do. Default: until the browser closes. */
  readonly maxAgeSeconds?: number
  /** Default: true. */
  readonly httpOnly?: boolean
  /** Default: true. */
  readonly secure?: boolean
  /** Default: `lax`. `none` needs `secure`. */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  /** One jar per top-level site (CHIPS). Needs `secure`. Default: false. */
  readonly partitioned?: boolean
}

const maxHeaderLength = 16_384
const maxCookies = 150
const maxPairLength = 4096
const maxDomainLength = 254
const maxAge = 34_560_000
const noCookies: ReadonlyMap<string, string> = new Map()

/**
 * Reads the `Cookie` field (RFC 6265bis §5.8.3). Of two cookies with one name the first counts: browsers send the one
 * with the longer path first. Values are percent-decoded where that works. More than 16 KiB or 150 cookies: 431.
 */
export function parseCookies(header: string | null): ReadonlyMap<string, string> {
  if (header === null || header === '') return noCookies
  if (header.length > maxHeaderLength) throw tooMany(`${maxHeaderLength} characters`)
  const pairs = header.split(';')
  if (pairs.length > maxCookies) throw tooMany(`${maxCookies} pairs`)
  const cookies = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const name = trimBlanks(pair.slice(0, equals))
    if (name !== '' && !cookies.has(name)) cookies.set(name, decodeValue(trimBlanks(pair.slice(equals + 1))))
  }
  return cookies
}

/**
 * The value of a `Set-Cookie` field. The cookie's value is percent-encoded where it must be. `COOKIE_INVALID` for what
 * would split the field, for a pair over 4,096 bytes, and for attributes that a browser would refuse.
 */
export function formatCookie(name: string, value: string, attributes: CookieAttributes = {}): string {
  const {
    path = '/',
    domain,
    maxAgeSeconds,
    httpOnly = true,
    secure = true,
    sameSite = 'lax',
    partitioned = false,
  } = attributes
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) throw invalid('a name of letters, digits and -', name)
  const pair = `${name}=${encodeValue(value)}`
  if (pair.length > maxPairLength)
    throw invalid(`a name and value of at most ${maxPairLength} bytes, got ${pair.length}`, name)
  // RFC 6265bis §5.6: browsers ignore an attribute of more than 1,024 bytes.
  if (!/^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/.test(path))
    throw invalid('a path that begins with /, has no ; and is at most 1,024 bytes', name)
  if (
    domain !== undefined &&
    (domain.length > maxDomainLength || !/^\.?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(domain))
  )
    throw invalid('a domain of letters, digits, - and dots', name)
  if (!secure && needsSecure(name, attributes)) {
    throw invalid(
      'secure, which SameSite=None, Partitioned and the prefixes __Host- and __Secure- need',
      name,
    )
  }
  if (/^__host-/i.test(name) && (path !== '/' || domain !== undefined)) {
    throw invalid('the path / and no domain, which the prefix __Host- needs', name)
  }
  let text = `${pair}; Path=${path}`
  if (domain !== undefined) text += `; Domain=${domain}`
  if (maxAgeSeconds !== undefined) {
    if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 0) throw invalid('an age in whole seconds', name)
    text += `; Max-Age=${Math.min(maxAgeSeconds, maxAge)}`
  }
  if (httpOnly) text += '; HttpOnly'
  if (secure) text += '; Secure'
  text += `; SameSite=${sameSite === 'none' ? 'None' : sameSite === 'strict' ? 'Strict' : 'Lax'}`
  return partitioned ? `${text}; Partitioned` : text
}

/** Would a browser refuse this cookie without `secure` (RFC 6265bis §4.1.2.7, §4.1.3)? */
export function needsSecure(name: string, attributes: CookieAttributes): boolean {
  return (
    attributes.sameSite === 'none' || attributes.partitioned === true || /^__(?:host|secure)-/i.test(name)
  )
}

/**
 * Security: RFC 6265bis §5.8.3 knows no other white space. A name behind a no-break space is not the `__Host-` cookie
 * that the browser would have protected.
 */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '')
}

/** Only what RFC 6265 §4.1.1 allows stays; `%` is encoded, so that decoding gives the value back. */
function encodeValue(value: string): string {
  if (!/[^!#$&'()*+\-./0-9:<=>?@A-Z[\]^_`a-z{|}~]/.test(value)) return value
  try {
    return encodeURIComponent(value)
  } catch (error) {
    throw new RockstarError('COOKIE_INVALID', 'Expected a cookie value that is well-formed text', {
      cause: error,
    })
  }
}

function decodeValue(text: string): string {
  const bare = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
  if (!bare.includes('%')) return bare
  try {
    return decodeURIComponent(bare)
  } catch {
    return bare
  }
}

function invalid(expected: string, name: string): RockstarError {
  return new RockstarError(
    'COOKIE_INVALID',
    `Expected ${expected} for the cookie ${JSON.stringify(name.slice(0, 40))}`,
  )
}

function tooMany(bound: string): HttpError {
  return new HttpError(431, 'LIMIT_EXCEEDED', `Expected cookies of at most ${bound}`)
}
