import { RockstarError } from '../../src/errors/index.ts'
import type { PlatformSocket, SocketListener, SocketOptions } from '../../src/platform/index.ts'
import { pairsOf } from '../../src/platform/index.ts'
import type { SocketPair, WorkerSocket } from './cloudflare.ts'
import { workerGlobals } from './cloudflare.ts'
import { createSpecialResponse } from './response.ts'

/**
 * Accepts a handshake in this isolate, where the socket lives as long as the isolate does: other isolates know nothing
 * of it. workerd answers pings itself, cannot send any, and does not tell how much waits to be sent. `terminate` begins
 * a closing handshake, because workerd cannot cut.
 */
export function upgrade(options: SocketOptions): Response {
  const { 0: client, 1: server } = createPair()
  listen(server, options)
  return answerWith(client, options)
}

/** Two sockets that are connected. `WEBSOCKET_UNSUPPORTED` on another runtime. */
export function createPair(): SocketPair {
  const { WebSocketPair } = workerGlobals()
  if (WebSocketPair !== undefined) return new WebSocketPair()
  throw new RockstarError(
    'WEBSOCKET_UNSUPPORTED',
    'Expected workerd, which has WebSocketPair, got another runtime',
  )
}

/** The answer that gives the client its end. */
export function answerWith(client: WorkerSocket, { protocol, headers }: SocketOptions): Response {
  const fields = pairsOf(headers)
  if (protocol !== null) fields.push(['sec-websocket-protocol', protocol])
  return createSpecialResponse({ status: 101, headers: fields, webSocket: client })
}

/** A socket as the contract has it. */
export function toPlatformSocket(server: WorkerSocket): PlatformSocket {
  return {
    bufferedBytes: 0,
    send: (message) => quietly(() => server.send(message)),
    ping: () => false,
    close: (code, reason) => quietly(() => server.close(code, reason)),
    terminate: () => quietly(() => server.close()),
  }
}

/** Is a message longer than the bound? Text counts as UTF-8, and is encoded only where its length leaves a doubt. */
export function isLonger(data: string | ArrayBuffer, maxBytes: number): boolean {
  if (typeof data !== 'string') return data.byteLength > maxBytes
  if (data.length * 3 <= maxBytes) return false
  return data.length > maxBytes || new TextEncoder().encode(data).byteLength > maxBytes
}

/** Answers the peer's closing frame. 1005 and 1006 are never sent (RFC 6455 §7.4.1). */
export function closeBack(server: Pick<WorkerSocket, 'close'>, code: number): void {
  quietly(() => (code === 1005 || code === 1006 ? server.close() : server.close(code)))
}

function listen(server: WorkerSocket, { maxMessageBytes, open }: SocketOptions): void {
  const socket = toPlatformSocket(server)
  let listener: SocketListener | null = null
  let isEnded = false

  function end(code: number, reason: string): void {
    if (isEnded) return
    isEnded = true
    listener?.close(code, reason)
  }

  // By its compatibility date workerd gives a Blob otherwise.
  server.binaryType = 'arraybuffer'
  server.addEventListener('message', ({ data }) => {
    if (isEnded || (typeof data !== 'string' && !(data instanceof ArrayBuffer))) return
    if (isLonger(data, maxMessageBytes)) socket.close(1009, `At most ${maxMessageBytes} bytes`)
    else listener?.message(typeof data === 'string' ? data : new Uint8Array(data))
  })
  server.addEventListener('close', ({ code, reason }) => {
    closeBack(server, code)
    end(code, reason)
  })
  server.addEventListener('error', () => end(1006, ''))
  server.accept()
  // The handler is done with the handshake before it hears of the socket.
  queueMicrotask(() => {
    if (!isEnded) listener = openOrClose(socket, open)
  })
}

/** Opens a handler. What it throws, the runtime logs; the client is told that something is wrong. */
export function openOrClose(socket: PlatformSocket, open: SocketOptions['open']): SocketListener {
  try {
    return open(socket)
  } catch (error) {
    socket.close(1011, 'The handler failed')
    throw error
  }
}

/** workerd throws when a connection is closed already. */
function quietly(run: () => void): void {
  try {
    run()
  } catch {
    // The end has been told, or is about to be.
  }
}
