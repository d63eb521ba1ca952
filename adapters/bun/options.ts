import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'

/** A certificate and its key: PEM text, PEM bytes, or the path of a PEM file. */
export interface Certificate {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
  /** Of the key. */
  readonly passphrase?: string
}

/** Bounds of what a client may do to a server of Bun's. Those on headers and slow requests are Bun's own. */
export interface BunLimits {
  /**
   * How long a connection may stand still both ways, in milliseconds, 0 to 255,000, in whole seconds; 0 for ever. It
   * goes on while a handler works and while a stream is silent, so that it belongs over the longest of these. Default:
   * 65,000.
   */
  readonly idleMs?: number
  /**
   * Longest body of a request in bytes, 1 to 2^53-1. Bun answers a longer one with a bare 413 before the app hears of
   * it, so that it belongs over the largest `limits.bodyBytes` of the app, which answers with problem details. Default:
   * 16 MiB.
   */
  readonly maxBodyBytes?: number
  /** Longest message of a WebSocket in bytes, 1 to 2^31-1; none may ask for more. Default: 16 MiB. */
  readonly maxMessageBytes?: number
}

/** Options of `handler`, as far as they are Bun's. */
export interface HandlerOptions extends BunLimits {
  /** 0 to 65,535; 0 lets the system choose. Default: the environment's `PORT`, else 3000. */
  readonly port?: number
  /** An address or a name of this machine. Default: `127.0.0.1`, so that nothing is open to a network unasked. */
  readonly hostname?: string
  /** Hears every log event. Default: one line each on standard error. */
  readonly log?: DiagnosticListener
  /** Stores instead of those that the environment names. */
  readonly stores?: PlatformStores
}

/** Options of `serve`. */
export interface ServeOptions extends HandlerOptions {
  /** A Unix socket instead of port and hostname. A socket file that nobody listens on is replaced. */
  readonly path?: string
  /** Permissions of the socket file, 0 to 0o777. Default: what the process's umask leaves. */
  readonly mode?: number
  /** Encrypts connections. Bun cannot exchange the certificate of a server that listens. */
  readonly tls?: Certificate
  /** HTTP/2 by ALPN, besides HTTP/1.1. Needs `tls`. Experimental in Bun. Default: false. */
  readonly http2?: boolean
  /** HTTP/3 on the same port over UDP, announced by `Alt-Svc`. Needs `tls`. Experimental in Bun. Default: false. */
  readonly http3?: boolean
  /** How long running requests may go on at a stop, in milliseconds, 0 to 3,600,000. Default: 10,000. */
  readonly graceMs?: number
  /**
   * How long new connections are still taken at a stop, in milliseconds, 0 to 3,600,000: time for a load balancer to
   * hear that the server is not ready. Default: 0.
   */
  readonly drainDelayMs?: number
  /** Drain and exit on SIGTERM and SIGINT. Default: true. */
  readonly signals?: boolean
}

/** Options of `handler`, complete and checked. */
export interface ResolvedHandler {
  readonly port: number
  readonly hostname: string
  /** In seconds, as Bun wants it. */
  readonly idleSeconds: number
  readonly maxBodyBytes: number
  readonly maxMessageBytes: number
}

/** Options of `serve`, complete and checked. */
export interface ResolvedServe extends ResolvedHandler {
  readonly path: string | null
  readonly mode: number | null
  readonly tls: Certificate | null
  readonly http2: boolean
  readonly http3: boolean
  readonly graceMs: number
  readonly drainDelayMs: number
  readonly signals: boolean
}
