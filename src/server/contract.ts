import type { Platform } from '../platform/contract.ts'

/** Where a listener listens. */
export interface BoundAddress {
  /** `http://127.0.0.1:3000`, `https://[::1]:8443`, `unix:/run/app.sock`. */
  readonly url: string
  readonly hostname: string
  /** 0 for a Unix socket. */
  readonly port: number
  /** What is spoken there: `http/1.1`, `h2`, `h2c`. */
  readonly protocols: readonly string[]
}

/**
 * What the request path and the one who stops the server tell each other. One object per listener, plain numbers, so
 * that a request pays two additions for it.
 */
export interface Activity {
  /** Requests that have begun and have not ended. */
  active: number
  /** Requests that ever began. */
  total: number
  /** Set when the server drains: answers say `Connection: close`, new HTTP/2 streams are refused. */
  draining: boolean
  /** Called when a request ends while the server drains. */
  onEnd: (() => void) | null
}

/** One socket that takes requests. It knows nothing of the app's routes. */
export interface Listener {
  readonly activity: Activity
  /** Opens the socket; resolves when it really listens. `LISTEN_FAILED` names the address and the reason. */
  open(): Promise<BoundAddress>
  /** Takes no new connection, closes idle ones, and lets running requests end. */
  stopAccepting(): void
  /** Cuts every connection that is still open. */
  destroy(): void
  /** Resolves when the socket and all its connections are closed; at once if it never opened. */
  closed(): Promise<void>
}

/** How a stop is to go. */
export interface StopOptions {
  /** How long running requests may go on, in milliseconds, 0 to 2,147,483,647. */
  readonly graceMs: number
  /**
   * How long requests are still taken as always before that, in milliseconds, 0 to 2,147,483,647: time for a load
   * balancer to hear of it. Default: 0.
   */
  readonly delayMs?: number
}

/** How a stop went. */
export interface DrainReport {
  /** Requests that ended within the grace time, those included that came on open connections meanwhile. */
  readonly finished: number
  /** Requests that were cut off. */
  readonly cut: number
  /** Milliseconds from the call until everything was closed. */
  readonly tookMs: number
}

/** Where a server is in its life. It never goes back. */
export type ServerState = 'idle' | 'starting' | 'listening' | 'draining' | 'stopped'

/** Several listeners with one life. */
export interface ServerManager {
  readonly state: ServerState
  readonly addresses: readonly BoundAddress[]
  /** Requests that run now, on all listeners. */
  readonly active: number
  /**
   * Opens all listeners at once. If one fails, those that opened are closed, and it rejects with that failure. May be
   * called once; `SERVER_STOPPING` for a second call, and when the server is stopped before it listens.
   */
  start(): Promise<readonly BoundAddress[]>
  /**
   * Calls `callback` once when a stop begins, before anything is closed: the moment for a health check to turn. What
   * it throws is swallowed. Returns a function that takes it off.
   */
  onDraining(callback: () => void): () => void
  /**
   * Tells that it drains, stops accepting, waits for running requests as long as the grace time lasts, cuts what is
   * left, and resolves when everything is closed. Further calls share the first stop.
   */
  stop(options: StopOptions): Promise<DrainReport>
}

/** What the request path needs of an app. */
export interface ServableApp {
  readonly fetch: (request: Request, platform?: unknown) => Response | Promise<Response>
}

/** What a server needs of an app: that it can be started and stopped. */
export interface ManagedApp extends ServableApp {
  start(platform: Platform): Promise<void>
  stop(): Promise<void>
}
