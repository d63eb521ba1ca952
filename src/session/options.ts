import type { CoreContext } from '../context/contract.ts'
import { RockstarError } from '../errors/index.ts'
import { formatCookie } from '../http/index.ts'
import type { SessionCookieOptions, SessionOptions } from './contract.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
/** What browsers keep a cookie for at most (RFC 6265bis §5.5). */
const longestMs = 400 * dayMs

/** Options, complete and checked. */
export interface ResolvedOptions {
  readonly concurrency: 'merge' | 'last-write-wins'
  readonly namespace: (ctx: CoreContext) => string | Promise<string>
  readonly idleMs: number
  readonly absoluteMs: number
  readonly refreshMs: number
  readonly maxBytes: number
  readonly maxSessionsPerUser: number
  readonly prefix: string
  readonly timeoutMs: number
  readonly cookie: ResolvedCookie
}

/** Attributes of the cookie, complete. */
export interface ResolvedCookie {
  readonly name: string
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly path: string
  readonly domain: string | undefined
  readonly persistent: boolean
}

/** Checks the options. `OPTIONS_INVALID` with all that is wrong in `details.problems`. */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  const problems: string[] = []
  function whole(name: keyof SessionOptions, fallback: number, least: number, most: number): number {
    const value = options[name] ?? fallback
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    problems.push(`${name}: expected a whole number from ${least} to ${most}, got ${shown(value)}`)
    return fallback
  }
  const idleMs = whole('idleMs', dayMs, minuteMs, longestMs)
  const absoluteMs = whole('absoluteMs', Math.max(30 * dayMs, idleMs), idleMs, longestMs)
  const refreshParts = whole('refreshParts', 10, 1, 1000)
  const { prefix = 'session:', concurrency = 'merge', namespace = noNamespace } = options
  if (!/^[\x21-\x7e]{1,64}$/.test(prefix)) problems.push('prefix: expected 1 to 64 visible ASCII characters')
  if (concurrency !== 'merge' && concurrency !== 'last-write-wins') {
    problems.push(`concurrency: expected merge or last-write-wins, got ${shown(concurrency)}`)
  }
  const resolved: ResolvedOptions = {
    concurrency,
    namespace,
    prefix,
    idleMs,
    absoluteMs,
    refreshMs: Math.ceil(idleMs / refreshParts),
    maxBytes: whole('maxBytes', 16_384, 512, 1_048_576),
    maxSessionsPerUser: whole('maxSessionsPerUser', 50, 1, 64),
    timeoutMs: whole('timeoutMs', 5000, 1, minuteMs),
    cookie: resolveCookie(options.cookie ?? {}, problems),
  }
  if (problems.length === 0) return Object.freeze(resolved)
  throw new RockstarError('OPTIONS_INVALID', `Wrong options of the sessions: ${problems.join('; ')}`, {
    details: { problems },
  })
}

function resolveCookie(options: SessionCookieOptions, problems: string[]): ResolvedCookie {
  const { name = 'session', sameSite = 'lax', path = '/', domain, persistent = false } = options
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name) || name.startsWith('__')) {
    problems.push('cookie.name: expected 1 to 64 letters, digits, _ or -, not beginning with __')
  }
  if (sameSite !== 'lax' && sameSite !== 'strict' && sameSite !== 'none') {
    problems.push(`cookie.sameSite: expected strict, lax or none, got ${shown(sameSite)}`)
  }
  try {
    formatCookie('session', '', { path, ...(domain === undefined ? {} : { domain }) })
  } catch (error) {
    problems.push(`cookie: ${error instanceof Error ? error.message : 'expected a path and a domain'}`)
  }
  return { name, sameSite, path, domain, persistent }
}

function noNamespace(): string {
  return ''
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40)
}
