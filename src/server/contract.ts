/** Where a listener listens. */
export interface BoundAddress {
  /** `http://127.0.0.1:3000`, `https://[::1]:8443`, `unix:/run/app.sock`. */
  readonly url: string
  readonly hostname: string
  /** 0 for a Unix socket. */
  readonly port: number
  /** What is spoken there: `http/1.1`, `h2`, `h2c`, `h3`. */
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
  /** Called after `active` went down while draining. */
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
  /** Resolves when the socket and all its connections are closed. */
  closed(): Promise<void>
}

/** How a stop went. */
export interface DrainReport {
  /** Requests that ended within the grace time. */
  readonly finished: number
  /** Requests that were cut off. */
  readonly cut: number
  /** Milliseconds from the call until everything was closed. */
  readonly tookMs: number
}

/** What a server needs of an app. */
export interface ServableApp {
  readonly fetch: (request: Request, platform?: unknown) => Response | Promise<Response>
}
