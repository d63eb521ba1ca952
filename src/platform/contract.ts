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
   * was read before.
   */
  readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>>
  /** Work that goes on after the response. The runtime stays alive for it, within its own bound. */
  waitUntil(work: Promise<unknown>): void
  /** The other end of the connection that `request` came on, or null where the runtime does not tell. */
  peer(request: Request): Peer | null
  /**
   * Sends 103 Early Hints (RFC 8297) with these `Link` values. Returns false where it is impossible: the client
   * speaks HTTP/1.0, the answer has begun, or the runtime cannot.
   */
  earlyHints(request: Request, links: readonly string[]): boolean
}

/** Openers of the stores that a runtime offers. Structural, so that `platform` needs to know no store. */
export interface PlatformStores {
  /** Opens the default SQL database. Resolves to a `SqlDriver`. */
  readonly sql?: () => Promise<unknown>
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
