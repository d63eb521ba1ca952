/** Bindings, variables and secrets of a Worker, by name. */
export type Bindings = Readonly<Record<string, unknown>>

/** What is used of the context of an event. */
export interface EventContextLike {
  waitUntil(work: Promise<unknown>): void
}

/** What is used of a binding to static assets or to another Worker. */
export interface FetcherLike {
  fetch(request: Request): Promise<Response>
}

/** What is used of a Hyperdrive binding. */
export interface HyperdriveLike {
  readonly connectionString: string
}

/** What is used of a rate-limit binding. */
export interface RateLimitLike {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** What is used of a namespace of Durable Objects. */
export interface DurableObjectNamespaceLike {
  idFromName(name: string): unknown
  get(id: unknown): FetcherLike
}

/** What Cloudflare tells of the connection that a request came on (`request.cf`). */
export interface ConnectionFacts {
  /** `HTTP/1.1`, `HTTP/2`, `HTTP/3`. */
  readonly httpProtocol?: unknown
}

/** A server's end of a WebSocket as workerd has it. */
export interface WorkerSocket {
  binaryType?: string
  accept(): void
  send(message: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void
  addEventListener(type: 'error', listener: () => void): void
}

/** A socket that outlives the memory of its Durable Object. */
export interface HibernatingSocket extends WorkerSocket {
  /** Keeps a value with the connection, at most 16 KiB serialised; throws for more. */
  serializeAttachment(value: unknown): void
  deserializeAttachment(): unknown
}

/** What is used of the state of a Durable Object. */
export interface DurableObjectStateLike extends EventContextLike {
  acceptWebSocket(socket: WorkerSocket, tags?: string[]): void
  getWebSockets(tag?: string): HibernatingSocket[]
  setWebSocketAutoResponse(pair?: unknown): void
}

/** A pair of sockets: `0` goes to the client with the answer, `1` stays. */
export interface SocketPair {
  readonly 0: WorkerSocket
  readonly 1: WorkerSocket
}

/** What workerd has besides the standards. */
export interface WorkerGlobals {
  readonly WebSocketPair?: new () => SocketPair
  readonly WebSocketRequestResponsePair?: new (request: string, response: string) => unknown
  readonly FixedLengthStream?: new (bytes: number) => TransformStream<Uint8Array, Uint8Array>
}

/** What workerd's `Response` takes besides the standard. */
export interface WorkerResponseInit extends ResponseInit {
  readonly webSocket?: WorkerSocket
  /** `manual`: the body is in its `Content-Encoding` already. */
  readonly encodeBody?: 'automatic' | 'manual'
}

/** The globals of workerd; on another runtime none of them is there. */
export function workerGlobals(): WorkerGlobals {
  // All members are optional, so that any object has the type.
  return globalThis as WorkerGlobals
}
