import { describe, expect, test } from 'vitest'
import type { ServeOptions } from '../../../../adapters/node/index.ts'
import { resolveServeOptions } from '../../../../adapters/node/resolve-options.ts'

const resolve = (options: ServeOptions, env: NodeJS.ProcessEnv = {}) => resolveServeOptions(options, env, 4)

/** The problems of options that no type checker has seen. */
function problemsOf(options: unknown, env: NodeJS.ProcessEnv = {}): string[] {
  try {
    resolve(options as ServeOptions, env)
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems
  }
  return []
}

describe('resolveServeOptions()', () => {
  test('has a default for everything', () => {
    expect(resolve({})).toEqual({
      listen: [{ port: 3000, hostname: '127.0.0.1', path: null, mode: null, tls: null, http2: false }],
      limits: {
        headerBytes: 16_384,
        headerFields: 100,
        headerMs: 10_000,
        requestMs: 300_000,
        stallMs: 30_000,
        idleMs: 65_000,
        requestsPerConnection: 10_000,
        connections: 10_000,
        handshakeMs: 10_000,
        streams: 128,
      },
      graceMs: 10_000,
      drainDelayMs: 0,
      workers: 1,
      signals: true,
      globals: true,
    })
  })

  test('takes the port of the environment unless one is given', () => {
    expect(resolve({}, { PORT: '8080' }).listen[0]?.port).toBe(8080)
    expect(resolve({}, { PORT: '' }).listen[0]?.port).toBe(3000)
    expect(resolve({ port: 0 }, { PORT: '8080' }).listen[0]?.port).toBe(0)
    expect(resolve({ path: '/tmp/x' }, { PORT: 'nonsense' }).listen[0]?.path).toBe('/tmp/x')
  })

  test('turns HTTP/2 on with TLS', () => {
    const tls = { cert: 'cert.pem', key: 'key.pem' }
    expect(
      resolve({ listen: [{ tls }, { tls, http2: false }, { http2: true }] }).listen.map(({ http2 }) => http2),
    ).toEqual([true, false, true])
  })

  test('takes one worker per core with auto', () => {
    expect(resolve({ workers: 'auto' }).workers).toBe(4)
  })

  const wrong: [name: string, options: unknown, problem: RegExp][] = [
    ['a key that nobody knows', { colour: 1 }, /^colour: expected one of port, /],
    [
      'a limit that nobody knows',
      { limits: { colour: 1 } },
      /^limits\.colour: expected one of headerBytes, /,
    ],
    ['a port as text', { port: '80' }, /^port: expected a whole number from 0 to 65535, got 80$/],
    ['half a millisecond', { graceMs: 0.5 }, /^graceMs: expected a whole number/],
    ['a limit without end', { limits: { idleMs: Infinity } }, /^limits\.idleMs: .*, got Infinity$/],
    ['limits that are a number', { limits: 5 }, /^limits: expected an object, got 5$/],
    ['no worker', { workers: 0 }, /^workers: expected 'auto' or a whole number from 1 to 256, got 0$/],
    ['signals as text', { signals: 'yes' }, /^signals: expected true or false, got yes$/],
    ['a log that is no function', { log: console }, /^log: expected a function, got an object$/],
    ['no address', { listen: [] }, /^listen: expected 1 to 64 addresses, got a list of 0$/],
    ['addresses that are none', { listen: 'x' }, /^listen: expected 1 to 64 addresses, got x$/],
    ['an address that is null', { listen: [null] }, /^listen\[0\]: expected an object, got null$/],
    ['an address twice', { port: 1, listen: [{ port: 2 }] }, /^port: expected inside of listen, got both$/],
    ['a wrong port of a list', { listen: [{ port: 1 }, { port: -1 }] }, /^listen\[1\]\.port: .*, got -1$/],
    ['an empty host', { hostname: '' }, /^hostname: expected an address/],
    ['a socket and a port', { path: '/tmp/x', port: 1 }, /^path: expected either a path or a port/],
    ['a socket with NUL', { path: '/tmp/x\0' }, /^path: expected the path of a socket/],
    ['permissions without a socket', { mode: 0o600 }, /^mode: expected only together with path$/],
    ['permissions of a fifth kind', { path: '/tmp/x', mode: 0o7777 }, /^mode: expected a whole number/],
    ['TLS as text', { tls: 'cert.pem' }, /^tls: expected an object with cert and key, got cert\.pem$/],
    [
      'a certificate for no host',
      { tls: { ...pem(), hosts: { '*.*.a': pem() } } },
      /^tls\.hosts\.\*\.\*\.a: expected a host/,
    ],
    [
      'a host without certificate',
      { tls: { ...pem(), hosts: { a: null } } },
      /^tls\.hosts\.a: expected an object/,
    ],
    [
      'TLS of the last century',
      { tls: { ...pem(), minVersion: 'SSLv3' } },
      /^tls\.minVersion: .*, got SSLv3$/,
    ],
    [
      'a passphrase that is a number',
      { tls: { ...pem(), passphrase: 1 } },
      /^tls\.passphrase: expected text, got number$/,
    ],
    ['an authority that is true', { tls: { ...pem(), clientCa: true } }, /^tls\.clientCa: .*, got boolean$/],
  ]
  test.each(wrong)('refuses %s', (_name, options, problem) => {
    expect(problemsOf(options)).toEqual([expect.stringMatching(problem)])
  })

  test('refuses a port of the environment that is none, and says where it is from', () => {
    expect(problemsOf({}, { PORT: '80x' })).toEqual([
      "port: expected a whole number from 0 to 65535 in the environment's PORT, got 80x",
    ])
  })

  test('lists all mistakes, and shows no key', () => {
    const problems = problemsOf({ port: -1, colour: 'x'.repeat(5000), tls: { cert: '', key: 12_345 } })
    expect(problems).toHaveLength(4)
    expect(problems.join()).not.toContain('12345')
    expect(Math.max(...problems.map((problem) => problem.length))).toBeLessThan(300)
  })
})

function pem(): { cert: string; key: string } {
  return { cert: 'cert.pem', key: 'key.pem' }
}
