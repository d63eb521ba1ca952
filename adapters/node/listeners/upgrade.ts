import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from '../../../src/errors/index.ts'
import { assertHeaderValue } from '../../../src/http/index.ts'
import type { SocketOptions } from '../../../src/platform/index.ts'
import type { HandlerOptions } from '../handler.ts'
import type { Captured } from '../response.ts'
import { createNodeResponse } from '../response.ts'
import type { Sockets } from '../websocket.ts'
import { toRawFields } from './raw-fields.ts'

/** RFC 6455 §1.3 */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A handshake under way: Node has taken its hands off the connection. */
export interface Handshake {
  /** Accepts it; the response that comes of it is to be given to `complete`. Throws what the client is told. */
  accept(options: SocketOptions): Response
  /** Answers 101 if that is the answer to what was accepted, and opens the socket. Else false. */
  complete(answer: Captured, onClosed: () => void): boolean
}

/**
 * Is this the handshake of a WebSocket, as far as the fields say that there must be (RFC 6455 §4.1)? Anything else that
 * asks for an upgrade is a request like any other.
 */
export function isWebSocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers['sec-websocket-key'] !== undefined &&
    /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i.test(headers.upgrade ?? '')
  )
}

/**
 * Is an earlier request of this connection still being answered (pipelining)? Node tells it only by this field of its
 * own. Security: a second response on the same connection would throw where nobody catches it.
 */
export function isAnswering(socket: object): boolean {
  return (Reflect.get(socket, '_httpMessage') ?? null) !== null
}

/** Makes the handshake of what Node's `upgrade` event gave. */
export function createHandshake(
  message: IncomingMessage,
  head: Uint8Array,
  response: ServerResponse,
  { activity, sockets }: { readonly activity: HandlerOptions['activity']; readonly sockets: Sockets },
): Handshake {
  const { socket } = message
  let accepted: SocketOptions | null = null
  return {
    accept(options): Response {
      const key = message.headers['sec-websocket-key'] ?? ''
      const hasBody = message.headers['content-length'] ?? message.headers['transfer-encoding']
      if (accepted !== null || message.httpVersionMinor === 0 || hasBody !== undefined) refuseHandshake()
      if (activity.draining) {
        throw new HttpError(503, 'SERVER_STOPPING', 'The server goes away; connect again', {
          headers: { 'retry-after': '1' },
          expose: true,
        })
      }
      accepted = options
      const { hash } = process.getBuiltinModule('node:crypto')
      const fields = ['sec-websocket-accept', hash('sha1', key + acceptSuffix, 'base64')]
      if (options.protocol !== null) fields.push('sec-websocket-protocol', options.protocol)
      return createNodeResponse(null, 101, [...fields, ...options.headers])
    },
    complete(answer, onClosed): boolean {
      if (accepted === null || answer.status !== 101) return false
      const text = formatHead(answer)
      response.detachSocket(socket)
      if (socket.destroyed) onClosed()
      else {
        socket.write(text, 'latin1')
        sockets.open(socket, head, accepted, onClosed)
      }
      return true
    },
  }
}

/** Makes a response on a connection that Node gave up, which is closed behind it. */
export function createClosingResponse(message: IncomingMessage): ServerResponse {
  const { socket } = message
  const http = process.getBuiltinModule('node:http')
  const response = new http.ServerResponse(message)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => {
    response.detachSocket(socket)
    response.emit('close')
    socket.destroySoon()
  })
  return response
}

/**
 * The bytes of a request that asked for an upgrade which is not ours, without the fields that ask for it, to be read
 * again. Its connection is closed behind it: what listens to a connection would otherwise listen once more with each.
 */
export function withoutUpgrade(message: IncomingMessage, head: Uint8Array): Buffer {
  const { rawHeaders } = message
  let text = `${message.method ?? 'GET'} ${message.url ?? '/'} HTTP/${message.httpVersion}\r\nConnection: close\r\n`
  for (let index = 1; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index - 1] ?? ''
    if (!/^(?:connection|upgrade)$/i.test(name)) text += `${name}: ${rawHeaders[index] ?? ''}\r\n`
  }
  return Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head])
}

function formatHead(answer: Captured): string {
  let text = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n'
  const fields = toRawFields(answer, null)
  for (let index = 1; index < fields.length; index += 2) {
    const name = fields[index - 1] ?? ''
    const value = fields[index] ?? ''
    // Security: a value with CR and LF would be read as a field of its own, or as frames.
    assertHeaderValue(name, value)
    text += `${name}: ${value}\r\n`
  }
  return `${text}\r\n`
}

/** Refuses what is no handshake that can be accepted. */
export function refuseHandshake(): never {
  throw new HttpError(
    400,
    'WEBSOCKET_HANDSHAKE',
    'Expected a WebSocket handshake over HTTP/1.1 without a body, that was not accepted before',
  )
}
