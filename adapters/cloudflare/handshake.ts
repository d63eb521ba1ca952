import { HttpError } from '../../src/errors/index.ts'
import type { HibernatingSocket } from './cloudflare.ts'

/** What a socket needs to have its handler run again after its Durable Object lost its memory. */
interface Handshake {
  readonly version: 1
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
}

/** Fields that say nothing to a handler, so that what is kept stays small. */
const dropped = new Set([
  'accept-encoding',
  'cache-control',
  'cdn-loop',
  'cf-ew-via',
  'cf-ray',
  'cf-visitor',
  'pragma',
  'sec-websocket-extensions',
])

/**
 * Keeps a handshake with its socket: its URL and fields, the cookies and credentials among them, as long as the
 * connection is open. `LIMIT_EXCEEDED` (431) for more than the runtime keeps.
 */
export function keepHandshake(socket: HibernatingSocket, request: Request): void {
  const headers = [...request.headers].filter(([name]) => !dropped.has(name))
  const handshake: Handshake = { version: 1, url: request.url, headers }
  try {
    socket.serializeAttachment(handshake)
  } catch (error) {
    throw new HttpError(
      431,
      'LIMIT_EXCEEDED',
      'Expected a handshake of at most 16 KiB, which is what can be kept with its connection; send shorter fields',
      { cause: error },
    )
  }
}

/** The handshake as it came; null when nothing of the kind is kept with the socket. */
export function recallHandshake(socket: HibernatingSocket): Request | null {
  const kept: unknown = socket.deserializeAttachment()
  if (!isHandshake(kept)) return null
  return new Request(kept.url, { headers: kept.headers.map(([name, value]) => [name, value]) })
}

/** It was written by this version or another one of the program. */
function isHandshake(value: unknown): value is Handshake {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'url' in value &&
    typeof value.url === 'string' &&
    'headers' in value &&
    Array.isArray(value.headers)
  )
}
