import { RockstarError } from '../errors/index.ts'

/** An environment variable that says where a store is. */
export interface ConnectionUrl {
  /** In lower case, without the colon. */
  readonly scheme: string
  /** The whole value, which may hold credentials. */
  readonly value: string
  /** Scheme and host, or scheme and path, without credentials and query: for logs. */
  readonly location: string
}

/**
 * Reads a variable such as `DATABASE_URL`. Null when it is not set or empty. `OPTIONS_INVALID` for one that is no text
 * or whose scheme is none of `schemes` (lower case, without colon): the message lists them.
 */
export function readConnectionUrl(
  env: Readonly<Record<string, unknown>>,
  variable: string,
  schemes: readonly string[],
): ConnectionUrl | null {
  const given = env[variable]
  if (given === undefined || given === null) return null
  if (typeof given !== 'string') throw unknownScheme(variable, `a value of type ${typeof given}`, schemes)
  const value = given.trim()
  if (value === '') return null
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase()
  if (scheme === undefined) throw unknownScheme(variable, 'none', schemes)
  if (!schemes.includes(scheme)) throw unknownScheme(variable, `${scheme.slice(0, 40)}:`, schemes)
  return { scheme, value, location: locationOf(scheme, value) }
}

/** Security: never the value itself, which may hold a password. */
function unknownScheme(variable: string, got: string, schemes: readonly string[]): RockstarError {
  const known = schemes.map((scheme) => `${scheme}:`).join(', ')
  return new RockstarError(
    'OPTIONS_INVALID',
    `Expected ${variable} with one of the schemes ${known}, got ${got}; correct it`,
  )
}

function locationOf(scheme: string, value: string): string {
  const rest = value.slice(scheme.length + 1)
  if (!rest.startsWith('//')) return `${scheme}:${rest.replace(/[?#].*$/s, '')}`
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return `${scheme}://${host}`
}
