import { RockstarError } from '../../src/errors/index.ts'
import type {
  ListenOptions,
  ResolvedListen,
  ResolvedServe,
  ServeOptions,
  ServerLimits,
  TlsOptions,
} from './options.ts'

const ranges: Readonly<Record<keyof ServerLimits, readonly [min: number, max: number, value: number]>> = {
  headerBytes: [1024, 1_048_576, 16_384],
  headerFields: [8, 2000, 100],
  headerMs: [50, 3_600_000, 10_000],
  requestMs: [50, 86_400_000, 300_000],
  stallMs: [50, 3_600_000, 30_000],
  idleMs: [50, 86_400_000, 65_000],
  requestsPerConnection: [1, 2_147_483_647, 10_000],
  connections: [1, 1_000_000, 10_000],
  handshakeMs: [50, 600_000, 10_000],
  streams: [1, 10_000, 128],
}
const listenKeys = ['port', 'hostname', 'path', 'mode', 'tls', 'http2']
const ownKeys = [
  'listen',
  'limits',
  'graceMs',
  'drainDelayMs',
  'workers',
  'signals',
  'globals',
  'log',
  'stores',
]
const certificateKeys = ['cert', 'key', 'passphrase']
const tlsKeys = [...certificateKeys, 'hosts', 'clientCa', 'minVersion']
const maxAddresses = 64
const maxWorkers = 256
/** So much of a wrong value is shown. */
const maxShown = 40

/** Checks the options all at once: `OPTIONS_INVALID` lists every mistake with its key. */
export function resolveServeOptions(
  options: ServeOptions,
  env: NodeJS.ProcessEnv,
  cores: number,
): ResolvedServe {
  const problems: string[] = []
  checkKeys('', options, [...listenKeys, ...ownKeys], problems)
  const resolved: ResolvedServe = {
    listen: resolveAddresses(options, env, problems),
    limits: resolveLimits(options.limits ?? {}, problems),
    graceMs: wholeNumber('graceMs', options.graceMs ?? 10_000, 0, 3_600_000, problems),
    drainDelayMs: wholeNumber('drainDelayMs', options.drainDelayMs ?? 0, 0, 3_600_000, problems),
    workers:
      options.workers === 'auto'
        ? Math.min(cores, maxWorkers)
        : wholeNumber('workers', options.workers ?? 1, 1, maxWorkers, problems, "'auto' or "),
    signals: flag('signals', options.signals ?? true, problems),
    globals: flag('globals', options.globals ?? true, problems),
  }
  if (options.log !== undefined && typeof options.log !== 'function') {
    problems.push(`log: expected a function, got ${show(options.log)}`)
  }
  if (problems.length > 0) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      `The options of serve are wrong:\n  ${problems.join('\n  ')}`,
      { details: { problems } },
    )
  }
  return resolved
}

function resolveAddresses(
  options: ServeOptions,
  env: NodeJS.ProcessEnv,
  problems: string[],
): readonly ResolvedListen[] {
  const { listen } = options
  if (listen === undefined) return [resolveListen(options, '', env, problems)]
  const ignored = listenKeys.filter((key) => Reflect.get(options, key) !== undefined)
  if (ignored.length > 0) problems.push(`${ignored.join(', ')}: expected inside of listen, got both`)
  if (!Array.isArray(listen) || listen.length === 0 || listen.length > maxAddresses) {
    problems.push(`listen: expected 1 to ${maxAddresses} addresses, got ${show(listen)}`)
    return []
  }
  return listen.map((one: unknown, index) => {
    const prefix = `listen[${index}].`
    if (isRecord(one)) checkKeys(prefix, one, listenKeys, problems)
    else problems.push(`listen[${index}]: expected an object, got ${show(one)}`)
    return resolveListen(isRecord(one) ? one : {}, prefix, env, problems)
  })
}

function resolveListen(
  options: ListenOptions,
  prefix: string,
  env: NodeJS.ProcessEnv,
  problems: string[],
): ResolvedListen {
  const { tls, path, hostname = '127.0.0.1', mode } = options
  if (tls !== undefined) checkTls(`${prefix}tls`, tls, problems)
  if (typeof hostname !== 'string' || hostname === '') {
    problems.push(`${prefix}hostname: expected an address or a name of this machine, got ${show(hostname)}`)
  }
  if (path === undefined) {
    if (mode !== undefined) problems.push(`${prefix}mode: expected only together with path`)
  } else if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    problems.push(`${prefix}path: expected the path of a socket, got ${show(path)}`)
  } else if (options.port !== undefined || options.hostname !== undefined) {
    problems.push(`${prefix}path: expected either a path or a port and hostname, got both`)
  }
  return {
    port: path === undefined ? resolvePort(`${prefix}port`, options.port, env['PORT'], problems) : 0,
    hostname,
    path: path ?? null,
    mode: mode === undefined ? null : wholeNumber(`${prefix}mode`, mode, 0, 0o777, problems),
    tls: tls ?? null,
    http2: flag(`${prefix}http2`, options.http2 ?? tls !== undefined, problems),
  }
}

function resolvePort(
  key: string,
  given: number | undefined,
  fromEnv: string | undefined,
  problems: string[],
): number {
  if (given !== undefined || fromEnv === undefined || fromEnv === '') {
    return wholeNumber(key, given ?? 3000, 0, 65_535, problems)
  }
  const port = /^\d{1,5}$/.test(fromEnv) ? Number(fromEnv) : Number.NaN
  if (port <= 65_535) return port
  problems.push(
    `${key}: expected a whole number from 0 to 65535 in the environment's PORT, got ${show(fromEnv)}`,
  )
  return 0
}

function checkTls(key: string, tls: TlsOptions, problems: string[]): void {
  if (!isRecord(tls)) {
    problems.push(`${key}: expected an object with cert and key, got ${show(tls)}`)
    return
  }
  checkKeys(`${key}.`, tls, tlsKeys, problems)
  checkCertificate(key, tls, problems)
  const { clientCa, minVersion } = tls
  if (clientCa !== undefined) checkPem(`${key}.clientCa`, clientCa, problems)
  if (minVersion !== undefined && minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3') {
    problems.push(`${key}.minVersion: expected TLSv1.2 or TLSv1.3, got ${show(minVersion)}`)
  }
  const hosts: unknown = tls.hosts ?? {}
  if (!isRecord(hosts)) {
    problems.push(`${key}.hosts: expected certificates by host name, got ${show(hosts)}`)
    return
  }
  for (const [name, certificate] of Object.entries(hosts)) {
    const path = `${key}.hosts.${name.slice(0, maxShown)}`
    // A wildcard stands for one whole label, and only for the first.
    if (!/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/.test(name)) {
      problems.push(`${path}: expected a host name like example.com or *.example.com`)
    }
    if (isRecord(certificate)) {
      checkKeys(`${path}.`, certificate, certificateKeys, problems)
      checkCertificate(path, certificate, problems)
    } else {
      problems.push(`${path}: expected an object with cert and key, got ${show(certificate)}`)
    }
  }
}

function checkCertificate(
  key: string,
  certificate: Readonly<Record<string, unknown>>,
  problems: string[],
): void {
  checkPem(`${key}.cert`, certificate['cert'], problems)
  checkPem(`${key}.key`, certificate['key'], problems)
  const { passphrase } = certificate
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    problems.push(`${key}.passphrase: expected text, got ${typeof passphrase}`)
  }
}

/** Security: what was given is not shown, for it may be a key. */
function checkPem(key: string, value: unknown, problems: string[]): void {
  if ((typeof value === 'string' && value !== '') || value instanceof Uint8Array) return
  const got = value === '' ? 'nothing' : typeof value
  problems.push(`${key}: expected PEM text, PEM bytes or the path of a PEM file, got ${got}`)
}

function resolveLimits(given: Partial<ServerLimits>, problems: string[]): ServerLimits {
  if (isRecord(given)) checkKeys('limits.', given, Object.keys(ranges), problems)
  else problems.push(`limits: expected an object, got ${show(given)}`)
  const resolve = (key: keyof ServerLimits): number => {
    const [min, max, value] = ranges[key]
    return wholeNumber(`limits.${key}`, given?.[key] ?? value, min, max, problems)
  }
  return {
    headerBytes: resolve('headerBytes'),
    headerFields: resolve('headerFields'),
    headerMs: resolve('headerMs'),
    requestMs: resolve('requestMs'),
    stallMs: resolve('stallMs'),
    idleMs: resolve('idleMs'),
    requestsPerConnection: resolve('requestsPerConnection'),
    connections: resolve('connections'),
    handshakeMs: resolve('handshakeMs'),
    streams: resolve('streams'),
  }
}

function checkKeys(prefix: string, options: object, known: readonly string[], problems: string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      problems.push(`${prefix}${key.slice(0, maxShown)}: expected one of ${known.join(', ')}`)
    }
  }
}

function wholeNumber(
  key: string,
  value: unknown,
  min: number,
  max: number,
  problems: string[],
  or = '',
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  problems.push(`${key}: expected ${or}a whole number from ${min} to ${max}, got ${show(value)}`)
  return min
}

function flag(key: string, value: unknown, problems: string[]): boolean {
  if (typeof value === 'boolean') return value
  problems.push(`${key}: expected true or false, got ${show(value)}`)
  return false
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, maxShown)
}
