import type { Socket } from 'node:net'
import type { Platform, PlatformSocket, SocketListener, SocketOptions } from '../../src/platform/index.ts'
import type { FrameReader, FrameSink } from '../../src/realtime/frames/index.ts'
import { createFrameReader, opcode, toClosePayload } from '../../src/realtime/frames/index.ts'
import { decodeText } from './websocket-text.ts'
import type { FrameWriter } from './websocket-writer.ts'
import { createFrameWriter } from './websocket-writer.ts'

/** The WebSockets of one listener. */
export interface Sockets {
  /**
   * Speaks WebSocket on a connection whose handshake was answered. `head` came with the handshake. `onClosed` is called
   * when the connection is closed.
   */
  open(connection: Socket, head: Uint8Array, options: SocketOptions, onClosed: () => void): void
  /** Begins to close all with 1001 (RFC 6455 §7.4.1). */
  closeAll(): void
}

/**
 * Over so much that the client has not taken, in bytes, nothing more of it is read: TCP then slows it down, and its
 * pings and messages make no answers that would have to be kept.
 */
const pauseBytes = 256 * 1024
/** How long the peer may take for what was sent before the end, and for its half of it, in milliseconds. */
const closeMs = 5000
/** How long a connection that has said all still takes what comes, in milliseconds, so that the peer reads the end. */
const lingerMs = 1000

const nothing = new Uint8Array(0)

/** Makes the WebSockets of one listener. */
export function createSockets(platform: Pick<Platform, 'log'>): Sockets {
  const sockets = new Set<NodeSocket>()
  const createWriter = createFrameWriter()
  return {
    open(connection, head, options, onClosed): void {
      const socket: NodeSocket = new NodeSocket(connection, createWriter(connection), {
        options,
        onClosed(): void {
          sockets.delete(socket)
          onClosed()
        },
        onFailure(error): void {
          const message = 'The listener of a WebSocket failed'
          platform.log({ kind: 'websocket.failed', level: 'error', message, error })
        },
      })
      sockets.add(socket)
      socket.begin(head)
    },
    closeAll(): void {
      for (const socket of sockets) socket.close(1001, 'The server goes away')
    },
  }
}

/** What a socket is made for. */
interface Owner {
  readonly options: SocketOptions
  onClosed(): void
  onFailure(error: unknown): void
}

/** One connection: the frames of RFC 6455 on the TCP or TLS socket that Node has left us. */
class NodeSocket implements PlatformSocket {
  readonly #connection: Socket
  readonly #writer: FrameWriter
  readonly #owner: Owner
  readonly #reader: FrameReader
  #listener: SocketListener | null = null
  /** `closing`: our Close frame is sent. `ended`: both are, or the connection is failed. */
  #state: 'open' | 'closing' | 'ended' = 'open'
  #timer: NodeJS.Timeout | null = null

  constructor(connection: Socket, writer: FrameWriter, owner: Owner) {
    this.#connection = connection
    this.#writer = writer
    this.#owner = owner
    const { maxMessageBytes } = owner.options
    this.#reader = createFrameReader(this.#sink(), { maxMessageBytes, decode: decodeText })
  }

  /** Opens the socket and begins to read. */
  begin(head: Uint8Array): void {
    const connection = this.#connection
    this.#writer.onDrain = () => this.#onDrain()
    connection
      .on('close', () => this.#onGone())
      .on('error', ignore)
      .on('end', () => void connection.end())
      .on('timeout', () => this.#onTimeout())
    try {
      this.#listener = this.#owner.options.open(this)
    } catch (error) {
      this.#failListener(error)
    }
    if (connection.destroyed) return this.#onGone()
    if (head.length > 0) this.#onData(head)
    connection.on('data', (chunk: Buffer) => this.#onData(chunk))
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#state !== 'open') return
    if (typeof message === 'string') this.#writer.text(message)
    else this.#writer.frame(opcode.binary, message)
  }

  ping(): boolean {
    if (this.#state === 'open') this.#writer.frame(opcode.ping, nothing)
    return true
  }

  close(code: number, reason: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#writer.frame(opcode.close, toClosePayload(code, reason))
    this.#cutAfter(closeMs)
  }

  terminate(): void {
    this.#connection.destroy()
  }

  #sink(): FrameSink {
    return {
      message: (message) => {
        // What comes after our Close frame is no longer wanted.
        if (this.#state === 'open') this.#listener?.message(message)
      },
      ping: (payload) => {
        if (this.#state === 'open') this.#writer.frame(opcode.pong, payload)
      },
      pong: () => this.#listener?.pong(),
      close: (code, reason) => {
        // RFC 6455 §5.5.1: the answer says the same code.
        if (this.#state === 'open') this.#writer.frame(opcode.close, toClosePayload(code, ''))
        this.#end(code, reason)
      },
      fail: (code, reason) => {
        if (this.#state === 'open') this.#writer.frame(opcode.close, toClosePayload(code, reason))
        this.#end(code, reason)
      },
    }
  }

  #onData(chunk: Uint8Array): void {
    this.#writer.cork(() => {
      try {
        this.#reader.push(chunk)
      } catch (error) {
        this.#failListener(error)
      }
    })
    if (this.#connection.writableLength > pauseBytes) this.#connection.pause()
  }

  #onDrain(): void {
    if (this.#connection.isPaused()) this.#connection.resume()
    if (this.#state !== 'open') return
    try {
      this.#listener?.drain()
    } catch (error) {
      this.#failListener(error)
    }
  }

  /** Time is measured only where something was not taken. */
  #onTimeout(): void {
    if (this.#connection.writableLength > 0) this.terminate()
    else this.#connection.setTimeout(0)
  }

  #onGone(): void {
    this.#reader.stop()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#tell(1006, '')
    this.#owner.onClosed()
  }

  /** All is said. RFC 6455 §7.1.1: the server closes the connection first. */
  #end(code: number, reason: string): void {
    this.#tell(code, reason)
    this.#writer.flush()
    this.#cutAfter(closeMs)
    this.#connection.end(() => this.#cutAfter(lingerMs))
  }

  #tell(code: number, reason: string): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    const listener = this.#listener
    this.#listener = null
    try {
      listener?.close(code, reason)
    } catch (error) {
      this.#owner.onFailure(error)
    }
  }

  #failListener(error: unknown): void {
    this.#owner.onFailure(error)
    this.close(1011, '')
  }

  #cutAfter(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#connection.destroyed) return
    this.#timer = setTimeout(() => this.terminate(), ms).unref()
  }
}

function ignore(): void {
  // A close follows.
}
