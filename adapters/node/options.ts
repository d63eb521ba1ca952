import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
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
  /** Further certificates by host name, exact or `*.example.com` (one label). Chosen by SNI; else the one above. */
  readonly hosts?: Readonly<Record<string, Certificate>>
  /** Authorities that client certificates must come from. With it, a client needs one. */
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
  readonly tls?: TlsOptions
  /** With TLS: HTTP/2 by ALPN, HTTP/1.1 for the others; default true. Without: both on one port; default false. */
  readonly http2?: boolean
}

/** Bounds of what a client may do to a server. A client that passes one gets the status named here. */
export interface ServerLimits {
  /** Header of a request in bytes, 1,024 to 1,048,576. Default: 16,384. 431. */
  readonly headerBytes: number
  /** Header fields of a request, 8 to 2,000. Default: 100. 431. */
  readonly headerFields: number
  /** From the first byte of a request to the end of its header, in milliseconds, 50 to 3,600,000. Default: 10,000. 408. */
  readonly headerMs: number
  /** From the first byte of a request to the end of its body, in milliseconds, 50 to 86,400,000. Default: 300,000. 408. */
  readonly requestMs: number
  /**
   * How long a connection may idle between two requests, in milliseconds, 50 to 86,400,000. Default: 65,000, just more
   * than the 60 s of common load balancers, so that it is they who close.
   */
  readonly idleMs: number
  /** Requests on one connection, 1 to 2^31-1. Default: 10,000; then it is closed in good order. */
  readonly requestsPerConnection: number
  /** Open connections, 1 to 1,000,000. Default: 10,000; further ones are closed at once. */
  readonly connections: number
  /** TLS handshake in milliseconds, 50 to 600,000. Default: 10,000. */
  readonly handshakeMs: number
  /** Requests at once on one HTTP/2 connection, 1 to 10,000. Default: 128. */
  readonly streams: number
}

/** Options of `serve`. */
export interface ServeOptions extends ListenOptions {
  /** Several addresses instead of the one above. */
  readonly listen?: readonly ListenOptions[]
  readonly limits?: Partial<ServerLimits>
  /** How long running requests may go on at a stop, in milliseconds, 0 to 3,600,000. Default: 10,000. */
  readonly graceMs?: number
  /** Processes that share the port: a number from 1 to 256, or one per core with `auto`. Default: 1. */
  readonly workers?: number | 'auto'
  /** Drain and exit on SIGTERM and SIGINT, reload certificates on SIGHUP. Default: true. */
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
  readonly tls: TlsOptions | null
  readonly http2: boolean
}

/** Options of `serve`, complete and checked. */
export interface ResolvedServe {
  readonly listen: readonly ResolvedListen[]
  readonly limits: ServerLimits
  readonly graceMs: number
  readonly workers: number
  readonly signals: boolean
  readonly globals: boolean
}

const ranges: Readonly<Record<keyof ServerLimits, readonly [min: number, max: number, value: number]>> = {
  headerBytes: [1024, 1_048_576, 16_384],
  headerFields: [8, 2000, 100],
  headerMs: [50, 3_600_000, 10_000],
  requestMs: [50, 86_400_000, 300_000],
  idleMs: [50, 86_400_000, 65_000],
  requestsPerConnection: [1, 2_147_483_647, 10_000],
  connections: [1, 1_000_000, 10_000],
  handshakeMs: [50, 600_000, 10_000],
  streams: [1, 10_000, 128],
}
const listenKeys = ['port', 'hostname', 'path', 'tls', 'http2']
const serveKeys = [
  ...listenKeys,
  'listen',
  'limits',
  'graceMs',
  'workers',
  'signals',
  'globals',
  'log',
  'stores',
]
const tlsKeys = ['cert', 'key', 'passphrase', 'hosts', 'clientCa', 'minVersion']

/** Checks the options all at once: `OPTIONS_INVALID` lists every mistake with its key. */
export function resolveServeOptions(
  options: ServeOptions,
  env: NodeJS.ProcessEnv,
  cores: number,
): ResolvedServe {
  const problems: string[] = []
  checkKeys('', options, serveKeys, problems)
  const addresses = options.listen ?? [options]
  if (addresses.length === 0) problems.push('listen: expected at least one address')
  const listen = addresses.map((one, index) =>
    resolveListen(one, options.listen === undefined ? '' : `listen[${index}].`, env, problems),
  )
  const limits = resolveLimits(options.limits ?? {}, problems)
  const graceMs = wholeNumber('graceMs', options.graceMs ?? 10_000, 0, 3_600_000, problems)
  const workers =
    options.workers === 'auto'
      ? Math.min(cores, 256)
      : wholeNumber('workers', options.workers ?? 1, 1, 256, problems)
  if (problems.length > 0) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      `The options of serve are wrong:\n  ${problems.join('\n  ')}`,
      { details: { problems } },
    )
  }
  return {
    listen,
    limits,
    graceMs,
    workers,
    signals: options.signals ?? true,
    globals: options.globals ?? true,
  }
}

function resolveListen(
  options: ListenOptions,
  prefix: string,
  env: NodeJS.ProcessEnv,
  problems: string[],
): ResolvedListen {
  if (prefix !== '') checkKeys(prefix, options, listenKeys, problems)
  const { tls, path } = options
  if (tls !== undefined) checkTls(`${prefix}tls`, tls, problems)
  if (path !== undefined && (typeof path !== 'string' || path === '' || path.includes('\0'))) {
    problems.push(`${prefix}path: expected the path of a socket`)
  }
  const fromEnv = env['PORT'] === undefined || env['PORT'] === '' ? 3000 : Number(env['PORT'])
  return {
    port: wholeNumber(`${prefix}port`, options.port ?? fromEnv, 0, 65_535, problems),
    hostname: options.hostname ?? '127.0.0.1',
    path: path ?? null,
    tls: tls ?? null,
    http2: options.http2 ?? tls !== undefined,
  }
}

function checkTls(key: string, tls: TlsOptions, problems: string[]): void {
  checkKeys(`${key}.`, tls, tlsKeys, problems)
  for (const [name, certificate] of [['', tls] as const, ...Object.entries(tls.hosts ?? {})]) {
    for (const part of ['cert', 'key'] as const) {
      const value: unknown = certificate[part]
      if (typeof value === 'string' || value instanceof Uint8Array) continue
      problems.push(
        `${key}.${name === '' ? '' : `hosts.${name}.`}${part}: expected PEM text, PEM bytes or the path of a PEM file`,
      )
    }
  }
}

function resolveLimits(given: Partial<ServerLimits>, problems: string[]): ServerLimits {
  checkKeys('limits.', given, Object.keys(ranges), problems)
  const resolve = (key: keyof ServerLimits): number => {
    const [min, max, value] = ranges[key]
    return wholeNumber(`limits.${key}`, given[key] ?? value, min, max, problems)
  }
  return {
    headerBytes: resolve('headerBytes'),
    headerFields: resolve('headerFields'),
    headerMs: resolve('headerMs'),
    requestMs: resolve('requestMs'),
    idleMs: resolve('idleMs'),
    requestsPerConnection: resolve('requestsPerConnection'),
    connections: resolve('connections'),
    handshakeMs: resolve('handshakeMs'),
    streams: resolve('streams'),
  }
}

function checkKeys(prefix: string, options: object, known: readonly string[], problems: string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) problems.push(`${prefix}${key}: expected one of ${known.join(', ')}`)
  }
}

function wholeNumber(key: string, value: unknown, min: number, max: number, problems: string[]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  problems.push(`${key}: expected a whole number from ${min} to ${max}, got ${String(value).slice(0, 40)}`)
  return min
}
