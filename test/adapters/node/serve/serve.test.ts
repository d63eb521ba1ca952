import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:http2'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServeOptions, Server } from '../../../../adapters/node/index.ts'
import { serve } from '../../../../adapters/node/index.ts'
import { createApp } from '../../../../src/app/index.ts'
import type { DiagnosticEvent } from '../../../../src/diagnostics/index.ts'
import { makeCertificate } from './certificates.ts'
import { exchange, open, statuses } from './raw.ts'

const servers: Server[] = []
const logged: DiagnosticEvent[] = []
const folder = mkdtempSync(join(tmpdir(), 'rockstar-serve-'))

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })))
  logged.length = 0
})

function app() {
  return createApp()
    .get('/', (ctx) => ctx.text(`hi over ${ctx.platform.peer(ctx.request)?.protocol}`))
    .get('/slow/:ms', async (ctx) => {
      await new Promise((resolve) => setTimeout(resolve, Number(ctx.params.ms)))
      return 'slow'
    })
    .get('/stuck', () => new Promise<Response>(() => undefined))
    .post('/echo', async (ctx) => ctx.text(await ctx.request.text()))
}

async function start(options: ServeOptions = {}): Promise<Server> {
  const server = await serve(app(), {
    ...(options.path === undefined && options.listen === undefined ? { port: 0 } : {}),
    signals: false,
    log: (event) => void logged.push(event),
    ...options,
  })
  servers.push(server)
  return server
}

const coded = (coding: string, body = ''): string =>
  `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${coding}\r\n\r\n${body}`
const chunked = (body: string): string => coded('chunked', body)
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`

describe('serve()', () => {
  test('resolves when it listens, with its address', async () => {
    const server = await start()
    expect(server).toMatchObject({ url: `http://127.0.0.1:${server.port}`, role: 'single' })
    expect(server.addresses[0]?.protocols).toEqual(['http/1.1'])
    expect(await (await fetch(server.url)).text()).toBe('hi over HTTP/1.1')
  })

  test('refuses a port in use and names it', async () => {
    const server = await start()
    await expect(start({ port: server.port })).rejects.toThrow(
      new RegExp(`listen on 127.0.0.1:${server.port}: another process listens there`),
    )
  })

  test('opens none of several addresses when one fails', async () => {
    const taken = await start()
    const free = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => void free.once('listening', resolve))
    const { port } = free.address() as { port: number }
    await new Promise((resolve) => void free.close(resolve))
    await expect(start({ listen: [{ port }, { port: taken.port }] })).rejects.toThrow(/another process/)
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow()
  })

  test('listens on several addresses', async () => {
    const server = await start({ listen: [{ port: 0 }, { port: 0, http2: true }] })
    const bodies = await Promise.all(server.addresses.map(async ({ url }) => (await fetch(url)).text()))
    expect(bodies).toEqual(['hi over HTTP/1.1', 'hi over HTTP/1.1'])
  })

  test('lists every mistake in its options', async () => {
    const wrong = {
      port: 70_000,
      limits: { headerMs: 1, nonsense: 2 },
      tls: { cert: 1, key: 'x' },
      colour: 'red',
      workers: 0,
    }
    await expect(serve(app(), wrong as unknown as ServeOptions)).rejects.toThrow(
      /colour(.|\n)*tls\.cert(.|\n)*port(.|\n)*limits\.nonsense(.|\n)*limits\.headerMs(.|\n)*workers/,
    )
  })

  test('listens on a Unix socket and replaces one that was left behind', async () => {
    const path = join(folder, 'app.sock')
    // A process that is killed leaves its socket file behind.
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script])
    expect(existsSync(path)).toBe(true)
    const server = await start({ path })
    expect([server.url, server.port]).toEqual([`unix:${path}`, 0])
    const status = await new Promise((resolve) => {
      request({ socketPath: path, path: '/' }, (response) => resolve(response.statusCode)).end()
    })
    expect(status).toBe(200)
    await expect(start({ path })).rejects.toThrow(/another process listens there/)
    const shared = join(folder, 'shared.sock')
    await start({ path: shared, mode: 0o620 })
    expect(statSync(shared).mode & 0o777).toBe(0o620)
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await expect(start({ path: file })).rejects.toThrow(/no file but a socket/)
  })
})

describe('close()', () => {
  test('lets a running request end, and says so', async () => {
    const server = await start()
    const slow = fetch(`${server.url}/slow/200`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closing = server.close({ graceMs: 2000 })
    const response = await slow
    expect([response.headers.get('connection'), await response.text()]).toEqual(['close', 'slow'])
    expect(await closing).toMatchObject({ finished: 1, cut: 0 })
    await expect(fetch(server.url)).rejects.toThrow()
  })

  test('cuts a request that does not end, and says so', async () => {
    const server = await start()
    const stuck = fetch(`${server.url}/stuck`).catch(() => 'cut')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await server.close({ graceMs: 100 })).toMatchObject({ finished: 0, cut: 1 })
    expect(await stuck).toBe('cut')
  })

  test('closes idle connections at once, and is idempotent', async () => {
    const server = await start()
    const { socket, closed } = await open(server.port)
    socket.write(get('/'))
    await new Promise((resolve) => void socket.once('data', resolve))
    const [first, second] = await Promise.all([server.close(), server.close()])
    await closed
    expect(first).toBe(second)
    expect(first.tookMs).toBeLessThan(900)
  })
})

describe('limits', () => {
  test('a header that is too large is 431', async () => {
    const server = await start({ limits: { headerBytes: 2048 } })
    expect(statuses(await exchange(server.port, get('/', `X: ${'x'.repeat(4000)}\r\n`)))).toEqual([431])
    expect((await fetch(server.url)).status).toBe(200)
  })

  test('too many header fields are 431', async () => {
    const server = await start({ limits: { headerFields: 20 } })
    const fields = (count: number): string =>
      Array.from({ length: count }, (_, index) => `x${index}: y\r\n`).join('')
    expect(statuses(await exchange(server.port, get('/', fields(19))))).toEqual([200])
    expect(statuses(await exchange(server.port, get('/', fields(20))))).toEqual([431])
    expect(statuses(await exchange(server.port, get('/', fields(200))))).toEqual([431])
  })

  test('a header that comes too slowly is 408', async () => {
    const server = await start({ limits: { headerMs: 100 } })
    expect(statuses(await exchange(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n', 1500))).toEqual([408])
  })

  test('a body that comes too slowly is 408', async () => {
    const server = await start({ limits: { headerMs: 100, requestMs: 200 } })
    const head = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab'
    expect(statuses(await exchange(server.port, head, 1500))).toEqual([408])
  })

  test('an idle connection is closed', async () => {
    const server = await start({ limits: { idleMs: 50 } })
    const { socket, closed } = await open(server.port)
    socket.write(get('/'))
    await closed
    expect(socket.destroyed).toBe(true)
  })

  test('a connection is closed after its requests', async () => {
    const server = await start({ limits: { requestsPerConnection: 2 } })
    const received = await exchange(server.port, [get('/'), get('/'), get('/')])
    expect(statuses(received).slice(0, 2)).toEqual([200, 200])
    expect(received).toMatch(/connection: close/i)
    expect(statuses(received).filter((status) => status === 200)).toHaveLength(2)
  })

  test('connections over the limit are closed, counted and told in one line', async () => {
    const server = await start({ limits: { connections: 2 } })
    const kept = await Promise.all([open(server.port), open(server.port)])
    const refused = await Promise.all(Array.from({ length: 5 }, () => open(server.port)))
    await Promise.all(refused.map(({ closed }) => closed))
    for (const { socket } of kept) socket.destroy()
    expect(logged.filter((event) => event.kind === 'server.connections-refused')).toHaveLength(1)
  })
})

describe('what is no request', () => {
  const malformed: [name: string, text: string, status: number][] = [
    ['a malformed request line', 'GARBAGE\r\n\r\n', 400],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'two lengths',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
      400,
    ],
    ['a length that is no number', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc', 400],
    [
      'a chunk size that is no number',
      'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    [
      'an unknown transfer coding',
      'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n',
      400,
    ],
    ['a chunk that is longer than its size', chunked('3\r\nabcd\r\n0\r\n\r\n'), 400],
    ['a negative chunk size', chunked('-1\r\n\r\n'), 400],
    ['a chunk size of 17 digits', chunked('10000000000000001\r\na\r\n'), 400],
    ['a chunk size before a bare LF', chunked('1\na\r\n0\r\n\r\n'), 400],
    ['a chunk extension of 100 kB', chunked(`1;a=${'x'.repeat(100_000)}\r\na\r\n0\r\n\r\n`), 413],
    ['chunked that is not last', coded('chunked, gzip'), 400],
    ['chunked twice', coded('chunked, chunked'), 400],
    ['a coding hidden by a tab', coded('\tchunked\x0b'), 400],
    ['a list of lengths', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc', 400],
    ['an empty length', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n', 400],
    [
      'a length that overflows',
      `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1${'0'.repeat(30)}\r\n\r\n`,
      400,
    ],
    ['a bare LF after a header', 'GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n', 400],
    [
      'a bare LF as end of the header',
      'GET / HTTP/1.1\r\nHost: x\r\n\nGET / HTTP/1.1\r\nHost: x\r\n\r\n',
      400,
    ],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n', 400],
    ['a method in lower case', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a handshake of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n', 400],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['an absurd Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
    ['a Host with user information', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400],
    ['a malformed path', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['an asterisk for GET', 'GET * HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 501],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n', 501],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n', 417],
  ]
  test.each(malformed)('%s is answered, and the server goes on', async (_name, text, status) => {
    const server = await start()
    expect(statuses(await exchange(server.port, text))).toEqual([status])
    expect((await fetch(server.url)).status).toBe(200)
  })

  test('OPTIONS * is 204, and an absolute target is its path', async () => {
    const server = await start()
    expect(statuses(await exchange(server.port, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'))).toEqual([204])
    expect(
      statuses(await exchange(server.port, 'GET http://localhost/ HTTP/1.1\r\nHost: y\r\n\r\n')),
    ).toEqual([200])
  })

  test.each(['websocket', 'h2c'])(
    'an upgrade to %s is ignored: the request is answered',
    async (protocol) => {
      const server = await start()
      const upgrade = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n`
      const { socket } = await open(server.port)
      for (const request of [get('/', upgrade), get('/')]) {
        socket.write(request)
        const received = await new Promise<Buffer>((resolve) => void socket.once('data', resolve))
        expect(statuses(received.toString())).toEqual([200])
      }
      socket.destroy()
    },
  )
})

describe('TLS', () => {
  const one = makeCertificate('one.example')
  const two = makeCertificate('two.example')
  const three = makeCertificate('three.example')

  /** The name in the certificate that the server shows for a host. */
  function shownFor(
    port: number,
    servername: string,
    protocols = ['http/1.1'],
  ): Promise<{ name: string; alpn: string | false | null }> {
    return new Promise((resolve, reject) => {
      const socket = connectTls(
        { port, host: '127.0.0.1', servername, rejectUnauthorized: false, ALPNProtocols: protocols },
        () => {
          resolve({ name: String(socket.getPeerCertificate().subject.CN), alpn: socket.alpnProtocol })
          socket.destroy()
        },
      )
      socket.on('error', reject)
    })
  }

  test('speaks HTTP/2 by ALPN and HTTP/1.1 to the others', async () => {
    const server = await start({ tls: one })
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`)
    const session = connect(server.url, { ca: one.cert })
    const stream = session.request({ ':path': '/' })
    let body = ''
    for await (const chunk of stream.setEncoding('utf8')) body += String(chunk)
    session.destroy()
    expect(body).toBe('hi over HTTP/2')
    expect(await shownFor(server.port, 'one.example')).toEqual({ name: 'one.example', alpn: 'http/1.1' })
  })

  test('chooses certificates by SNI', async () => {
    const server = await start({ tls: { ...one, hosts: { 'two.example': two, '*.wild.example': three } } })
    const names = await Promise.all(
      ['one.example', 'two.example', 'a.wild.example', 'other.example'].map((name) =>
        shownFor(server.port, name),
      ),
    )
    expect(names.map(({ name }) => name)).toEqual([
      'one.example',
      'two.example',
      'three.example',
      'one.example',
    ])
  })

  test('reloads certificates without dropping a connection, and keeps them when a new one is wrong', async () => {
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const write = (certificate: { cert: string; key: string }): void => {
      writeFileSync(certFile, certificate.cert)
      writeFileSync(keyFile, certificate.key)
    }
    write(one)
    const server = await start({ tls: { cert: certFile, key: keyFile } })
    const session = connect(server.url, { rejectUnauthorized: false })
    const ask = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/' })
        stream.on('response', (headers) => resolve(headers[':status'])).on('error', reject)
        stream.resume()
      })
    expect(await ask()).toBe(200)
    write(two)
    await server.reloadTls()
    expect((await shownFor(server.port, 'x.example')).name).toBe('two.example')
    expect(await ask()).toBe(200)
    writeFileSync(certFile, 'nonsense')
    await expect(server.reloadTls()).rejects.toThrow(/tls: expected a certificate/)
    expect((await shownFor(server.port, 'x.example')).name).toBe('two.example')
    session.destroy()
  })

  test('refuses a key that does not fit its certificate', async () => {
    await expect(start({ tls: { cert: one.cert, key: two.key } })).rejects.toThrow(
      /tls: expected a certificate and its key/,
    )
    await expect(start({ tls: { cert: '/no/such/file', key: two.key } })).rejects.toThrow(
      /tls\.cert: expected PEM text/,
    )
  })

  test('asks for a certificate of the client where it shall, and takes no other', async () => {
    const server = await start({ tls: { ...one, clientCa: two.cert, hosts: { 'three.example': three } } })
    const ask = (servername: string, own: { cert?: string; key?: string }): Promise<string> =>
      new Promise((resolve) => {
        const socket = connectTls({
          port: server.port,
          host: '127.0.0.1',
          servername,
          rejectUnauthorized: false,
          ...own,
        })
        let received = ''
        socket.on('data', (chunk) => (received += chunk.toString()))
        socket.on('error', () => resolve('refused'))
        socket.on('close', () => resolve(String(statuses(received)[0] ?? 'refused')))
        socket.write(get('/', 'Connection: close\r\n'))
      })
    expect(await Promise.all(['one.example', 'three.example'].map((name) => ask(name, two)))).toEqual([
      '200',
      '200',
    ])
    expect(await ask('one.example', {})).toBe('refused')
    expect(await ask('three.example', three)).toBe('refused')
  })

  test('speaks no version below the least one', async () => {
    const server = await start({ tls: { ...one, minVersion: 'TLSv1.3' } })
    const version = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
      new Promise((resolve) => {
        const socket = connectTls(
          { port: server.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion },
          () => {
            resolve(socket.getProtocol())
            socket.destroy()
          },
        )
        socket.on('error', () => resolve(null))
      })
    expect([await version('TLSv1.2'), await version('TLSv1.3')]).toEqual([null, 'TLSv1.3'])
  })

  test('drops a client that is slow to shake hands', async () => {
    const server = await start({ tls: one, limits: { handshakeMs: 50 } })
    const { closed } = await open(server.port)
    await closed
    expect((await shownFor(server.port, 'one.example')).name).toBe('one.example')
  })
})

describe('HTTP/2 without TLS', () => {
  test('shares its port with HTTP/1.1, however slowly the first bytes come', async () => {
    const server = await start({ http2: true })
    expect(statuses(await exchange(server.port, get('/')))).toEqual([200])
    expect(
      statuses(
        await exchange(server.port, [...'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n', 'x']),
      ),
    ).toEqual([200])
    const session = connect(server.url)
    const stream = session.request({ ':method': 'POST', ':path': '/echo' })
    stream.end('over h2c')
    let body = ''
    for await (const chunk of stream.setEncoding('utf8')) body += String(chunk)
    session.destroy()
    expect(body).toBe('over h2c')
  })

  test('a client that says nothing is dropped', async () => {
    const server = await start({ http2: true, limits: { headerMs: 60 } })
    const { closed } = await open(server.port)
    await closed
    expect((await fetch(server.url)).status).toBe(200)
  })

  test('drains: running streams end', async () => {
    const server = await start({ http2: true })
    const session = connect(server.url)
    session.on('error', () => undefined)
    const stream = session.request({ ':path': '/slow/150' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closing = server.close({ graceMs: 2000 })
    let body = ''
    for await (const chunk of stream.setEncoding('utf8')) body += String(chunk)
    expect([body, (await closing).cut]).toEqual(['slow', 0])
    rmSync(folder, { recursive: true, force: true })
  })
})
