import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createClientErrorHandler, refuseRaw } from './client-error.ts'
import type { HandlerOptions } from './handler.ts'
import { createHttp1Handler, createUpgradeHandler } from './listeners/http1.ts'
import { isAnswering, isWebSocketUpgrade, withoutUpgrade } from './listeners/upgrade.ts'
import type { ServerLimits } from './options.ts'
import type { StallWatch } from './stall.ts'
import { createStallWatch } from './stall.ts'
import type { Tally } from './tally.ts'
import type { Sockets } from './websocket.ts'
import { createSockets } from './websocket.ts'

/** A server of HTTP/1.1 that need not listen itself, and what watches its connections. */
export interface Http1Server {
  readonly server: HttpServer
  readonly stalls: StallWatch
  /** The WebSockets that its connections became. */
  readonly sockets: Sockets
}

/** What the servers of both protocols count, and tell in few lines. */
export interface Tallies {
  /** What never became a request. */
  readonly refused: Tally
  /** Clients that stopped in the middle. */
  readonly stalled: Tally
}

/** Makes the server with all its limits. */
export function createHttp1Server(
  handler: HandlerOptions,
  limits: ServerLimits,
  { refused, stalled }: Tallies,
): Http1Server {
  const { createServer } = process.getBuiltinModule('node:http')
  const handle = createHttp1Handler(handler)
  const server = createServer({
    // Requests without a body need no stream: a third of the memory, and less work.
    optimizeEmptyRequests: true,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: Math.min(limits.headerMs, limits.requestMs),
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.max(20, Math.min(1000, Math.floor(limits.headerMs / 4))),
    noDelay: true,
    // The handler checks Host itself: RFC 9112 §3.2 wants 400 for two of them too.
    requireHostHeader: false,
    // RFC 9110 §7.8: Upgrade may be ignored, and is, but for WebSocket. Some clients ask for h2c with every first request.
    shouldUpgradeCallback: (message) => isWebSocketUpgrade(message) && !isAnswering(message.socket),
  })
  const onClientError = createClientErrorHandler(refused)
  const stalls = createStallWatch(server, { stallMs: limits.stallMs, stalled, refuse: onClientError })
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    if (message.method !== 'GET' && message.method !== 'HEAD') stalls.expectBody(message)
    handle(message, response)
  }
  server.maxRequestsPerSocket = limits.requestsPerConnection
  // One more than allowed, so that a request over the limit is seen instead of cut silently.
  server.maxHeadersCount = limits.headerFields + 1
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('connection', stalls.watch)
  server.on('clientError', onClientError)
  const sockets = createSockets(handler.platform)
  const upgrade = createUpgradeHandler(handler, sockets)
  server.on('upgrade', (message: IncomingMessage, socket: Socket, head: Uint8Array) => {
    // Node has taken its own listener off.
    socket.on('error', () => undefined)
    if (isAnswering(socket)) return void socket.destroy()
    if (isWebSocketUpgrade(message)) return upgrade(message, head)
    // Node before 22.21 and 24.9 does not ask whether to upgrade.
    socket.unshift(withoutUpgrade(message, head))
    server.emit('connection', socket)
  })
  server.on('connect', (_request, socket) => refuseRaw(socket, '501 Not Implemented'))
  return { server, stalls, sockets }
}
