import type { CoreContext } from '../context/contract.ts'
import type { CookieAttributes, CookieJar } from '../http/index.ts'
import { createCookieJar } from '../http/index.ts'
import type { ResolvedCookie } from './options.ts'

/** The cookie of the session in one request. */
export interface SessionCookie {
  /** What the client sent, or null. */
  readonly sent: string | null
  /** Sends a token. `maxAgeMs` is how long the session lives from now. */
  set(token: string, maxAgeMs: number): void
  /** Takes the cookie back. */
  delete(): void
}

/** Finds the cookie of a request, in the jar of the service `cookies` or, where there is none, in one of its own. */
export function sessionCookieOf(ctx: CoreContext, options: ResolvedCookie): SessionCookie {
  const { sameSite, path, domain, persistent } = options
  const secure = isSecure(ctx.url) || sameSite === 'none'
  const isHostOnly = path === '/' && domain === undefined
  // Security: with `__Host-` no sibling domain and no plain HTTP can plant a cookie in front of ours, so only the name
  // that this request would set is ever read.
  const prefix = secure ? (isHostOnly ? '__Host-' : '__Secure-') : ''
  const name = `${prefix}${options.name}`
  const attributes: CookieAttributes = {
    path,
    sameSite,
    secure,
    httpOnly: true,
    ...(domain === undefined ? {} : { domain }),
  }
  const jar = jarOf(ctx, secure)
  return {
    sent: jar.get(name),
    set(token, maxAgeMs): void {
      const age = persistent ? { maxAgeSeconds: Math.max(0, Math.ceil(maxAgeMs / 1000)) } : {}
      jar.set(name, token, { ...attributes, ...age })
    },
    delete: () => jar.delete(name, attributes),
  }
}

/** Browsers keep Secure cookies of plain HTTP only for the machine they run on, and not all do. */
function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
}

function jarOf(ctx: CoreContext, secure: boolean): CookieJar {
  const found: unknown = 'cookies' in ctx ? ctx.cookies : null
  if (isCookieJar(found)) return found
  const jar = createCookieJar({
    header: ctx.headers.get('cookie'),
    keys: null,
    secure,
    onChange() {
      ctx.beforeSend(() => {
        for (const value of jar.changes()) ctx.header('set-cookie', value, { append: true })
      })
    },
  })
  return jar
}

function isCookieJar(value: unknown): value is CookieJar {
  return typeof value === 'object' && value !== null && 'getSealed' in value && 'delete' in value
}
