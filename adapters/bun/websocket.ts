import { HttpError, RockstarError } from '../../src/errors/index.ts'
import type {
  AmendableResponse,
  PlatformSocket,
  SocketListener,
  SocketOptions,
} from '../../src/platform/index.ts'
import type { BunServer, BunSocket, BunSocketHandler } from './bun.ts'

/** What a socket carries: how it was accepted, and who hears of it while it is open. */
interface SocketData {
  readonly options: SocketOptions
  listener: SocketListener | null
}

type Socket = BunSocket<SocketData>

/** The WebSockets of one server. */
export interface Sockets {
  /** The handler that Bun has for all of them. */
  readonly handler: BunSocketHandler<SocketData>
  /** Accepts a handshake. */
  upgrade(server: BunServer | null, request: Request, options: SocketOptions): Response
  /** Closes all with 1001, as the server goes away (RFC 6455 §7.4.1). */
  closeAll(): void
}

/** Bun drops messages over its bound and says so nobody but the sender. Whoever sends watches `bufferedBytes`. */
const noBackpressureLimit = 2 ** 31 - 1

/** What Bun says when it closed with 1009. */
const tooBig = 'Received too big message'

/**
 * The handshake has been answered by Bun; the app's way needs a response nevertheless, which Bun drops. What is added to
 * it comes too late.
 */
class UpgradedResponse extends Response implements AmendableResponse {
  amend(): void {
    // Nothing can be added any more.
  }
}

/** Makes the WebSockets of one server, whose longest message has `maxMessageBytes`. */
export function createSockets(maxMessageBytes: number): Sockets {
  const open = new Set<Socket>()

  const handler: BunSocketHandler<SocketData> = {
    maxPayloadLength: maxMessageBytes,
    backpressureLimit: noBackpressureLimit,
    open(socket): void {
      open.add(socket)
      socket.binaryType = 'uint8array'
      socket.data.listener = socket.data.options.open(new OwnSocket(socket))
    },
    message(socket, message): void {
      const { listener, options } = socket.data
      if (isLonger(message, options.maxMessageBytes))
        socket.close(1009, `At most ${options.maxMessageBytes} bytes`)
      else listener?.message(message)
    },
    drain(socket): void {
      // Bun calls it for every part that has left.
      if (socket.getBufferedAmount() === 0) socket.data.listener?.drain()
    },
    pong: (socket) => socket.data.listener?.pong(),
    close(socket, code, reason): void {
      open.delete(socket)
      const { listener } = socket.data
      socket.data.listener = null
      if (code === 1006 && reason === tooBig) listener?.close(1009, reason)
      else listener?.close(code, reason)
    },
  }

  return {
    handler,
    upgrade(server, request, options): Response {
      if (options.maxMessageBytes > maxMessageBytes)
        throw new RockstarError(
          'OPTIONS_INVALID',
          `Expected maxMessageBytes of at most ${maxMessageBytes}, got ${options.maxMessageBytes}; raise maxMessageBytes of serve`,
        )
      const data: SocketData = { options, listener: null }
      // Bun opens the socket before it returns.
      if (server?.upgrade(request, { data, headers: toFields(options) }) === true)
        return new UpgradedResponse(null, { status: 101 })
      throw new HttpError(
        400,
        'WEBSOCKET_HANDSHAKE',
        'Expected a WebSocket handshake over HTTP/1.1 that was not accepted before',
      )
    },
    closeAll(): void {
      for (const socket of open) socket.close(1001, 'The server goes away')
    },
  }
}

/** The contract's view of a socket. */
class OwnSocket implements PlatformSocket {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get bufferedBytes(): number {
    return this.#socket.getBufferedAmount()
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState !== 1) return
    // 0 is a message that Bun dropped: what came after it would have a hole before it.
    if (this.#socket.send(message) === 0 && lengthOf(message) > 0) this.#socket.terminate()
  }

  ping(): boolean {
    this.#socket.ping()
    return true
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }
}

function toFields({ headers, protocol }: SocketOptions): [string, string][] {
  const fields: [string, string][] = protocol === null ? [] : [['sec-websocket-protocol', protocol]]
  for (let index = 1; index < headers.length; index += 2)
    fields.push([headers[index - 1] ?? '', headers[index] ?? ''])
  return fields
}

function lengthOf(message: string | Uint8Array): number {
  return typeof message === 'string' ? message.length : message.byteLength
}

/** Is a message longer than the bound? Text counts as UTF-8, and is encoded only where its length leaves a doubt. */
function isLonger(message: string | Uint8Array, maxBytes: number): boolean {
  if (typeof message !== 'string') return message.byteLength > maxBytes
  if (message.length * 3 <= maxBytes) return false
  return message.length > maxBytes || new TextEncoder().encode(message).byteLength > maxBytes
}
