import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'

/** A certificate and its key: PEM text, PEM bytes, or the path of a PEM file, which `reloadTls()` reads again. */
export interface Certificate {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
  /** Of the key. */
  readonly passphrase?: string
}

/** How connections are encrypted. */
export interface TlsOptions extends Certificate {
  /**
   * Further certificates by host name, exact or `*.example.com` (one label). Chosen by SNI (RFC 6066 §3); else the one
   * above.
   */
  readonly hosts?: Readonly<Record<string, Certificate>>
  /** Authorities that client certificates must come from: PEM or a path. With it, a client needs one. */
  readonly clientCa?: string | Uint8Array
  /** Default: TLSv1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** Where to listen, when one address is not enough. */
export interface ListenOptions {
  /** 0 to 65,535; 0 lets the system choose. Default: the environment's `PORT`, else 3000. */
  readonly port?: number
  /** An address or a name of this machine. Default: `127.0.0.1`, so that nothing is open to a network unasked. */
  readonly hostname?: string
  /** A Unix socket instead of port and hostname. A socket file that nobody listens on is replaced. */
  readonly path?: string
  /** Permissions of the socket file, 0 to 0o777. Default: what the process's umask leaves. */
  readonly mode?: number
  readonly tls?: TlsOptions
  /** With TLS: HTTP/2 by ALPN, HTTP/1.1 for the others; default true. Without: both on one port; default false. */
  readonly http2?: boolean
}

/**
 * Bounds of what a client may do to a server. Over HTTP/1.1 a client that passes one gets the answer named here and the
 * connection is closed; over HTTP/2 its stream gets it, or is reset where there is no request yet. Against floods of
 * resets, settings, pings and continuations the bounds of Node and nghttp2 hold.
 */
export interface ServerLimits {
  /** Header of a request in bytes, 1,024 to 1,048,576. Default: 16,384. 431. */
  readonly headerBytes: number
  /** Header fields of a request, 8 to 2,000. Default: 100. 431. */
  readonly headerFields: number
  /**
   * From the first byte of a request, or the opening of its connection, to the end of its header, in milliseconds, 50
   * to 3,600,000. Default: 10,000. 408. HTTP/1.1 only.
   */
  readonly headerMs: number
  /**
   * From the first byte of a request to the end of its body, in milliseconds, 50 to 86,400,000. Default: 300,000. 408.
   * HTTP/1.1 only.
   */
  readonly requestMs: number
  /**
   * How long a body or an answer may stand still because of the client, in milliseconds, 50 to 3,600,000. Default:
   * 30,000. 408 for a body that does not come; an answer that is not taken is cut. Found within half of it more.
   */
  readonly stallMs: number
  /**
   * How long a connection may idle between two requests, in milliseconds, 50 to 86,400,000. Default: 65,000, just more
   * than the 60 s of common load balancers, so that it is they who close. Node adds a second.
   */
  readonly idleMs: number
  /** Requests on one connection, 1 to 2^31-1. Default: 10,000; then it is closed in good order. */
  readonly requestsPerConnection: number
  /** Open connections of one address, 1 to 1,000,000. Default: 10,000; further ones are closed at once. */
  readonly connections: number
  /** TLS handshake in milliseconds, 50 to 600,000. Default: 10,000; closed. */
  readonly handshakeMs: number
  /** Requests at once on one HTTP/2 connection, 1 to 10,000. Default: 128; further ones are refused. */
  readonly streams: number
}

/** Options of `serve`. */
export interface ServeOptions extends ListenOptions {
  /** Several addresses instead of the one above, 1 to 64. */
  readonly listen?: readonly ListenOptions[]
  readonly limits?: Partial<ServerLimits>
  /** How long running requests may go on at a stop, in milliseconds, 0 to 3,600,000. Default: 10,000. */
  readonly graceMs?: number
  /**
   * How long new connections are still taken at a stop, in milliseconds, 0 to 3,600,000: time for a load balancer to
   * hear that the server is not ready. Default: 0.
   */
  readonly drainDelayMs?: number
  /** Processes that share the port: a number from 1 to 256, or one per core with `auto`. Default: 1. */
  readonly workers?: number | 'auto'
  /**
   * Drain and exit on SIGTERM and SIGINT; with TLS, reload certificates on SIGHUP; with workers, replace them on
   * SIGUSR2. Default: true.
   */
  readonly signals?: boolean
  /**
   * Let the globals `Request`, `Response` and `fetch` take our requests and responses, and make `new Response()`
   * cheap. Default: true.
   */
  readonly globals?: boolean
  /** Hears every log event. Default: one line each on standard error. */
  readonly log?: DiagnosticListener
  /** Stores instead of those that the environment names. */
  readonly stores?: PlatformStores
}

/** Options of one listener, complete. */
export interface ResolvedListen {
  readonly port: number
  readonly hostname: string
  readonly path: string | null
  readonly mode: number | null
  readonly tls: TlsOptions | null
  readonly http2: boolean
}

/** Options of `serve`, complete and checked. */
export interface ResolvedServe {
  readonly listen: readonly ResolvedListen[]
  readonly limits: ServerLimits
  readonly graceMs: number
  readonly drainDelayMs: number
  readonly workers: number
  readonly signals: boolean
  readonly globals: boolean
}
