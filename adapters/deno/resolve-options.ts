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
import type { ResolvedServe, ServeOptions } from './options.ts'

const keys = [
  'port',
  'hostname',
  'path',
  'mode',
  'tls',
  'graceMs',
  'drainDelayMs',
  'signals',
  'log',
  'stores',
]

/** Checks the options all at once: `OPTIONS_INVALID` lists every mistake with its key. */
export function resolveServeOptions(
  options: ServeOptions,
  env: Readonly<Record<string, unknown>>,
): ResolvedServe {
  const problems: string[] = []
  checkKeys('', options, keys, problems)
  const { path, mode, tls, log, stores } = options
  if (path !== undefined) {
    text('path', path, 'the path of a socket', problems)
    if (options.port !== undefined || options.hostname !== undefined)
      problems.push('path: expected either a path or a port and hostname, got both')
  } else if (mode !== undefined) problems.push('mode: expected only together with path')
  if (tls !== undefined) checkTls(tls, problems)
  if (log !== undefined && typeof log !== 'function')
    problems.push(`log: expected a function, got ${show(log)}`)
  if (stores !== undefined && !isRecord(stores))
    problems.push(`stores: expected an object, got ${show(stores)}`)
  const resolved: ResolvedServe = {
    port: path === undefined ? port(options.port, env['PORT'], problems) : 0,
    hostname: text(
      'hostname',
      options.hostname ?? '127.0.0.1',
      'an address or a name of this machine',
      problems,
    ),
    path: path ?? null,
    mode: mode === undefined ? null : wholeNumber('mode', mode, [0, 0o777], problems),
    tls: tls ?? null,
    graceMs: wholeNumber('graceMs', options.graceMs ?? 10_000, [0, 3_600_000], problems),
    drainDelayMs: wholeNumber('drainDelayMs', options.drainDelayMs ?? 0, [0, 3_600_000], problems),
    signals: flag('signals', options.signals ?? true, problems),
  }
  throwProblems(problems)
  return resolved
}

function checkTls(tls: unknown, problems: string[]): void {
  if (!isRecord(tls)) {
    problems.push(`tls: expected an object with cert and key, got ${show(tls)}`)
    return
  }
  checkKeys('tls.', tls, ['cert', 'key'], problems)
  checkPem('tls.cert', tls['cert'], problems)
  checkPem('tls.key', tls['key'], problems)
}
