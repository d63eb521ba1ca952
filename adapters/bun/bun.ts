/** The other end of a connection, as Bun tells it. */
export interface BunAddress {
  readonly address: string
  readonly port: number
}

/** A server that listens. */
export interface BunServer {
  /** Undefined for a Unix socket. */
  readonly port: number | undefined
  readonly hostname: string | undefined
  /** Requests whose answers have not left yet; open WebSockets do not count. */
  readonly pendingRequests: number
  requestIP(request: Request): BunAddress | null
  upgrade(
    request: Request,
    options: { readonly data: unknown; readonly headers: [string, string][] },
  ): boolean
  /** Since Bun 1.3. */
  closeIdleConnections?(): void
  /** Takes no new connection. Resolves when all have ended; with `true` they are cut. */
  stop(cut?: boolean): Promise<void>
}

/** Bun's side of an accepted WebSocket. */
export interface BunSocket<Data> {
  readonly data: Data
  readonly readyState: number
  binaryType: string
  /** -1: sent, but something is left in the buffer; 0: dropped. */
  send(message: string | Uint8Array<ArrayBuffer>): number
  ping(): number
  close(code?: number, reason?: string): void
  terminate(): void
  getBufferedAmount(): number
}

/** The one handler of all WebSockets of a server. */
export interface BunSocketHandler<Data> {
  readonly maxPayloadLength: number
  readonly backpressureLimit: number
  open(socket: BunSocket<Data>): void
  message(socket: BunSocket<Data>, message: string | Uint8Array<ArrayBuffer>): void
  drain(socket: BunSocket<Data>): void
  pong(socket: BunSocket<Data>): void
  close(socket: BunSocket<Data>, code: number, reason: string): void
}

/** What `Bun.serve` takes of our own options. */
export interface BunServeOptions {
  readonly port?: number
  readonly hostname?: string
  readonly unix?: string
  readonly tls?: { readonly cert: string; readonly key: string; readonly passphrase?: string }
  readonly http2?: boolean
  readonly http3?: boolean
  /** Seconds, 0 to 255. */
  readonly idleTimeout: number
  readonly maxRequestBodySize: number
  /** Would show the stack of an error to the client. */
  readonly development: false
  fetch(request: Request, server: BunServer): Response | Promise<Response>
  error(error: unknown): Response
  readonly websocket: BunSocketHandler<never>
}

/** The part of Bun's global that the adapter uses. */
export interface BunApi {
  readonly env: Readonly<Record<string, string | undefined>>
  serve(options: BunServeOptions): BunServer
}

/** Bun itself. `TypeError` on another runtime. */
export function requireBun(): BunApi {
  const api: unknown = Reflect.get(globalThis, 'Bun')
  if (typeof api === 'object' && api !== null && 'serve' in api)
    // It has `serve`, so that it is Bun, and `env` is as old.
    return api as BunApi
  throw new TypeError(
    'Expected to run on Bun, its global is not there; use the adapter of this runtime, such as rockstar-web/node',
  )
}
