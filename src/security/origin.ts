import type { Problems } from './problems.ts'
import { show } from './problems.ts'

/** Is this origin one of those that were named? */
export type OriginMatcher = (origin: string) => boolean

const maxOriginLength = 300
const maxOrigins = 1000
const originForm = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/

/** Is it an origin as browsers write it (RFC 6454 §6.2): http or https, lower case, without default port and path? */
export function isOrigin(text: string): boolean {
  if (text.length > maxOriginLength || !originForm.test(text)) return false
  // Of a scheme of its own (an app's, an extension's) the form is all there is to check.
  return !/^https?:/.test(text) || (URL.canParse(text) && new URL(text).origin === text)
}

/** Compiles exact origins, for places where a pattern would allow too much. Mistakes are added to `problems`. */
export function compileExact(origins: unknown, key: string, problems: Problems): ReadonlySet<string> {
  const list = listOf(origins, key, problems)
  for (const origin of list)
    if (!isOrigin(origin))
      problems.add(`${key}: expected an origin such as https://example.com, got ${show(origin)}`)
  return new Set(list)
}

/**
 * Compiles origins and patterns. `https://*.example.com` is every host below `example.com`, not that host itself;
 * `http://localhost:*` is every port. Mistakes are added to `problems`.
 */
export function compileOrigins(origins: unknown, key: string, problems: Problems): OriginMatcher {
  const exact = new Set<string>()
  const patterns: RegExp[] = []
  for (const text of listOf(origins, key, problems)) {
    const pattern = text.includes('*') ? toPattern(text) : null
    if (pattern !== null) patterns.push(pattern)
    else if (isOrigin(text)) exact.add(text)
    else {
      const wish = 'an origin such as https://example.com or a pattern such as https://*.example.com'
      problems.add(`${key}: expected ${wish}, got ${show(text)}`)
    }
  }
  return (origin) =>
    origin.length <= maxOriginLength &&
    (exact.has(origin) || patterns.some((pattern) => pattern.test(origin)))
}

/**
 * Security: the whole origin is matched, a dot is a dot, and a star stands for labels of a host name and nothing else;
 * `https://example.com.evil.net` fits no pattern of `example.com`. What follows the star has two labels at least: a
 * star under a top-level domain would be everybody.
 */
function toPattern(text: string): RegExp | null {
  const match = /^(https?):\/\/(\*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(\d{1,5}|\*))?$/.exec(text)
  if (match === null) return null
  const [, scheme = '', star, host = '', port] = match
  if (star !== undefined && !host.includes('.') && host !== 'localhost') return null
  const labels = star === undefined ? '' : '(?:[a-z0-9_-]{1,63}\\.){1,10}'
  const ports = port === '*' ? '(?::\\d{1,5})?' : port === undefined ? '' : `:${port}`
  return new RegExp(`^${scheme}://${labels}${host.replaceAll('.', '\\.')}${ports}$`)
}

function listOf(origins: unknown, key: string, problems: Problems): readonly string[] {
  if (!Array.isArray(origins) || origins.length > maxOrigins) {
    problems.add(`${key}: expected a list of at most ${maxOrigins} origins, got ${show(origins)}`)
    return []
  }
  const list: readonly unknown[] = origins
  return list.map((one) => (typeof one === 'string' ? one : show(one)))
}
