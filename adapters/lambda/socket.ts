import type { PlatformSocket, SocketListener, SocketOptions } from '../../src/platform/index.ts'
import type { BackChannel } from './back-channel.ts'

/** What a socket stands on. */
export interface SocketParts {
  readonly id: string
  readonly channel: BackChannel
  readonly options: SocketOptions
  /** Waits for work before the sandbox is frozen. */
  readonly waitUntil: (work: Promise<unknown>) => void
  /** Called once, when the connection is gone or the app has asked for its end. */
  readonly onEnd: () => void
}

/**
 * One connection of a WebSocket API as this sandbox sees it. What is sent goes out in order, one request at a time; API
 * Gateway pings by itself, and knows no code for a close that the function asks for.
 */
export class LambdaSocket implements PlatformSocket {
  readonly #parts: SocketParts
  readonly #listener: SocketListener
  #tail: Promise<unknown> = Promise.resolve()
  #bufferedBytes = 0
  #isClosing = false
  #isOver = false

  constructor(parts: SocketParts) {
    this.#parts = parts
    this.#listener = parts.options.open(this)
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#isClosing) return
    const { id, channel } = this.#parts
    const size = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength
    this.#bufferedBytes += size
    this.#then(async () => {
      try {
        if (!this.#isOver && !(await channel.send(id, message))) this.ended(1006, '')
      } finally {
        this.#bufferedBytes -= size
      }
      if (this.#bufferedBytes === 0 && !this.#isOver) this.#listener.drain()
    })
  }

  ping(): boolean {
    return false
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#then(async () => {
      if (!this.#isOver) await this.#parts.channel.close(this.#parts.id)
      this.ended(code, reason)
    })
  }

  terminate(): void {
    if (this.#isOver) return
    this.#isClosing = true
    const { id, channel, waitUntil } = this.#parts
    this.ended(1006, '')
    waitUntil(channel.close(id))
  }

  /** A message came. One that is too long closes the connection. */
  receive(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#isClosing) return
    const size = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength
    if (size > this.#parts.options.maxMessageBytes) this.close(1009, 'Message too long')
    else this.#listener.message(message)
  }

  /** The connection is gone. Tells the listener, once. */
  ended(code: number, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#isClosing = true
    this.#parts.onEnd()
    this.#listener.close(code, reason)
  }

  /** A failure of one message is told in the log, and the next one is tried all the same. */
  #then(work: () => Promise<void>): void {
    const next = this.#tail.then(work)
    this.#tail = next.catch(() => undefined)
    this.#parts.waitUntil(next)
  }
}
