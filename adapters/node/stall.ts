import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { ClientError } from './client-error.ts'
import type { Tally } from './tally.ts'

/** Watches connections of HTTP/1.1 for clients that neither send nor take what they should. */
export interface StallWatch {
  /** Looks after this connection until it closes. */
  watch(socket: Socket): void
  /** Looks after the body of this request too. Without it a body is bound by the time of the whole request alone. */
  expectBody(message: IncomingMessage): void
  /** Ends the watch. */
  stop(): void
}

/** What a watch needs to know. */
export interface StallOptions {
  readonly stallMs: number
  readonly stalled: Tally
  /** Answers 408 where that is possible, and closes. */
  refuse(error: ClientError, socket: Socket): void
}

/**
 * Security: without it, a client that stops reading or sending in the middle holds a request for as long as it likes.
 *
 * A timer per connection that starts with each request would cost every request; so every now and then all connections
 * are looked at, and only where something is under way Node's own timer is set, which knows of the bytes that the
 * system has taken.
 */
export function createStallWatch(server: HttpServer, options: StallOptions): StallWatch {
  const sockets = new Set<Socket>()
  const bodies = new WeakMap<Socket, IncomingMessage>()
  // The half tells it from the time that Node sets for idle connections.
  const armedMs = options.stallMs + 0.5
  let timer: NodeJS.Timeout | null = null

  function sweep(): void {
    for (const socket of sockets) {
      const isUnderWay = socket.writableLength > 0 || awaitedBody(socket) !== null
      if (isUnderWay && socket.timeout !== armedMs) socket.setTimeout(armedMs)
    }
  }

  function awaitedBody(socket: Socket): IncomingMessage | null {
    const message = bodies.get(socket)
    return message === undefined || message.complete || message.destroyed ? null : message
  }

  server.on('timeout', (socket: Socket) => {
    // An idle connection. Node leaves it to whoever listens.
    if (socket.timeout !== armedMs) return void socket.destroy()
    if (socket.writableLength > 0) {
      options.stalled.add('answer not taken')
      return void socket.destroy()
    }
    // Bytes that nobody has read yet: it is the handler who is slow.
    if (awaitedBody(socket)?.readableLength === 0) {
      return options.refuse(Object.assign(new Error('The body stalled'), { code: timeoutCode }), socket)
    }
    socket.setTimeout(0)
  })

  return {
    watch(socket: Socket): void {
      timer ??= setInterval(sweep, Math.ceil(options.stallMs / 2)).unref()
      sockets.add(socket)
      socket.once('close', () => void sockets.delete(socket))
    },
    expectBody: (message: IncomingMessage) => void bodies.set(message.socket, message),
    stop(): void {
      if (timer !== null) clearInterval(timer)
    },
  }
}

/** What Node calls a request that takes too long. */
const timeoutCode = 'ERR_HTTP_REQUEST_TIMEOUT'

/** Streams of HTTP/2 that were answered sooner than this, in milliseconds, need no timer. */
const settleMs = 20

/**
 * Makes the same for streams of HTTP/2: a function that looks after one. A stream that stalls is answered 408 or reset,
 * and its connection goes on.
 *
 * Most streams are gone after a moment. A timer for each would cost all of them, so only those get one that are still
 * there.
 */
export function createStreamStallWatch(stallMs: number, stalled: Tally): (stream: ServerHttp2Stream) => void {
  let fresh: ServerHttp2Stream[] = []

  function arm(): void {
    const streams = fresh
    fresh = []
    for (const stream of streams) {
      if (stream.destroyed) continue
      stream.setTimeout(stallMs)
      stream.on('timeout', onTimeout)
    }
  }

  function onTimeout(this: ServerHttp2Stream): void {
    if (this.writableLength > 0) {
      stalled.add('answer not taken')
      this.destroy(new Error('The client does not take the answer'))
    } else if (!this.endAfterHeaders && !this.readableEnded && this.readableLength === 0) {
      stalled.add('body not sent')
      if (this.headersSent) return void this.destroy(new Error('The client does not send the body'))
      this.respond({ ':status': 408, 'content-length': '0' }, { endStream: true })
      this.close()
    }
  }

  return (stream) => {
    if (fresh.push(stream) === 1) setTimeout(arm, settleMs).unref()
  }
}
