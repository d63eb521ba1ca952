import type { DiagnosticListener } from '../diagnostics/contract.ts'

/** The runtimes that have an adapter; `portable` is a plain `fetch` handler on anything else. */
export type RuntimeName = 'node' | 'workers' | 'deno' | 'bun' | 'lambda' | 'portable' | 'test'

/** What a runtime may or may not be able to do. Asked at start, so that a missing one is never found at a request. */
export type Capability =
  | 'early-hints'
  | 'files'
  | 'peer-address'
  | 'tcp'
  | 'timers'
  | 'wait-until'
  | 'websocket'

/** Time. Tests replace it by one that can be advanced. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds since some fixed moment; never goes back. */
  monotonic(): number
  /** Calls `callback` once after `delayMs`; returns a function that cancels it. Keeps no process alive. */
  schedule(delayMs: number, callback: () => void): () => void
}

/** Randomness of cryptographic quality. */
export interface RandomSource {
  /** `length` random bytes, 1 to 65,536. */
  bytes(length: number): Uint8Array<ArrayBuffer>
  /** A random UUID, version 4 (RFC 9562 §5.4). */
  uuid(): string
}

/** The other end of the connection, before any trust rule. */
export interface Peer {
  /** The IP address as text without port or zone; `''` for a Unix socket. */
  readonly address: string
  /** 0 for a Unix socket. */
  readonly port: number
  /** Is the connection itself encrypted? */
  readonly encrypted: boolean
  /** As in access logs: `HTTP/1.1`, `HTTP/2`, `HTTP/3`. */
  readonly protocol: string
}

/**
 * Header fields as a flat list: name, value, name, value. Names are in lower case; a field that may repeat
 * (`set-cookie`) stands as often as it has values.
 */
export type HeaderList = readonly string[]

/** A body that the runtime can send. A string is sent as UTF-8. */
export type ResponseBody = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | Blob | null

/** Makes the runtime's cheapest `Response`. The result passes for a native one wherever a user hands it on. */
export type ResponseFactory = (body: ResponseBody, status: number, headers: HeaderList) => Response

/**
 * What one runtime offers. An adapter makes it once per server (and derives one per event where the runtime
 * hands out per-event objects). The core knows the runtime only through this.
 */
export interface Platform {
  /** How `app.fetch` tells a Platform from whatever a runtime passes as second argument. */
  readonly brand: 'rockstar.platform'
  readonly runtime: RuntimeName
  /** Environment variables and bindings. */
  readonly env: Readonly<Record<string, unknown>>
  readonly capabilities: ReadonlySet<Capability>
  readonly clock: Clock
  readonly random: RandomSource
  readonly createResponse: ResponseFactory
  /** Where diagnostics go that nobody else writes: one line each. */
  readonly log: DiagnosticListener
  /**
   * Stores that this runtime offers, by role (`sql`, …). Opened on first use; whoever opened one closes it when
   * the app stops. The roles are those of `src/stores/contract.ts`.
   */
  readonly stores: PlatformStores
  /**
   * Reads the whole body of `request`, at most `maxBytes` bytes. Rejects with `BODY_TOO_LARGE` (413) as soon as the
   * bound is passed or `Content-Length` announces it, `BODY_ABORTED` (400) when it ends early, `BODY_USED` when it
   * was read before. Null where the runtime has no faster way than the body's stream, which is then read.
   */
  readonly readBody: ((request: Request, maxBytes: number) => Promise<Uint8Array<ArrayBuffer>>) | null
  /** Work that goes on after the response. The runtime stays alive for it, within its own bound. */
  waitUntil(work: Promise<unknown>): void
  /** The other end of the connection that `request` came on, or null where the runtime does not tell. */
  peer(request: Request): Peer | null
  /**
   * Sends 103 Early Hints (RFC 8297) with these `Link` values. Returns false where it is impossible: the client
   * speaks HTTP/1.0, the answer has begun, or the runtime cannot.
   */
  earlyHints(request: Request, links: readonly string[]): boolean
  /**
   * Accepts the WebSocket handshake that `request` is (RFC 6455 §4.2, RFC 8441 §5), whose fields the caller has
   * checked, and returns the `Response` that a handler must answer with: status 101, or what the runtime wants in its
   * place. It is not to be changed on its way. Null where the runtime has no WebSockets.
   */
  readonly upgradeWebSocket: ((request: Request, options: SocketOptions) => Response) | null
  /**
   * Calls `callback` once when the server takes no new connections any more, while answers still leave: what lasts as
   * long as the client likes ends itself then. At once if that is so already. Returns a function that takes it off.
   * Missing where the runtime tells nobody before it ends.
   */
  readonly onDraining?: (callback: () => void) => () => void
}

/** What a handshake is accepted with. */
export interface SocketOptions {
  /** The subprotocol that was chosen from the client's offers (RFC 6455 §1.9), or null for none. */
  readonly protocol: string | null
  /** Further fields of the answer to the handshake. A runtime that cannot send them leaves them out. */
  readonly headers: HeaderList
  /** Longest message in bytes, 1 to 2^31-1; a longer one closes the connection with 1009. */
  readonly maxMessageBytes: number
  /** Called once, when the connection is open. What it returns hears of everything that follows. */
  readonly open: (socket: PlatformSocket) => SocketListener
}

/** An open WebSocket as the runtime has it. */
export interface PlatformSocket {
  /** Bytes handed to `send` that have not left yet; 0 where the runtime does not tell. */
  readonly bufferedBytes: number
  /** Sends one message: a string as text, bytes as binary. Does nothing once the connection is closing. */
  send(message: string | Uint8Array<ArrayBuffer>): void
  /** Sends a ping (RFC 6455 §5.5.2). Returns false where the runtime does that by itself or cannot. */
  ping(): boolean
  /** Begins the closing handshake: 1000 or 3000 to 4999, and at most 123 bytes of reason. */
  close(code: number, reason: string): void
  /** Cuts the connection. */
  terminate(): void
}

/** Hears of one WebSocket. Calls come in order, none after `close`. */
export interface SocketListener {
  message(message: string | Uint8Array<ArrayBuffer>): void
  /** What was buffered has left. Never called where `bufferedBytes` is not known. */
  drain(): void
  /** A pong came (RFC 6455 §5.5.3). Never called where the runtime keeps them to itself. */
  pong(): void
  /** The end, once: code 1006 when it came without a closing handshake, 1005 when the peer gave no code. */
  close(code: number, reason: string): void
}

/** The four kinds of store, by the contract that they have in `src/stores`. */
export type StoreRole = 'sql' | 'keyValue' | 'objects' | 'pubSub'

/** Which store an adapter chose for a role, and why: printed at start. */
export interface StoreChoice {
  readonly role: StoreRole
  /** The store: `libsql`, `d1`, `redis`, `memory`. */
  readonly store: string
  /** What made it so, without secrets: `DATABASE_URL`, `binding DB`, `default`. */
  readonly source: string
  /** Where it is, without credentials: a path, a host, the name of a binding. */
  readonly location: string
  /** Is its data gone when the process ends? */
  readonly volatile: boolean
}

/** Openers of the stores that a runtime offers. Structural, so that `platform` needs to know no store. */
export interface PlatformStores {
  /** What was chosen, one entry per role that is there. */
  readonly choices: readonly StoreChoice[]
  /** Opens the default SQL database. Resolves to a `SqlDriver`. */
  readonly sql?: () => Promise<unknown>
  /** Opens the default key-value store. Resolves to a `KeyValueStore`. */
  readonly keyValue?: () => Promise<unknown>
  /** Opens the default object store. Resolves to an `ObjectStore`. */
  readonly objects?: () => Promise<unknown>
  /** Opens the default channel between processes. Resolves to a `PubSub`. */
  readonly pubSub?: () => Promise<unknown>
}

/**
 * What an adapter's own `Request` may tell besides the standard: the request target as it came on the wire, so that
 * the path need not be cut out of `url`. A native `Request` has none of these.
 */
export interface WireRequest extends Request {
  /** The target in origin form (`/path?query`) or `*`; absolute form is reduced to it (RFC 9112 §3.2). */
  readonly wireTarget?: string
  /** The `Host` field or `:authority`, as it came. */
  readonly wireHost?: string
}

/**
 * What an adapter's own `Response` may take besides the standard: header fields to be added before it is sent.
 * A native `Response` has none of these.
 */
export interface AmendableResponse extends Response {
  /** Sets each field (appends `set-cookie`, `vary`, `link`, `server-timing`) without building `headers`. */
  amend?(headers: HeaderList): void
}
