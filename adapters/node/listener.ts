import type { Server as HttpServer } from 'node:http'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { RockstarError } from '../../src/errors/index.ts'
import type { Platform } from '../../src/platform/index.ts'
import type { Activity, BoundAddress, Listener, ServableApp } from '../../src/server/index.ts'
import { answerClientError } from './client-error.ts'
import type { HandlerOptions } from './handler.ts'
import { createHttp1Handler } from './listeners/http1.ts'
import { createHttp2Handler } from './listeners/http2.ts'
import type { ResolvedListen, ServerLimits } from './options.ts'
import { sniff } from './sniff.ts'
import type { TlsContexts } from './tls.ts'
import { prepareSocketPath } from './unix-socket.ts'

/** What a listener is made of. */
export interface NodeListenerOptions {
  readonly app: ServableApp
  readonly platform: Platform
  readonly listen: ResolvedListen
  readonly limits: ServerLimits
  /** Null for a listener without TLS. */
  readonly tls: TlsContexts | null
}

/** A listener whose certificates can be replaced while it listens. */
export interface NodeListener extends Listener {
  /** New handshakes get these; connections that are open keep what they have. */
  replaceTls(tls: TlsContexts): void
}

/** Makes a listener for one address. Nothing is opened yet. */
export function createNodeListener(options: NodeListenerOptions): NodeListener {
  const { listen } = options
  const activity: Activity = { active: 0, total: 0, draining: false, onEnd: null }
  const handler: HandlerOptions = {
    app: options.app,
    platform: options.platform,
    activity,
    maxHeaderFields: options.limits.headerFields,
    isUnixSocket: listen.path !== null,
  }
  const http1 = createHttp1Server(handler, options)
  const http2 = listen.http2 ? createHttp2Server(handler, options) : null
  if (listen.tls === null && http2 === null) return new SocketListener(options, activity, http1, http1, null)
  const route = (socket: Socket, isHttp2: boolean): void =>
    void (isHttp2 && http2 !== null ? http2 : http1).emit('connection', socket)
  if (options.tls === null) {
    const { createServer } = process.getBuiltinModule('node:net')
    const front = createServer({ noDelay: true }, (socket) =>
      sniff(socket, options.limits.headerMs, (isHttp2) => route(socket, isHttp2)),
    )
    return new SocketListener(options, activity, front, http1, http2)
  }
  const { createServer } = process.getBuiltinModule('node:tls')
  let contexts = options.tls
  const front = createServer(
    {
      ...contexts.defaults,
      noDelay: true,
      ALPNProtocols: listen.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      handshakeTimeout: options.limits.handshakeMs,
      SNICallback: (servername, callback) => callback(null, contexts.find(servername) ?? undefined),
    },
    (socket: TLSSocket) => route(socket, socket.alpnProtocol === 'h2'),
  )
  // A handshake that fails is the client's business; without a listener nothing else happens.
  front.on('tlsClientError', (_error, socket) => void socket.destroy())
  return new SocketListener(options, activity, front, http1, http2, (next) => {
    front.setSecureContext(next.defaults)
    contexts = next
  })
}

function createHttp1Server(handler: HandlerOptions, { limits }: NodeListenerOptions): HttpServer {
  const { createServer } = process.getBuiltinModule('node:http')
  const handle = createHttp1Handler(handler)
  const server = createServer(
    {
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
    },
    handle,
  )
  server.maxRequestsPerSocket = limits.requestsPerConnection
  // One more than allowed, so that a request over the limit is seen instead of cut silently.
  server.maxHeadersCount = limits.headerFields + 1
  server.on('checkContinue', handle)
  server.on('clientError', answerClientError)
  // RFC 9110 §7.8: Upgrade may be ignored; without a listener Node would destroy the socket.
  server.on('upgrade', (_request, socket) => refuseRaw(socket, '501 Not Implemented'))
  server.on('connect', (_request, socket) => refuseRaw(socket, '501 Not Implemented'))
  return server
}

function createHttp2Server(handler: HandlerOptions, { limits }: NodeListenerOptions): Http2Server {
  const { createServer } = process.getBuiltinModule('node:http2')
  const server = createServer({
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      enablePush: false,
    },
    maxHeaderListPairs: limits.headerFields + 8,
    unknownProtocolTimeout: limits.handshakeMs,
  })
  server.on('stream', createHttp2Handler(handler))
  server.on('session', (session: ServerHttp2Session) => {
    session.setTimeout(limits.idleMs, () => session.close())
    session.on('error', () => session.destroy())
  })
  server.on('sessionError', () => undefined)
  return server
}

function refuseRaw(socket: NodeJS.WritableStream, status: string): void {
  socket.on('error', () => undefined)
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}

/** One bound address. `front` takes the connections; `http1` and `http2` take requests from them. */
class SocketListener implements NodeListener {
  readonly activity: Activity
  readonly #options: NodeListenerOptions
  readonly #front: NetServer
  readonly #http1: HttpServer
  readonly #replaceTls: (tls: TlsContexts) => void
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #closed = Promise.withResolvers<void>()
  #isOpen = false
  #refused = 0
  #refusedAt = 0

  constructor(
    options: NodeListenerOptions,
    activity: Activity,
    front: NetServer,
    http1: HttpServer,
    http2: Http2Server | null,
    replaceTls: (tls: TlsContexts) => void = () => undefined,
  ) {
    this.#options = options
    this.activity = activity
    this.#front = front
    this.#http1 = http1
    this.#replaceTls = replaceTls
    front.maxConnections = options.limits.connections
    front.on('drop', () => this.#countRefused())
    front.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    http2?.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
    })
  }

  replaceTls(tls: TlsContexts): void {
    this.#replaceTls(tls)
  }

  async open(): Promise<BoundAddress> {
    const { port, hostname, path } = this.#options.listen
    if (path !== null) await prepareSocketPath(path)
    await new Promise<void>((resolve, reject) => {
      this.#front.once('error', (error) => reject(listenError(this.#options.listen, error)))
      const onListening = (): void => resolve()
      if (path === null) this.#front.listen({ port, host: hostname }, onListening)
      else this.#front.listen({ path }, onListening)
    })
    this.#isOpen = true
    this.#front.removeAllListeners('error').on('error', () => undefined)
    this.#front.once('close', () => this.#closed.resolve())
    // Node checks the times of connections from this event on, and the inner server never listens itself.
    if (this.#http1 !== this.#front) this.#http1.emit('listening')
    return this.#address()
  }

  stopAccepting(): void {
    if (!this.#isOpen) return
    this.#front.close()
    if (this.#http1 !== this.#front) this.#http1.close()
    this.#http1.closeIdleConnections()
    for (const session of this.#sessions) session.close()
  }

  destroy(): void {
    if (this.#front.listening) this.stopAccepting()
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
  }

  closed(): Promise<void> {
    return this.#isOpen ? this.#closed.promise : Promise.resolve()
  }

  #address(): BoundAddress {
    const { listen } = this.#options
    const secure = listen.tls !== null
    const protocols = listen.http2 ? [secure ? 'h2' : 'h2c', 'http/1.1'] : ['http/1.1']
    const bound = this.#front.address()
    if (typeof bound !== 'object' || bound === null) {
      return { url: `unix:${listen.path ?? ''}`, hostname: listen.path ?? '', port: 0, protocols }
    }
    const host = listen.hostname.includes(':') ? `[${listen.hostname}]` : listen.hostname
    return {
      url: `${secure ? 'https' : 'http'}://${host}:${bound.port}`,
      hostname: listen.hostname,
      port: bound.port,
      protocols,
    }
  }

  /** Told at most once a second: a flood of connections must not become a flood of lines. */
  #countRefused(): void {
    this.#refused++
    const { platform, limits } = this.#options
    const now = platform.clock.monotonic()
    if (now - this.#refusedAt < 1000) return
    platform.log({
      kind: 'server.connections-refused',
      level: 'warn',
      message: `${this.#refused} connections refused over the limit of ${limits.connections}`,
      fields: { refused: this.#refused },
    })
    this.#refused = 0
    this.#refusedAt = now
  }
}

function listenError(listen: ResolvedListen, error: Error): RockstarError {
  const where = listen.path ?? `${listen.hostname}:${listen.port}`
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process listens there; stop it or choose another port',
    EACCES: 'this user may not; choose a port from 1024 on',
    EADDRNOTAVAIL: 'this machine has no such address',
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new RockstarError(
    'LISTEN_FAILED',
    `Expected to listen on ${where}: ${reasons[code] ?? error.message}`,
    { cause: error },
  )
}
