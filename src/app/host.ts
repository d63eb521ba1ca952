import type { CoreContext } from '../context/index.ts'
import type { WireRequest } from '../platform/index.ts'

/** The host that the request says of itself. */
export function requestHost(ctx: CoreContext): string {
  const wire: WireRequest = ctx.request
  return wire.wireHost ?? ctx.request.headers.get('host') ?? ctx.url.host
}

/** A host as routes are chosen by it: in lower case, without port and trailing dot. */
export function toHostName(host: string): string {
  const name = host.toLowerCase().replace(/:\d*$/, '')
  return name.endsWith('.') ? name.slice(0, -1) : name
}
