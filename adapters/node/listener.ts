import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { RockstarError } from '../../src/errors/index.ts'
import type { Activity, BoundAddress, Listener, ServableApp } from '../../src/server/index.ts'
import type { HandlerOptions } from './handler.ts'
import type { Http1Server } from './http1-server.ts'
import { createHttp1Server } from './http1-server.ts'
import { createHttp2Server } from './http2-server.ts'
import type { ResolvedListen, ServerLimits } from './options.ts'
import type { NodePlatform } from './platform.ts'
import { sniff } from './sniff.ts'
import type { Tally } from './tally.ts'
import { createTally } from './tally.ts'
import type { TlsContexts } from './tls.ts'
import { prepareSocketPath, setSocketMode } from '../process/index.ts'

/** What a listener is made of. */
export interface NodeListenerOptions {
  readonly app: ServableApp
  readonly platform: NodePlatform
  readonly listen: ResolvedListen
  readonly limits: ServerLimits
  /** Null for a listener without TLS. */
  readonly tls: TlsContexts | null
  /** Does another process, which shares the address, make way for a Unix socket? */
  readonly isShared: boolean
}

/** A listener whose certificates can be replaced while it listens. */
export interface NodeListener extends Listener {
  /** New handshakes get these; connections that are open keep what they have. */
  replaceTls(tls: TlsContexts): void
}

/** What clients can make happen so often that it is counted instead of told. */
interface ListenerTallies {
  readonly refused: Tally
  readonly stalled: Tally
  readonly dropped: Tally
}

/** Makes a listener for one address. Nothing is opened yet. */
export function createNodeListener(options: NodeListenerOptions): NodeListener {
  const { listen, limits } = options
  const activity: Activity = { active: 0, total: 0, draining: false, onEnd: null }
  const handler: HandlerOptions = {
    app: options.app,
    platform: options.platform,
    activity,
    maxHeaderFields: limits.headerFields,
    isUnixSocket: listen.path !== null,
  }
  const tallies = createTallies(options)
  const http1 = createHttp1Server(handler, limits, tallies)
  const http2 = listen.http2 ? createHttp2Server(handler, limits, tallies) : null
  const make = (front: NetServer, replaceTls?: (tls: TlsContexts) => void): NodeListener =>
    new SocketListener(options, activity, tallies, { front, http1, http2 }, replaceTls)
  if (listen.tls === null && http2 === null) return make(http1.server)
  const route = (socket: Socket, isHttp2: boolean): void =>
    void (isHttp2 && http2 !== null ? http2 : http1.server).emit('connection', socket)
  if (options.tls === null) {
    const { createServer } = process.getBuiltinModule('node:net')
    const front = createServer({ noDelay: true }, (socket) =>
      sniff(socket, limits.headerMs, (isHttp2) => route(socket, isHttp2)),
    )
    return make(front)
  }
  const { createServer } = process.getBuiltinModule('node:tls')
  let contexts = options.tls
  const front = createServer(
    {
      ...contexts.defaults,
      noDelay: true,
      ALPNProtocols: listen.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      handshakeTimeout: limits.handshakeMs,
      SNICallback: (servername, callback) => callback(null, contexts.find(servername) ?? undefined),
    },
    (socket: TLSSocket) => route(socket, socket.alpnProtocol === 'h2'),
  )
  front.on('tlsClientError', (error: Error & { readonly code?: string }, socket) => {
    // One that only connects and goes, as many health checks do, is none.
    if (error.code !== 'ECONNRESET') tallies.refused.add(`TLS ${error.code ?? 'unknown'}`)
    socket.destroy()
  })
  return make(front, (next) => {
    front.setSecureContext(next.defaults)
    contexts = next
  })
}

function createTallies({ platform, limits }: NodeListenerOptions): ListenerTallies {
  return {
    refused: createTally(platform, (count, reason) => ({
      kind: 'server.requests-refused',
      level: 'info',
      message: `${count} refused that were no valid request, the last for ${reason}`,
    })),
    stalled: createTally(platform, (count, reason) => ({
      kind: 'server.requests-stalled',
      level: 'info',
      message: `${count} cut that stood still for ${limits.stallMs} ms, the last for ${reason}`,
    })),
    dropped: createTally(platform, (count) => ({
      kind: 'server.connections-refused',
      level: 'warn',
      message: `${count} connections refused over the limit of ${limits.connections}`,
    })),
  }
}

/** What stands behind one address: `front` takes the connections, the others take requests from them. */
interface Servers {
  readonly front: NetServer
  readonly http1: Http1Server
  readonly http2: Http2Server | null
}

/** One bound address. */
class SocketListener implements NodeListener {
  readonly activity: Activity
  readonly #options: NodeListenerOptions
  readonly #tallies: ListenerTallies
  readonly #servers: Servers
  readonly #replaceTls: (tls: TlsContexts) => void
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #closed = Promise.withResolvers<void>()
  #isOpen = false

  constructor(
    options: NodeListenerOptions,
    activity: Activity,
    tallies: ListenerTallies,
    servers: Servers,
    replaceTls: (tls: TlsContexts) => void = () => undefined,
  ) {
    this.#options = options
    this.activity = activity
    this.#tallies = tallies
    this.#servers = servers
    this.#replaceTls = replaceTls
    const { front, http2 } = servers
    front.maxConnections = options.limits.connections
    front.on('drop', () => tallies.dropped.add('too many connections'))
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
    const { listen, isShared } = this.#options
    const { front, http1 } = this.#servers
    const { port, hostname, path, mode } = listen
    if (path !== null && !isShared) await prepareSocketPath(path)
    await new Promise<void>((resolve, reject) => {
      front.once('error', (error) => reject(listenError(listen, error)))
      const onListening = (): void => resolve()
      if (path === null) front.listen({ port, host: hostname }, onListening)
      else front.listen({ path }, onListening)
    })
    this.#isOpen = true
    front.removeAllListeners('error').on('error', () => undefined)
    front.once('close', () => this.#closed.resolve())
    // Node checks the times of connections from this event on, and the inner server never listens itself.
    if (http1.server !== front) http1.server.emit('listening')
    if (path !== null && mode !== null) await setSocketMode(path, mode)
    return this.#address()
  }

  stopAccepting(): void {
    if (!this.#isOpen) return
    const { front, http1 } = this.#servers
    front.close()
    if (http1.server !== front) http1.server.close()
    http1.server.closeIdleConnections()
    this.#options.platform.startDraining()
    http1.sockets.closeAll()
    for (const session of this.#sessions) session.close()
  }

  destroy(): void {
    const { front, http1 } = this.#servers
    if (front.listening) this.stopAccepting()
    http1.stalls.stop()
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
    for (const tally of Object.values(this.#tallies)) tally.flush()
  }

  closed(): Promise<void> {
    return this.#isOpen ? this.#closed.promise : Promise.resolve()
  }

  #address(): BoundAddress {
    const { listen } = this.#options
    const secure = listen.tls !== null
    const protocols = listen.http2 ? [secure ? 'h2' : 'h2c', 'http/1.1'] : ['http/1.1']
    const bound = this.#servers.front.address()
    if (typeof bound !== 'object' || bound === null) {
      return { url: `unix:${listen.path ?? ''}`, hostname: listen.path ?? '', port: 0, protocols }
    }
    const { hostname } = listen
    const { port } = bound
    return {
      url: `${secure ? 'https' : 'http'}://${addressOf({ ...listen, port })}`,
      hostname,
      port,
      protocols,
    }
  }
}

function addressOf({ path, hostname, port }: ResolvedListen): string {
  return path ?? `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}

function listenError(listen: ResolvedListen, error: Error): RockstarError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process listens there; stop it or choose another port',
    EACCES: 'this user may not; choose a port from 1024 on',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'nobody knows this name; use an address of this machine',
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new RockstarError(
    'LISTEN_FAILED',
    `Expected to listen on ${addressOf(listen)}: ${reasons[code] ?? error.message.slice(0, 200)}`,
    { cause: error },
  )
}
