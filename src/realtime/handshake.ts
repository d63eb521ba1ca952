import type { CoreContext } from '../context/contract.ts'
import { HttpError } from '../errors/index.ts'
import { isToken } from '../http/index.ts'
import type { SocketSettings } from './options.ts'

/** What goes on an answer that asks for a handshake of the version that we speak (RFC 9110 §15.5.22, RFC 6455 §4.4). */
const upgradeFields = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' }
/** Most subprotocols that a client may offer. */
const maxOffers = 100

/**
 * Checks a handshake as RFC 6455 §4.2.1 asks for it, and where it comes from. Returns the subprotocol, or null. Throws
 * `WEBSOCKET_HANDSHAKE` (426 or 400) and `WEBSOCKET_ORIGIN` (403).
 */
export function checkHandshake(ctx: CoreContext, settings: SocketSettings): string | null {
  const { headers, method } = ctx
  const connection = headers.get('connection')
  // Some runtimes keep `Connection` to themselves; they look at it before they accept.
  if (
    method !== 'GET' ||
    !hasToken(headers.get('upgrade'), 'websocket') ||
    (connection !== null && !hasToken(connection, 'upgrade'))
  )
    throw refusal(426, 'Expected a WebSocket handshake: GET with Upgrade and Connection')
  if (headers.get('sec-websocket-version')?.trim() !== '13')
    throw refusal(426, 'Expected Sec-WebSocket-Version 13')
  // 16 bytes in base64: the last character has two bits.
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(headers.get('sec-websocket-key')?.trim() ?? ''))
    throw refusal(400, 'Expected a Sec-WebSocket-Key of 16 bytes in base64')
  checkOrigin(ctx, settings.origins)
  return chooseProtocol(headers.get('sec-websocket-protocol'), settings.protocols)
}

/** Security: RFC 6455 §10.2. Without it any page could open the WebSocket with the cookies of its visitor. */
function checkOrigin(ctx: CoreContext, origins: SocketSettings['origins']): void {
  const origin = ctx.headers.get('origin')
  if (origin === null || origins === 'any') return
  if (typeof origins !== 'string' && origins.includes(origin)) return
  if (isSameHost(origin, ctx.url)) return
  throw new HttpError(
    403,
    'WEBSOCKET_ORIGIN',
    'Expected a page of this host or of a listed origin; add its origin to `origins` of the endpoint',
  )
}

/**
 * Is it a page of the same host? One over https counts where the request looks like http: in front of us may be a proxy
 * that ends TLS and that we were not told to trust. Not the other way round, because anybody on the way can change a
 * page over http.
 */
function isSameHost(origin: string, url: URL): boolean {
  const page = URL.parse(origin)
  if (page === null || page.host !== url.host) return false
  return page.protocol === 'https:' || (page.protocol === 'http:' && url.protocol === 'http:')
}

function chooseProtocol(field: string | null, protocols: readonly string[]): string | null {
  if (field === null) return null
  const offers = field.split(',', maxOffers + 1).map((offer) => offer.trim())
  const isList = offers.length <= maxOffers && offers.every(isToken)
  if (!isList || new Set(offers).size !== offers.length)
    throw refusal(400, `Expected up to ${maxOffers} different tokens in Sec-WebSocket-Protocol`)
  return protocols.find((protocol) => offers.includes(protocol)) ?? null
}

function hasToken(field: string | null, token: string): boolean {
  return (
    field !== null &&
    field
      .toLowerCase()
      .split(',')
      .some((item) => item.trim() === token)
  )
}

function refusal(status: 400 | 426, message: string): HttpError {
  return new HttpError(
    status,
    'WEBSOCKET_HANDSHAKE',
    message,
    status === 426 ? { headers: upgradeFields } : {},
  )
}
