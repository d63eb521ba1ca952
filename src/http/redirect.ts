import { RockstarError } from '../errors/index.ts'

/**
 * The `Location` of a redirect that stays within the site, or goes to one of `allowOrigins`. What a browser would make
 * of the text decides, not what it looks like. `REDIRECT_REFUSED` for everything else.
 *
 * Security: an open redirect lends our name to somebody else's page. `//host`, `/\host`, tabs and line breaks in
 * between, and other schemes are the ways that a check of the text alone misses.
 */
export function safeLocation(location: string, base: URL, allowOrigins: readonly string[]): string {
  // Nearly all: a plain path of this site, or one relative to it.
  if (/^(?:\.{0,2}\/(?![/\\])|\?)[\w\-.~/?=&%+:@!$'()*,;]*$/.test(location)) return location
  const target = URL.canParse(location, base) ? new URL(location, base) : null
  const isWeb = target !== null && (target.protocol === 'https:' || target.protocol === 'http:')
  if (isWeb && target.username === '' && target.password === '') {
    if (target.origin === base.origin) return withoutHost(target)
    if (allowOrigins.includes(target.origin)) return target.href
  }
  throw new RockstarError(
    'REDIRECT_REFUSED',
    `Expected a redirect within ${base.origin}, got ${JSON.stringify(location.slice(0, 100))}; name other origins in allowOrigins`,
  )
}

/** Security: a path that begins with two slashes would be read as a host; `/.` before it changes nothing else. */
function withoutHost({ pathname, search, hash }: URL): string {
  return `${pathname.startsWith('//') ? '/.' : ''}${pathname}${search}${hash}`
}
