import {
  checkKeys,
  checkPem,
  flag,
  isRecord,
  port,
  show,
  text,
  throwProblems,
  wholeNumber,
} from '../process/index.ts'
import type { HandlerOptions, ResolvedHandler, ResolvedServe, ServeOptions } from './options.ts'

type Environment = Readonly<Record<string, unknown>>

const handlerKeys = ['port', 'hostname', 'idleMs', 'maxBodyBytes', 'maxMessageBytes', 'log', 'stores']
const ownKeys = ['path', 'mode', 'tls', 'http2', 'http3', 'graceMs', 'drainDelayMs', 'signals']
const defaultBytes = 16 * 1024 * 1024

/** Checks the options of `handler` all at once: `OPTIONS_INVALID` lists every mistake with its key. */
export function resolveHandlerOptions(options: HandlerOptions, env: Environment): ResolvedHandler {
  const problems: string[] = []
  checkKeys('', options, handlerKeys, problems)
  const resolved = resolveShared(options, env, problems)
  throwProblems(problems)
  return resolved
}

/** Checks the options of `serve` all at once: `OPTIONS_INVALID` lists every mistake with its key. */
export function resolveServeOptions(options: ServeOptions, env: Environment): ResolvedServe {
  const problems: string[] = []
  checkKeys('', options, [...handlerKeys, ...ownKeys], problems)
  const { path, mode, tls } = options
  if (path !== undefined) {
    text('path', path, 'the path of a socket', problems)
    if (options.port !== undefined || options.hostname !== undefined)
      problems.push('path: expected either a path or a port and hostname, got both')
  } else if (mode !== undefined) problems.push('mode: expected only together with path')
  if (tls !== undefined) checkTls(tls, problems)
  const resolved: ResolvedServe = {
    ...resolveShared(path === undefined ? options : { ...options, port: 0 }, env, problems),
    path: path ?? null,
    mode: mode === undefined ? null : wholeNumber('mode', mode, [0, 0o777], problems),
    tls: tls ?? null,
    http2: needsTls('http2', options, problems),
    http3: needsTls('http3', options, problems),
    graceMs: wholeNumber('graceMs', options.graceMs ?? 10_000, [0, 3_600_000], problems),
    drainDelayMs: wholeNumber('drainDelayMs', options.drainDelayMs ?? 0, [0, 3_600_000], problems),
    signals: flag('signals', options.signals ?? true, problems),
  }
  throwProblems(problems)
  return resolved
}

function resolveShared(options: HandlerOptions, env: Environment, problems: string[]): ResolvedHandler {
  const { hostname = '127.0.0.1', idleMs = 65_000, log, stores } = options
  if (log !== undefined && typeof log !== 'function')
    problems.push(`log: expected a function, got ${show(log)}`)
  if (stores !== undefined && !isRecord(stores))
    problems.push(`stores: expected an object, got ${show(stores)}`)
  const { maxBodyBytes = defaultBytes, maxMessageBytes = defaultBytes } = options
  return {
    port: port(options.port, env['PORT'], problems),
    hostname: text('hostname', hostname, 'an address or a name of this machine', problems),
    idleSeconds: Math.ceil(wholeNumber('idleMs', idleMs, [0, 255_000], problems) / 1000),
    maxBodyBytes: wholeNumber('maxBodyBytes', maxBodyBytes, [1, Number.MAX_SAFE_INTEGER], problems),
    maxMessageBytes: wholeNumber('maxMessageBytes', maxMessageBytes, [1, 2 ** 31 - 1], problems),
  }
}

function needsTls(key: 'http2' | 'http3', options: ServeOptions, problems: string[]): boolean {
  const wanted = flag(key, options[key] ?? false, problems)
  if (wanted && options.tls === undefined) problems.push(`${key}: expected only together with tls`)
  return wanted
}

function checkTls(tls: unknown, problems: string[]): void {
  if (!isRecord(tls)) {
    problems.push(`tls: expected an object with cert and key, got ${show(tls)}`)
    return
  }
  checkKeys('tls.', tls, ['cert', 'key', 'passphrase'], problems)
  checkPem('tls.cert', tls['cert'], problems)
  checkPem('tls.key', tls['key'], problems)
  const { passphrase } = tls
  if (passphrase !== undefined && typeof passphrase !== 'string')
    problems.push(`tls.passphrase: expected text, got ${typeof passphrase}`)
}
