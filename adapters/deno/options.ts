import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'

/** A certificate and its key: PEM text, PEM bytes, or the path of a PEM file (`--allow-read` for it). */
export interface Certificate {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
}

/** Options of `serve`. */
export interface ServeOptions {
  /** 0 to 65,535; 0 lets the system choose. Default: the environment's `PORT` if that may be read, else 3000. */
  readonly port?: number
  /** An address or a name of this machine. Default: `127.0.0.1`, so that nothing is open to a network unasked. */
  readonly hostname?: string
  /**
   * A Unix socket instead of port and hostname; needs `--allow-net=unix:` with its absolute path, `--allow-read` and
   * `--allow-write` for it. A socket file that nobody listens on is replaced.
   */
  readonly path?: string
  /** Permissions of the socket file, 0 to 0o777. Default: what the process's umask leaves. */
  readonly mode?: number
  /** Encrypts connections; HTTP/2 by ALPN. Deno cannot exchange the certificate of a server that listens. */
  readonly tls?: Certificate
  /** How long running requests may go on at a stop, in milliseconds, 0 to 3,600,000. Default: 10,000. */
  readonly graceMs?: number
  /**
   * How long new connections are still taken at a stop, in milliseconds, 0 to 3,600,000: time for a load balancer to
   * hear that the server is not ready. Default: 0.
   */
  readonly drainDelayMs?: number
  /** Drain and exit on SIGTERM and SIGINT. Default: true. */
  readonly signals?: boolean
  /** Hears every log event. Default: one line each on standard error. */
  readonly log?: DiagnosticListener
  /** Stores instead of those that the environment names. */
  readonly stores?: PlatformStores
}

/** Options of `serve`, complete and checked. */
export interface ResolvedServe {
  readonly port: number
  readonly hostname: string
  readonly path: string | null
  readonly mode: number | null
  readonly tls: Certificate | null
  readonly graceMs: number
  readonly drainDelayMs: number
  readonly signals: boolean
}
