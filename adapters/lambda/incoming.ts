import type { HeaderList, Peer } from '../../src/platform/index.ts'
import type { EventRecord, KnownEvent } from './event.ts'
import { isRecord } from './event.ts'
import type { ResolvedOptions } from './options.ts'
import {
  encodeDecodedPath,
  encodeQuery,
  encodeStrayInPath,
  encodeStrayInQuery,
  joinEncodedQuery,
  withoutPrefix,
} from './target.ts'

/** What an event says of its request, alike for all kinds. */
export interface Incoming {
  readonly method: string
  /** In origin form. */
  readonly target: string
  readonly host: string
  readonly encrypted: boolean
  /** Names in lower case. */
  readonly headers: HeaderList
  /** Null for none. */
  readonly body: Uint8Array<ArrayBuffer> | null
  /** Null where the event does not tell. */
  readonly peer: Peer | null
}

const encoder = new TextEncoder()

/**
 * Reads the request of an HTTP event. `TypeError` names the field that is not what AWS says it is: such an event does
 * not come from a gateway.
 */
export function readEvent(known: KnownEvent, options: ResolvedOptions): Incoming {
  const { kind, event, requestContext } = known
  const headers = readHeaders(known)
  const isAlb = kind === 'alb' || kind === 'alb-multi'
  const domain = textOf(requestContext['domainName'])
  const incoming = {
    headers,
    host: fieldOf(headers, 'host') ?? domain ?? 'localhost',
    // Every other source takes HTTPS only. The load balancer sets the field itself, whatever the client sends.
    encrypted: !isAlb || fieldOf(headers, 'x-forwarded-proto') === 'https',
    body: readBody(event),
  }
  if (kind === 'http' || kind === 'url') {
    const http = isRecord(requestContext['http']) ? requestContext['http'] : {}
    const rawPath = expectText(event['rawPath'], 'rawPath')
    const path = kind === 'http' ? decodedPath(rawPath, requestContext, options) : encodeStrayInPath(rawPath)
    const query = encodeStrayInQuery(textOf(event['rawQueryString']) ?? '')
    return {
      ...incoming,
      method: expectText(http['method'], 'requestContext.http.method'),
      target: toTarget(withoutPrefix(path, options.basePath), query),
      peer: toPeer(http['sourceIp'], http['protocol'], true),
    }
  }
  const given = expectText(event['path'], 'path')
  const path = kind === 'http-1' ? decodedPath(given, requestContext, options) : encodeStrayInPath(given)
  const identity = isRecord(requestContext['identity']) ? requestContext['identity'] : {}
  return {
    ...incoming,
    method: expectText(event['httpMethod'], 'httpMethod'),
    target: toTarget(
      withoutPrefix(path, options.basePath),
      isAlb ? joinEncodedQuery(event) : encodeQuery(event),
    ),
    peer: isAlb
      ? toPeer(lastOf(fieldOf(headers, 'x-forwarded-for')), 'HTTP/1.1', incoming.encrypted)
      : toPeer(identity['sourceIp'], requestContext['protocol'], true),
  }
}

/** An HTTP API puts a stage of its own name before the path; the default stage has none. */
function decodedPath(path: string, context: EventRecord, { stagePrefix }: ResolvedOptions): string {
  const stage = textOf(context['stage'])
  const isNamed = stage !== null && stage !== '' && stage !== '$default'
  return encodeDecodedPath(isNamed && stagePrefix === 'strip' ? withoutPrefix(path, `/${stage}`) : path)
}

/** A query of nothing is the same as none. */
function toTarget(path: string, query: string): string {
  const rooted = path.startsWith('/') ? path : `/${path}`
  return query === '' ? rooted : `${rooted}?${query}`
}

/** All fields of an event. */
export function readHeaders({ kind, event }: KnownEvent): HeaderList {
  const list: string[] = []
  const cookies = kind === 'http' || kind === 'url' ? event['cookies'] : undefined
  const hasCookies = Array.isArray(cookies) && cookies.length > 0
  const fields = event['multiValueHeaders'] ?? event['headers']
  if (isRecord(fields)) {
    for (const [given, value] of Object.entries(fields)) {
      const name = given.toLowerCase()
      // A function URL may give them twice.
      if (hasCookies && name === 'cookie') continue
      if (typeof value === 'string') list.push(name, value)
      else if (Array.isArray(value))
        for (const one of value) if (typeof one === 'string') list.push(name, one)
    }
  }
  if (hasCookies) list.push('cookie', cookies.filter((one) => typeof one === 'string').join('; '))
  return list
}

/**
 * The body as bytes. Without the flag of Base64 it is text, and its bytes are those of UTF-8: a gateway that is not
 * told to treat a media type as binary has replaced what is no UTF-8 before the event was made.
 */
function readBody(event: EventRecord): Uint8Array<ArrayBuffer> | null {
  const { body } = event
  if (body === undefined || body === null || body === '') return null
  const text = expectText(body, 'body')
  if (event['isBase64Encoded'] !== true) return encoder.encode(text)
  const bytes = Buffer.from(text, 'base64')
  // Buffer skips what is no Base64.
  if (bytes.length !== Math.floor((text.replace(/=+$/, '').length * 3) / 4))
    throw new TypeError('Expected an event whose body is Base64, as isBase64Encoded says; it is not')
  return new Uint8Array(bytes)
}

/** Has the gateway replaced bytes of a body that is no text? They cannot be had back. */
export function isDamaged({ event }: KnownEvent, headers: HeaderList): boolean {
  const { body } = event
  if (typeof body !== 'string' || event['isBase64Encoded'] === true) return false
  const type = fieldOf(headers, 'content-type')
  if (
    type === null ||
    /^(?:text\/|application\/(?:json|x-www-form-urlencoded|xml))|[+](?:json|xml)/i.test(type)
  )
    return false
  return body.includes('\u{fffd}')
}

/** The other end, or null where it is not told. */
export function toPeer(address: unknown, protocol: unknown, encrypted: boolean): Peer | null {
  // Security: an unknown address must not look like that of a Unix socket, which trust rules take for a proxy of ours.
  if (typeof address !== 'string' || address === '') return null
  return { address, port: 0, encrypted, protocol: textOf(protocol) ?? 'HTTP/1.1' }
}

/** The value that the last hop added. */
function lastOf(list: string | null): string | null {
  return list === null ? null : list.slice(list.lastIndexOf(',') + 1).trim()
}

/** The value of a field; of several the last, which the gateway wrote. */
export function fieldOf(headers: HeaderList, name: string): string | null {
  for (let index = headers.length - 2; index >= 0; index -= 2)
    if (headers[index] === name) return headers[index + 1] ?? ''
  return null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function expectText(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw new TypeError(
    `Expected an event whose ${field} is text, got ${value === null ? 'null' : typeof value}`,
  )
}
