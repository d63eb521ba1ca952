import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http2'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { WebSocket as WsClient } from 'ws'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ServeOptions } from '../../../adapters/node/index.ts'
import { createNodePlatform } from '../../../adapters/node/index.ts'
import type { App } from '../../../src/app/contract.ts'
import { createApp } from '../../../src/index.ts'
import type { PlatformSocket, SocketListener, SocketOptions } from '../../../src/platform/index.ts'
import type { ClientFrame } from '../../realtime/client-frames.ts'
import { clientFrame, closeOf } from '../../realtime/client-frames.ts'
import type { TestServer } from '../../realtime/websocket-client.ts'
import {
  eventually,
  handshakeFields,
  openFrames,
  shake,
  startServer,
} from '../../realtime/websocket-client.ts'
import { makeCertificate } from './serve/certificates.ts'
import { RawClient, talk } from './wire.ts'

interface Seen {
  socket: PlatformSocket | null
  pongs: number
  drains: number
  readonly closes: [code: number, reason: string][]
}

/** An app whose `/ws` echoes, by the platform alone. */
function echoApp(
  options: Partial<SocketOptions> = {},
  change: (socket: PlatformSocket) => Partial<SocketListener> = () => ({}),
): { app: App; seen: Seen } {
  const seen: Seen = { socket: null, pongs: 0, drains: 0, closes: [] }
  const app = createApp({ mode: 'test' })
  app.get('/ws', (ctx) => {
    const { upgradeWebSocket } = ctx.platform
    if (upgradeWebSocket === null) throw new Error('Expected WebSockets')
    return upgradeWebSocket(ctx.request, {
      protocol: null,
      headers: [],
      maxMessageBytes: 100_000,
      open(socket): SocketListener {
        seen.socket = socket
        return {
          message: (message) => socket.send(message),
          drain: () => void seen.drains++,
          pong: () => void seen.pongs++,
          close: (code, reason) => void seen.closes.push([code, reason]),
          ...change(socket),
        }
      },
      ...options,
    })
  })
  // The types of the batteries are of no interest here.
  return { app: app as unknown as App, seen }
}

async function start(...args: Parameters<typeof echoApp>): Promise<{ server: TestServer; seen: Seen }> {
  const { app, seen } = echoApp(...args)
  return { server: await startServer(app), seen }
}

function toWs(server: { readonly url: string }, path = '/ws'): string {
  return server.url.replace('http', 'ws') + path
}

describe('the handshake', () => {
  test('answers 101 as RFC 6455 §1.3 has it, with the fields that middleware adds', async () => {
    const { app } = echoApp({ protocol: 'chat', headers: ['x-own', 'a'] })
    app.use((ctx, next) => {
      ctx.header('x-middleware', 'b')
      return next()
    })
    const server = await startServer(app)
    const { status, headers } = await shake(server, '/ws')
    expect(status).toBe(101)
    expect(headers).toMatchObject({
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'sec-websocket-protocol': 'chat',
      'x-own': 'a',
      'x-middleware': 'b',
    })
  })

  test('a field that would split the answer is refused', async () => {
    const { server } = await start({ headers: ['x-own', 'a\r\nx-injected: 1'] })
    expect((await shake(server, '/ws')).status).toBe(500)
  })

  test('answers that are none of a WebSocket are sent, and the connection is closed', async () => {
    const { app } = echoApp()
    app.get('/text', (ctx) => ctx.text('no WebSocket'))
    app.get('/later', async (ctx) => {
      await new Promise((resolve) => void setTimeout(resolve, 5))
      return ctx.stream(new Blob(['in ', 'parts']).stream())
    })
    const server = await startServer(app)
    const text = await shake(server, '/text')
    expect([text.status, text.body, text.headers.connection]).toEqual([200, 'no WebSocket', 'close'])
    expect((await shake(server, '/later')).body).toBe('in parts')
    expect((await shake(server, '/missing')).status).toBe(404)
    expect((await shake(server, '/ws', { host: 'a b' })).status).toBe(400)
  })

  test('a middleware may refuse it, before or after the handler has accepted', async () => {
    const { app, seen } = echoApp()
    app.use(async (ctx, next) => {
      if (ctx.search === 'before') return ctx.text('no', 401)
      await next()
      return ctx.text('no', 403)
    })
    const server = await startServer(app)
    expect((await shake(server, '/ws?before')).status).toBe(401)
    expect((await shake(server, '/ws')).status).toBe(403)
    expect(seen.socket).toBeNull()
  })

  test('a handshake with a body, or over HTTP/1.0, is refused', async () => {
    const { server } = await start()
    expect((await shake(server, '/ws', { 'content-length': '5' })).status).toBe(400)
    const fields = Object.entries(handshakeFields).map(([name, value]) => `${name}: ${value}\r\n`)
    expect(await talk(server.port, `GET /ws HTTP/1.0\r\n${fields.join('')}\r\n`)).toMatch(/^HTTP\/1\.1 400/)
  })

  test('a native copy of the request is refused with an error that says so', async () => {
    const app = createApp({ mode: 'test' })
    app.get('/ws', (ctx) => {
      const options = { protocol: null, headers: [], maxMessageBytes: 1, open: () => never() }
      return ctx.platform.upgradeWebSocket?.(new Request(ctx.request), options) ?? ctx.text('none')
    })
    const server = await startServer(app)
    expect((await shake(server, '/ws')).status).toBe(501)
  })

  test('a client that is gone before the answer leaves nothing behind', async () => {
    const { app, seen } = echoApp()
    const arrived = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    app.use(async (_ctx, next) => {
      arrived.resolve()
      await goOn.promise
      return next()
    })
    const server = await startServer(app)
    const fields = Object.entries(handshakeFields).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = connect(server.port, '127.0.0.1')
    socket.write(`GET /ws HTTP/1.1\r\nhost: localhost\r\n${fields.join('')}\r\n`)
    await arrived.promise
    socket.resetAndDestroy()
    await new Promise((resolve) => void setTimeout(resolve, 20))
    goOn.resolve()
    expect((await server.close({ graceMs: 1000 })).cut).toBe(0)
    expect(seen.closes.every(([code]) => code === 1006)).toBe(true)
  })
})

describe('where there are no WebSockets', () => {
  test('a platform of somebody else’s server says so', () => {
    const foreign = createNodePlatform({ stores: { choices: [] } })
    expect([foreign.upgradeWebSocket, foreign.capabilities.has('websocket')]).toEqual([null, false])
    const own = createNodePlatform({ stores: { choices: [] }, webSockets: true })
    expect([typeof own.upgradeWebSocket, own.capabilities.has('websocket')]).toEqual(['function', true])
  })

  test('a request over HTTP/2 is refused', async () => {
    const { app } = echoApp()
    const server = await startServer(app, { http2: true })
    const session = connectHttp2(server.url)
    onTestFinished(() => void session.destroy())
    const stream = session.request({ ':path': '/ws' })
    const [fields] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    expect(fields[':status']).toBe(400)
  })
})

describe('the news that the server drains', () => {
  test('comes once, also to those who ask late, and one who throws keeps it from nobody', () => {
    const events: string[] = []
    const platform = createNodePlatform({
      stores: { choices: [] },
      log: ({ kind }) => void events.push(kind),
    })
    platform.onDraining(() => {
      throw new Error('broken')
    })
    platform.onDraining(() => void events.push('told'))
    platform.onDraining(() => void events.push('taken off'))()
    platform.startDraining()
    platform.startDraining()
    platform.onDraining(() => void events.push('late'))
    expect(events).toEqual(['server.draining-failed', 'told', 'late'])
  })
})

describe('a handshake that does not wait for the answer before it', () => {
  test('is answered in its turn, as a request like any other', async () => {
    const { app, seen } = echoApp()
    app.get('/slow', async (ctx) => {
      await new Promise((resolve) => void setTimeout(resolve, 20))
      return ctx.text('slow')
    })
    const server = await startServer(app)
    const fields = Object.entries(handshakeFields).map(([name, value]) => `${name}: ${value}\r\n`)
    const slow = 'GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n'
    const client = new RawClient(server.port)
    client.send(`${slow}GET /ws HTTP/1.1\r\nhost: localhost\r\n${fields.join('')}\r\n`)
    expect(await client.until('slow')).toContain('200 OK')
    expect(await client.until('\r\n\r\n')).toContain('400 Bad Request')
    expect(seen.socket).toBeNull()
    expect((await fetch(`${server.url}/slow`)).status).toBe(200)
  })
})

describe('an upgrade that is none to a WebSocket', () => {
  test('is answered like any request, body and all, on a Node that does not ask whether to upgrade', async () => {
    const { createHttp1Server } = await import('../../../adapters/node/http1-server.ts')
    const { createTally } = await import('../../../adapters/node/tally.ts')
    const { resolveServeOptions } = await import('../../../adapters/node/resolve-options.ts')
    const platform = createNodePlatform({ stores: { choices: [] }, log: () => undefined })
    const tally = createTally(platform, () => ({ kind: 'test', level: 'info', message: '' }))
    const handler = {
      app: { fetch: async (request: Request) => new Response(`${request.method} ${await request.text()}`) },
      platform,
      activity: { active: 0, total: 0, draining: false, onEnd: null },
      maxHeaderFields: 100,
    }
    const { limits } = resolveServeOptions({}, {}, 1)
    const { server, stalls } = createHttp1Server(handler, limits, { refused: tally, stalled: tally })
    Reflect.set(server, 'shouldUpgradeCallback', () => true)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      stalls.stop()
      server.close()
    })
    const { port } = server.address() as { port: number }
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n'
    const answer = await new RawClient(port).send(`${head}Content-Length: 4\r\n\r\nbody`).rest()
    // Behind a request that is not answered yet there is no way to go on.
    const cut = new RawClient(port).send(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${head}Content-Length: 0\r\n\r\n`)
    expect(await cut.rest()).toBe('')
    expect(answer).toContain('HTTP/1.1 200')
    expect(answer).toContain('POST body')
    expect(answer).toContain('Connection: close')
  })
})

describe('messages', () => {
  const text = [
    '',
    'a',
    'a'.repeat(125),
    'é'.repeat(63),
    'a'.repeat(126),
    '€'.repeat(21_845),
    '😀'.repeat(30_000 / 4),
  ]

  test('text and bytes of every length of header go through ws and come back', async () => {
    const { server, seen } = await start({ maxMessageBytes: 1_000_000 })
    const client = new WsClient(toWs(server))
    await once(client, 'open')
    const bytes = [0, 125, 126, 65_535, 65_536, 300_000].map((size) => Buffer.alloc(size, size & 255))
    const messages: unknown[] = []
    client.on('message', (data: Buffer, isBinary) => void messages.push(isBinary ? data : data.toString()))
    for (const message of [...text, ...bytes]) client.send(message)
    await eventually(() => messages.length === text.length + bytes.length)
    expect(messages).toEqual([...text, ...bytes])
    client.close(4001, 'done')
    await once(client, 'close')
    expect(seen.closes).toEqual([[4001, 'done']])
  })

  test('Node’s own WebSocket talks to it', async () => {
    const { server, seen } = await start()
    const client = new WebSocket(toWs(server))
    client.binaryType = 'arraybuffer'
    const messages: unknown[] = []
    client.addEventListener('message', ({ data }) => void messages.push(data))
    await new Promise((resolve) => void client.addEventListener('open', resolve))
    client.send('hello')
    client.send(Uint8Array.of(1, 2, 3))
    await eventually(() => messages.length === 2)
    expect(messages).toEqual(['hello', Uint8Array.of(1, 2, 3).buffer])
    const closed = new Promise<CloseEvent>((resolve) => void client.addEventListener('close', resolve))
    client.close(1000, 'bye')
    const { code, wasClean } = await closed
    expect([code, wasClean]).toEqual([1000, true])
    expect(seen.closes).toEqual([[1000, 'bye']])
  })

  test('frames that come with the handshake are heard', async () => {
    const { server } = await start()
    const client = await openFrames(server, '/ws', { first: clientFrame({ kind: 1, payload: 'early' }) })
    expect((await client.next())?.payload.toString()).toBe('early')
  })

  test('all answers to one read leave in one write', async () => {
    const { server } = await start()
    const client = await openFrames(server, '/ws', { isPaused: true })
    const chunks: number[] = []
    client.socket.on('data', (chunk: Buffer) => void chunks.push(chunk.length))
    client.socket.resume()
    client.send(...Array.from({ length: 16 }, (): ClientFrame => ({ kind: 1, payload: 'hello' })))
    await eventually(() => chunks.reduce((sum, length) => sum + length, 0) === 16 * 7)
    expect(chunks).toEqual([16 * 7])
  })

  test('what is sent later in one turn leaves in order and at once', async () => {
    const { server } = await start({}, (socket) => ({
      async message(message): Promise<void> {
        socket.send('now')
        await Promise.resolve()
        socket.send(message)
        socket.send('same')
        socket.send('same')
        socket.send(new Uint8Array(70_000))
        socket.send('last')
      },
    }))
    const client = await openFrames(server, '/ws')
    client.send({ kind: 1, payload: 'x'.repeat(200) })
    const texts: string[] = []
    for (let count = 0; count < 6; count++) texts.push((await client.next())?.payload.toString() ?? '')
    expect(texts).toEqual(['now', 'x'.repeat(200), 'same', 'same', '\0'.repeat(70_000), 'last'])
  })

  test('a ping is answered with its payload, a pong is told, and we ping', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    client.send({ kind: 9, payload: 'are you there' }, { kind: 10 })
    expect(await client.next()).toMatchObject({ kind: 10, payload: Buffer.from('are you there') })
    expect(seen.pongs).toBe(1)
    expect(seen.socket?.ping()).toBe(true)
    expect(await client.next()).toMatchObject({ kind: 9 })
  })

  test('over TLS', async () => {
    const { app } = echoApp()
    const certificate = makeCertificate('localhost')
    const options: ServeOptions = { tls: { cert: certificate.cert, key: certificate.key } }
    const server = await startServer(app, options)
    const client = new WsClient(toWs(server), { rejectUnauthorized: false })
    await once(client, 'open')
    client.send('secret')
    const [data] = (await once(client, 'message')) as [Buffer]
    expect(data.toString()).toBe('secret')
    client.terminate()
  })
})

describe('the end', () => {
  test.each<[string, number, ClientFrame]>([
    ['an unmasked frame', 1002, { kind: 1, payload: 'a', key: null }],
    ['a reserved bit', 1002, { kind: 1, payload: 'a', reserved: 4 }],
    ['text that is no UTF-8', 1007, { kind: 1, payload: Uint8Array.of(0xff) }],
    ['a message over the bound', 1009, { kind: 1, announced: 100_001 }],
    ['a malformed close', 1002, { kind: 8, payload: 'x' }],
  ])('%s closes with %d, and the connection ends', async (_name, code, frame) => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    client.send(frame, { kind: 1, payload: 'not heard' }, new Uint8Array(100_000))
    const frames = await client.rest()
    expect(frames.map(({ kind }) => kind)).toEqual([8])
    expect(frames.map((one) => closeOf(one)[0])).toEqual([code])
    await eventually(() => seen.closes.length === 1)
    expect(seen.closes[0]?.[0]).toBe(code)
  })

  test('the client’s close is answered with its code, after what was sent before', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    client.send({ kind: 1, payload: 'first' }, { kind: 8, payload: Uint8Array.of(0x0f, 0xa1, 0x62) })
    const frames = await client.rest()
    expect(frames.map(({ kind }) => kind)).toEqual([1, 8])
    expect(frames[1] && closeOf(frames[1])).toEqual([4001, ''])
    expect(seen.closes).toEqual([[4001, 'b']])
  })

  test('a close without a code is answered without one', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    const [frame] = await client.send({ kind: 8 }).rest()
    expect(frame && closeOf(frame)).toEqual([1005, ''])
    expect(seen.closes).toEqual([[1005, '']])
  })

  test('our close waits for the answer, and hears no message meanwhile', async () => {
    const heard: unknown[] = []
    const { server, seen } = await start({}, (socket) => ({
      message(message): void {
        heard.push(message)
        socket.close(3000, 'enough')
        socket.send('too late')
      },
    }))
    const client = await openFrames(server, '/ws')
    client.send({ kind: 1, payload: 'one' }, { kind: 1, payload: 'two' })
    const frame = await client.next()
    expect(frame && closeOf(frame)).toEqual([3000, 'enough'])
    expect(seen.closes).toEqual([])
    client.send({ kind: 1, payload: 'three' }, { kind: 8, payload: Uint8Array.of(0x0b, 0xb8) })
    expect(await client.rest()).toEqual([])
    expect(seen.closes).toEqual([[3000, '']])
    expect(heard).toEqual(['one'])
  })

  test('a connection that breaks is 1006, once', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    client.socket.resetAndDestroy()
    await eventually(() => seen.closes.length > 0)
    seen.socket?.send('into the void')
    seen.socket?.close(1000, '')
    seen.socket?.terminate()
    expect(seen.closes).toEqual([[1006, '']])
  })

  test('a client that only ends its half is let go', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    client.socket.end()
    await client.rest()
    expect(seen.closes).toEqual([[1006, '']])
  })

  test('a listener that throws is logged, and closes with 1011', async () => {
    const { server } = await start({}, () => ({
      message(): void {
        throw new Error('broken')
      },
    }))
    const client = await openFrames(server, '/ws')
    const frame = await client.send({ kind: 1, payload: 'a' }).next()
    expect(frame && closeOf(frame)[0]).toBe(1011)
    expect(server.events.map(({ kind }) => kind)).toContain('websocket.failed')
  })

  test('an open that throws is logged, and closes with 1011', async () => {
    const { server } = await start({
      open(): never {
        throw new Error('broken')
      },
    })
    const [frame] = await openFrames(server, '/ws').then((client) => client.send({ kind: 8 }).rest())
    expect(frame && closeOf(frame)[0]).toBe(1011)
    expect(server.events.map(({ kind }) => kind)).toContain('websocket.failed')
  })
})

describe('a slow client that closes', () => {
  test('still gets what was sent to it before', async () => {
    const { server, seen } = await start({}, () => ({ message: () => undefined }))
    const client = await openFrames(server, '/ws', { isPaused: true })
    while ((seen.socket?.bufferedBytes ?? 0) < 200_000) {
      seen.socket?.send(new Uint8Array(50_000))
      await new Promise((resolve) => void setImmediate(resolve))
    }
    client.send({ kind: 8 })
    await eventually(() => seen.closes.length === 1)
    await new Promise((resolve) => void setTimeout(resolve, 1200))
    client.listen().socket.resume()
    const frames = await client.rest()
    expect(frames.at(-1)?.kind).toBe(8)
    expect(frames.length).toBeGreaterThan(4)
  })
})

describe('a client that does not read', () => {
  test('is no longer read itself, so that its echo takes no memory without bound', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws', { isPaused: true })
    const frame = clientFrame({ kind: 2, payload: new Uint8Array(50_000) })
    let isStuck = false
    for (let count = 0; count < 2000 && !isStuck; count++) {
      if (!client.socket.write(frame))
        isStuck = await Promise.race([
          once(client.socket, 'drain').then(() => false),
          new Promise<boolean>((resolve) => void setTimeout(resolve, 300, true)),
        ])
    }
    expect(isStuck).toBe(true)
    expect(seen.socket?.bufferedBytes).toBeGreaterThan(256 * 1024)
    expect(seen.socket?.bufferedBytes).toBeLessThan(1024 * 1024)
    const before = seen.drains
    client.listen().socket.resume()
    await eventually(() => seen.drains > before && seen.socket?.bufferedBytes === 0)
  })

  test('and floods us with pings is not answered without bound either', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws', { isPaused: true })
    const pings = Buffer.concat(
      Array.from({ length: 500 }, () => clientFrame({ kind: 9, payload: new Uint8Array(125) })),
    )
    let isStuck = false
    for (let count = 0; count < 2000 && !isStuck; count++) {
      if (!client.socket.write(pings))
        isStuck = await Promise.race([
          once(client.socket, 'drain').then(() => false),
          new Promise<boolean>((resolve) => void setTimeout(resolve, 300, true)),
        ])
    }
    expect(isStuck).toBe(true)
    expect(seen.socket?.bufferedBytes).toBeLessThan(1024 * 1024)
  })

  test('is cut when it has taken nothing for the time of a stall', async () => {
    const { app, seen } = echoApp()
    const server = await startServer(app, { limits: { stallMs: 100 } })
    const client = await openFrames(server, '/ws', { isPaused: true })
    while ((seen.socket?.bufferedBytes ?? 0) < 100_000) {
      seen.socket?.send(new Uint8Array(50_000))
      await new Promise((resolve) => void setImmediate(resolve))
    }
    await eventually(() => seen.closes.length > 0)
    expect(seen.closes).toEqual([[1006, '']])
    client.socket.destroy()
  })

  test('whoever saw bytes waiting is told when they have left, also those of this very turn', async () => {
    const waiting: number[] = []
    const { server, seen } = await start({}, (socket) => ({
      message(message): void {
        socket.send(message)
        waiting.push(socket.bufferedBytes)
      },
    }))
    const client = await openFrames(server, '/ws')
    client.send({ kind: 1, payload: 'abc' })
    await client.next()
    await eventually(() => seen.drains === 1)
    expect(waiting).toEqual([5])
  })
})

describe('a server that stops', () => {
  test('closes all with 1001, and waits for their answer', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    const closing = server.close({ graceMs: 5000 })
    const frame = await client.next()
    expect(frame && closeOf(frame)[0]).toBe(1001)
    client.send({ kind: 8, payload: Uint8Array.of(3, 233) })
    await client.rest()
    const report = await closing
    expect(report).toMatchObject({ finished: 1, cut: 0 })
    expect(report.tookMs).toBeLessThan(3000)
    expect(seen.closes).toEqual([[1001, '']])
  })

  test('cuts those that do not answer when the grace time is over', async () => {
    const { server, seen } = await start()
    const client = await openFrames(server, '/ws')
    const report = await server.close({ graceMs: 100 })
    expect(report).toMatchObject({ finished: 0, cut: 1 })
    expect((await client.rest()).map(({ kind }) => kind)).toEqual([8])
    await eventually(() => seen.closes.length > 0)
    expect(seen.closes).toEqual([[1006, '']])
  })

  test('refuses handshakes that are under way with 503', async () => {
    const { app } = echoApp()
    const arrived = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    app.use(async (_ctx, next) => {
      arrived.resolve()
      await goOn.promise
      return next()
    })
    const server = await startServer(app)
    const answer = shake(server, '/ws')
    await arrived.promise
    const closing = server.close({ graceMs: 5000 })
    goOn.resolve()
    expect((await answer).status).toBe(503)
    expect((await answer).headers['retry-after']).toBe('1')
    expect(await closing).toMatchObject({ cut: 0 })
  })

  test('open sockets count against the limit of connections', async () => {
    const { app } = echoApp()
    const server = await startServer(app, { limits: { connections: 2 } })
    await openFrames(server, '/ws')
    await openFrames(server, '/ws')
    await expect(shake(server, '/ws')).rejects.toThrow(/socket hang up|ECONNRESET/)
  })
})

function never(): never {
  throw new Error('Expected not to be opened')
}
