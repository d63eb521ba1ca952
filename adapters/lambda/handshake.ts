import type { HeaderList, Peer } from '../../src/platform/index.ts'
import type { KnownEvent } from './event.ts'
import { isRecord } from './event.ts'
import type { Incoming } from './incoming.ts'
import { fieldOf, readHeaders, toPeer } from './incoming.ts'
import { encodeQuery } from './target.ts'

/** What a connection of a WebSocket API began with, as it is kept for as long as the connection lasts. */
export interface Handshake {
  readonly target: string
  readonly host: string
  readonly headers: HeaderList
  readonly peer: Peer | null
}

/** What API Gateway has dealt with itself and may have left out (RFC 6455 §4.1). */
const handshakeFields = [
  ['upgrade', 'websocket'],
  ['connection', 'Upgrade'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
] as const

/** Reads the handshake of a `$connect` event. Other events have neither fields nor query. */
export function readHandshake(known: KnownEvent, path: string): Handshake {
  const { event, requestContext } = known
  const { identity, domainName } = requestContext
  const headers = [...readHeaders(known)]
  for (const [name, value] of handshakeFields) if (fieldOf(headers, name) === null) headers.push(name, value)
  const query = encodeQuery(event)
  return {
    target: query === '' ? path : `${path}?${query}`,
    host: fieldOf(headers, 'host') ?? (typeof domainName === 'string' ? domainName : 'localhost'),
    headers,
    peer: toPeer(isRecord(identity) ? identity['sourceIp'] : null, 'HTTP/1.1', true),
  }
}

/** A kept handshake; null for what is none. */
export function parseHandshake(bytes: Uint8Array): Handshake | null {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (!isRecord(value)) return null
  const { target, host, headers, peer } = value
  if (typeof target !== 'string' || typeof host !== 'string' || !Array.isArray(headers)) return null
  const address = isRecord(peer) ? peer['address'] : null
  return {
    target,
    host,
    headers: headers.filter((one) => typeof one === 'string'),
    peer: toPeer(address, 'HTTP/1.1', true),
  }
}

/** The request that a handshake is. */
export function toIncoming({ target, host, headers, peer }: Handshake): Incoming {
  return { method: 'GET', target, host, encrypted: true, headers, body: null, peer }
}
