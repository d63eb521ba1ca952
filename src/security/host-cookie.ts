import type { CoreContext } from '../context/index.ts'
import type { CookieAttributes } from '../http/index.ts'
import { formatCookie, parseCookies } from '../http/index.ts'

/**
 * Security: with the prefix `__Host-` a browser takes the cookie only from this host, over https, for all paths; a
 * neighbouring subdomain or somebody in a network without https cannot plant it (RFC 6265bis §4.1.3.2). Only on plain
 * http to the own machine there is no such cookie, so a plain one stands in.
 */
function nameOf(ctx: CoreContext, name: string): string {
  return isLocalHttp(ctx) ? name : `__Host-${name}`
}

function isLocalHttp({ url }: CoreContext): boolean {
  return url.protocol === 'http:' && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
}

/** The cookie of the request, or null. */
export function openHostCookie(ctx: CoreContext, name: string): string | null {
  return parseCookies(ctx.headers.get('cookie')).get(nameOf(ctx, name)) ?? null
}

/** Sets the cookie for scripts to never see. */
export function setHostCookie(
  ctx: CoreContext,
  name: string,
  value: string,
  attributes: Pick<CookieAttributes, 'maxAgeSeconds'>,
): void {
  const text = formatCookie(nameOf(ctx, name), value, {
    ...attributes,
    httpOnly: true,
    sameSite: 'lax',
    secure: !isLocalHttp(ctx),
  })
  ctx.header('set-cookie', text, { append: true })
}

/** Can a cookie have this name? */
export function isCookieName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9_-]{1,40}$/.test(name)
}
