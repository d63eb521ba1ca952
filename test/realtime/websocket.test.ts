import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket as WsClient } from 'ws'
import { stateKey } from '../../src/context/index.ts'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import { createApp } from '../../src/index.ts'
import type { Message, Socket, WebSocketHooks, WebSocketOptions } from '../../src/realtime/index.ts'
import { realtime, webSocketHandler } from '../../src/realtime/index.ts'
import { closeOf } from './client-frames.ts'
import type { FrameClient, TestServer } from './websocket-client.ts'
import { eventually, openFrames, shake, startServer } from './websocket-client.ts'

type AnySocket = Socket<never> | Socket

interface Started {
  readonly server: TestServer
  readonly sockets: Socket[]
  readonly closes: [code: number, reason: string][]
  readonly told: DiagnosticEvent[]
}

/** Serves `/ws` with these hooks, which may be fewer. */
async function start(hooks: WebSocketHooks = {}, options: WebSocketOptions = {}): Promise<Started> {
  const sockets: Socket[] = []
  const closes: [number, string][] = []
  const told: DiagnosticEvent[] = []
  const app = createApp({ mode: 'test', onDiagnostic: (event) => void told.push(event) })
  app.get(
    '/ws',
    webSocketHandler(
      {
        ...hooks,
        open(socket) {
          sockets.push(socket)
          return hooks.open?.(socket)
        },
        close(socket, code, reason) {
          closes.push([code, reason])
          return hooks.close?.(socket, code, reason)
        },
      },
      options,
    ),
  )
  return { server: await startServer(app), sockets, closes, told }
}

async function closeCode(client: FrameClient): Promise<number | undefined> {
  const frames = await client.rest()
  const last = frames.find(({ kind }) => kind === 8)
  return last === undefined ? undefined : closeOf(last)[0]
}

async function text(client: FrameClient): Promise<string | undefined> {
  return (await client.next())?.payload.toString()
}

describe('the handshake', () => {
  test.each<[string, number, Record<string, string | null>, string?]>([
    ['all that it needs', 101, {}],
    ['names in other cases', 101, { upgrade: 'WebSocket', connection: 'keep-alive, upgrade' }],
    ['the method POST', 405, {}, 'POST'],
    ['the method HEAD', 426, {}, 'HEAD'],
    ['no Upgrade', 426, { upgrade: null }],
    ['another Upgrade', 426, { upgrade: 'h2c' }],
    ['no Upgrade in Connection', 426, { connection: 'keep-alive' }],
    ['version 8', 426, { 'sec-websocket-version': '8' }],
    ['no version', 426, { 'sec-websocket-version': null }],
    ['several versions', 426, { 'sec-websocket-version': '13, 8' }],
    ['no key', 400, { 'sec-websocket-key': null }],
    ['an empty key', 400, { 'sec-websocket-key': '' }],
    ['a key of 15 bytes', 400, { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAA' }],
    ['a key of 17 bytes', 400, { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAAA=' }],
    ['a key that is no base64', 400, { 'sec-websocket-key': '!!!!!!!!!!!!!!!!!!!!!!==' }],
    ['a key with bits too many', 400, { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAB==' }],
    ['a protocol that is no token', 400, { 'sec-websocket-protocol': 'a b' }],
    ['a protocol twice', 400, { 'sec-websocket-protocol': 'a, a' }],
    [
      '101 protocols',
      400,
      { 'sec-websocket-protocol': Array.from({ length: 101 }, (_, n) => `p${n}`).join() },
    ],
  ])('with %s is %d', async (_name, status, changes, method = 'GET') => {
    const { server, sockets } = await start()
    const answer = await shake(server, '/ws', changes, method)
    expect(answer.status).toBe(status)
    if (status === 426) {
      expect(answer.headers['sec-websocket-version']).toBe('13')
      expect(answer.headers.upgrade).toBe('websocket')
    }
    if (status !== 101) expect(sockets).toEqual([])
    if (status === 400) expect(answer.body).toContain('WEBSOCKET_HANDSHAKE')
  })

  test.each<[string | null, WebSocketOptions['origins'], number]>([
    [null, 'same', 101],
    ['http://HOST', 'same', 101],
    ['https://HOST', 'same', 101],
    ['http://other.example', 'same', 403],
    ['http://HOST.evil.example', 'same', 403],
    ['http://HOST:1', 'same', 403],
    ['null', 'same', 403],
    ['', 'same', 403],
    ['file://HOST', 'same', 403],
    ['http://other.example', 'any', 101],
    ['null', ['null'], 101],
    ['https://app.example', ['https://app.example'], 101],
    ['http://app.example', ['https://app.example'], 403],
    ['https://app.example.evil.example', ['https://app.example'], 403],
    ['http://HOST', ['https://app.example'], 101],
  ])('from a page of %s with origins %j is %d', async (origin, origins, status) => {
    const { server } = await start({}, origins === undefined ? {} : { origins })
    const host = `localhost:${server.port}`
    const changes = { host, origin: origin?.replace('HOST', host) ?? null }
    const answer = await shake(server, '/ws', changes)
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.body).toContain('WEBSOCKET_ORIGIN')
  })

  test('chooses the first of our subprotocols that the client offers', async () => {
    const { server, sockets } = await start({}, { protocols: ['v2', 'v1'] })
    const chosen = async (offers: string): Promise<unknown> =>
      (await shake(server, '/ws', { 'sec-websocket-protocol': offers })).headers['sec-websocket-protocol']
    expect(await chosen('v1, v2')).toBe('v2')
    expect(await chosen('v0,v1')).toBe('v1')
    expect(await chosen('v0')).toBeUndefined()
    await eventually(() => sockets.length === 3)
    expect(sockets.map(({ protocol }) => protocol)).toEqual(['v2', 'v1', null])
  })

  test('middleware authenticates before it, and hands its findings over', async () => {
    const user = stateKey<string>('user')
    const app = createApp({ mode: 'test' })
    const seen: unknown[] = []
    const auth = { middleware: [] as never[] }
    app.use((ctx, next) => {
      const name = ctx.headers.get('authorization')
      if (name === null) return ctx.problem(401)
      ctx.set(user, name)
      return next()
    })
    app.get(
      '/rooms/:room',
      auth,
      webSocketHandler({
        open: (socket) => void seen.push(socket.ctx.params, socket.ctx.get(user), socket.ctx.path),
      }),
    )
    const server = await startServer(app)
    expect((await shake(server, '/rooms/a')).status).toBe(401)
    expect((await shake(server, '/rooms/tea%20house', { authorization: 'ann' })).status).toBe(101)
    await eventually(() => seen.length === 3)
    expect(seen).toEqual([{ room: 'tea house' }, 'ann', '/rooms/tea%20house'])
  })

  test('a platform without WebSockets is 501', async () => {
    const app = createApp({ mode: 'test' })
    app.get('/ws', webSocketHandler({}))
    const response = await app.fetch(new Request('http://a.test/ws'))
    expect(response.status).toBe(501)
  })
})

describe('options', () => {
  test('all mistakes are told at once, before a request', () => {
    const wrong = {
      origins: ['https://a.example/', 'b.example'],
      protocols: ['a b'],
      maxMessageBytes: 0,
      heartbeatMs: -1,
      whenSlow: 'never',
      messagesPerSecond: 1.5,
    }
    expect(() => webSocketHandler({}, wrong as unknown as WebSocketOptions)).toThrow(
      /https:\/\/a\.example\/.*b\.example|maxMessageBytes/,
    )
    try {
      webSocketHandler({}, wrong as unknown as WebSocketOptions)
    } catch (error) {
      expect((error as { details: { problems: string[] } }).details.problems).toHaveLength(7)
    }
  })

  test('hooks that are none are refused', () => {
    expect(() => webSocketHandler({ mesage: () => undefined } as WebSocketHooks)).toThrow(/mesage/)
    expect(() => webSocketHandler({ open: 1 } as unknown as WebSocketHooks)).toThrow(/open/)
  })
})

describe('messages', () => {
  test('text, bytes and JSON go both ways', async () => {
    const { server, sockets } = await start({ message: (socket, message) => void socket.send(message) })
    const client = new WsClient(server.url.replace('http', 'ws') + '/ws')
    await once(client, 'open')
    const received: unknown[] = []
    client.on('message', (data: Buffer, isBinary) => void received.push(isBinary ? data : data.toString()))
    client.send('héllo')
    client.send(Buffer.from([1, 2]))
    await eventually(() => received.length === 2)
    sockets[0]?.sendJson({ a: [1, null] })
    await eventually(() => received.length === 3)
    expect(received).toEqual(['héllo', Buffer.from([1, 2]), '{"a":[1,null]}'])
    expect(() => sockets[0]?.sendJson(undefined)).toThrow(TypeError)
    expect(sockets[0]?.id).toMatch(/^[0-9a-f-]{36}$/)
    client.terminate()
  })

  test('are handled one after the other, also those that came while open ran, and before close', async () => {
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const { server, closes } = await start({
      async open() {
        await gate.promise
        order.push('open')
      },
      async message(_socket, message) {
        order.push(`begin ${message}`)
        await new Promise((resolve) => void setTimeout(resolve, 5))
        order.push(`end ${message}`)
      },
      close: () => void order.push('close'),
    })
    const client = await openFrames(server, '/ws')
    client.send({ kind: 1, payload: 'a' }, { kind: 1, payload: 'b' }, { kind: 8 })
    await client.rest()
    expect(order).toEqual([])
    gate.resolve()
    await eventually(() => order.includes('close'))
    expect(order).toEqual(['open', 'begin a', 'end a', 'begin b', 'end b', 'close'])
    expect(closes).toEqual([[1005, '']])
  })

  test('more than may wait for a hook close with 1008', async () => {
    const gate = Promise.withResolvers<void>()
    let begun = 0
    const hooks: WebSocketHooks = {
      message() {
        begun++
        return gate.promise
      },
    }
    const { server } = await start(hooks, { maxQueuedMessages: 2 })
    const client = await openFrames(server, '/ws')
    const one = { kind: 1, payload: 'a' }
    client.send(one, one, one)
    await eventually(() => begun === 1)
    client.send(one)
    const frame = await client.next()
    expect(frame && closeOf(frame)[0]).toBe(1008)
    gate.resolve()
  })

  test('more bytes than may wait for a hook close with 1008, but one may always wait', async () => {
    const gate = Promise.withResolvers<void>()
    const { server } = await start({ message: () => gate.promise }, { maxQueuedBytes: 10 })
    const client = await openFrames(server, '/ws')
    client.send(
      { kind: 1, payload: 'a' },
      { kind: 1, payload: 'longer than ten' },
      { kind: 9, payload: 'sync' },
    )
    expect((await client.next())?.kind).toBe(10)
    client.send({ kind: 1, payload: 'b' })
    const frame = await client.next()
    expect(frame && closeOf(frame)[0]).toBe(1008)
    gate.resolve()
  })

  test('more in a second than allowed close with 1008', async () => {
    const heard: Message[] = []
    const hooks: WebSocketHooks = { message: (_socket, message) => void heard.push(message) }
    const { server } = await start(hooks, { messagesPerSecond: 3 })
    const client = await openFrames(server, '/ws')
    client.send(...Array.from({ length: 4 }, () => ({ kind: 1, payload: 'a' })), { kind: 8 })
    expect(await closeCode(client)).toBe(1008)
    expect(heard).toHaveLength(3)
  })

  test('one that is too long closes with 1009', async () => {
    const { server, closes } = await start({}, { maxMessageBytes: 10 })
    const client = await openFrames(server, '/ws')
    expect(await closeCode(client.send({ kind: 1, payload: 'a'.repeat(11) }))).toBe(1009)
    await eventually(() => closes.length === 1)
    expect(closes[0]?.[0]).toBe(1009)
  })
})

describe('hooks that fail', () => {
  test.each<[string, (error: Error) => WebSocketHooks]>([
    [
      'open',
      (error) => ({
        open: () => {
          throw error
        },
      }),
    ],
    ['open', (error) => ({ open: () => Promise.reject(error) })],
    [
      'message',
      (error) => ({
        message: () => {
          throw error
        },
      }),
    ],
    ['message', (error) => ({ message: () => Promise.reject(error) })],
  ])('%s: reported, told to error, closed with 1011, other messages unheard', async (name, make) => {
    const failure = new Error('broken')
    const errors: unknown[] = []
    let count = 0
    const hooks = make(failure)
    const { server, told } = await start({
      ...hooks,
      message(socket, message) {
        count++
        return hooks.message?.(socket, message)
      },
      error: (_socket, error) => void errors.push(error),
    })
    const client = await openFrames(server, '/ws')
    client.send({ kind: 1, payload: 'a' }, { kind: 1, payload: 'b' })
    const frame = await client.next()
    expect(frame && closeOf(frame)[0]).toBe(1011)
    expect(errors).toEqual([failure])
    expect(count).toBeLessThanOrEqual(name === 'open' ? 0 : 1)
    const event = told.find(({ kind }) => kind === 'websocket.hook-failed')
    expect(event).toMatchObject({ level: 'error', error: failure, fields: { route: '/ws' } })
  })

  test('close and error are reported too', async () => {
    const { server, told } = await start({
      close: () => Promise.reject(new Error('broken close')),
      error() {
        throw new Error('broken error')
      },
    })
    const client = await openFrames(server, '/ws')
    await client.send({ kind: 8 }).rest()
    const failures = (): string[] =>
      told.filter(({ kind }) => kind === 'websocket.hook-failed').map(({ message }) => message)
    await eventually(() => failures().length === 2)
    expect(failures().join()).toMatch(/hook close .*hook error /)
  })
})

describe('closing', () => {
  test('close() says its code, aborts the signal, and nothing is heard or sent after it', async () => {
    const { server, sockets, closes } = await start({ message: (socket) => socket.close(4000, 'enough') })
    const client = await openFrames(server, '/ws')
    await eventually(() => sockets.length === 1)
    const [socket] = sockets
    const { signal } = socket as AnySocket
    client.send({ kind: 1, payload: 'a' }, { kind: 1, payload: 'b' })
    const frame = await client.next()
    expect(frame && closeOf(frame)).toEqual([4000, 'enough'])
    expect([socket?.isOpen, socket?.send('late'), signal.aborted]).toEqual([false, false, true])
    client.send({ kind: 8, payload: Uint8Array.of(0x0f, 0xa0) })
    await eventually(() => closes.length === 1)
    expect(closes).toEqual([[4000, '']])
  })

  test.each([0, 999, 1001, 1005, 1006, 2999, 5000, 1000.5, Number.NaN])(
    'close(%d) is a RangeError',
    async (code) => {
      const { server, sockets } = await start()
      await openFrames(server, '/ws')
      await eventually(() => sockets.length === 1)
      expect(() => sockets[0]?.close(code)).toThrow(RangeError)
    },
  )

  test('terminate() cuts the connection: 1006', async () => {
    const { server, closes } = await start({ message: (socket) => socket.terminate() })
    const client = await openFrames(server, '/ws')
    expect(await client.send({ kind: 1 }).rest()).toEqual([])
    await eventually(() => closes.length === 1)
    expect(closes).toEqual([[1006, '']])
  })

  test('the stop of the app closes all with 1001 and waits for their close hooks', async () => {
    let isDone = false
    const app = createApp({ mode: 'test', services: { realtime: realtime() } })
    app.get(
      '/ws',
      webSocketHandler({
        async close() {
          await new Promise((resolve) => void setTimeout(resolve, 20))
          isDone = true
        },
      }),
    )
    const server = await startServer(app)
    const client = new WsClient(server.url.replace('http', 'ws') + '/ws')
    await once(client, 'open')
    const closed = once(client, 'close')
    await app.stop()
    expect(isDone).toBe(true)
    expect((await closed)[0]).toBe(1001)
  })

  test('handshakes are refused with 503 from then on', async () => {
    const service = realtime()
    const app = createApp({ mode: 'test', services: { realtime: service } })
    app.get('/ws', webSocketHandler({}))
    app.get('/close', async (ctx) => {
      await ctx.realtime.close()
      return ctx.text('closed')
    })
    const server = await startServer(app)
    await (await fetch(`${server.url}/close`)).text()
    expect((await shake(server, '/ws')).status).toBe(503)
  })
})

describe('back-pressure over a real connection', () => {
  test('send() says when to wait, and drain when to go on', async () => {
    let drains = 0
    const { server, sockets } = await start(
      { drain: () => void drains++ },
      { highWaterBytes: 100_000, maxBufferedBytes: 50_000_000 },
    )
    const client = await openFrames(server, '/ws', { isPaused: true })
    await eventually(() => sockets.length === 1)
    const [socket] = sockets
    while (socket?.send(new Uint8Array(100_000)) === true || (socket?.bufferedBytes ?? 0) < 100_000) {
      await new Promise((resolve) => void setImmediate(resolve))
    }
    expect(socket?.isOpen).toBe(true)
    const before = drains
    client.listen().socket.resume()
    await eventually(() => drains > before)
    expect(socket?.bufferedBytes).toBe(0)
  })

  test('a client that takes nothing is closed with 1013, and its memory is bounded', async () => {
    const { server, sockets, closes } = await start({}, { maxBufferedBytes: 200_000 })
    const client = await openFrames(server, '/ws', { isPaused: true })
    await eventually(() => sockets.length === 1)
    const [socket] = sockets
    let most = 0
    while (socket?.isOpen === true) {
      socket.send(new Uint8Array(50_000))
      most = Math.max(most, socket.bufferedBytes)
      await new Promise((resolve) => void setImmediate(resolve))
    }
    expect(most).toBeLessThan(300_000)
    client.listen().socket.resume()
    expect(await closeCode(client.send({ kind: 8 }))).toBe(1013)
    await eventually(() => closes.length === 1)
  })

  test('or misses messages, if that is wanted', async () => {
    const { server, sockets, told } = await start({}, { maxBufferedBytes: 200_000, whenSlow: 'drop' })
    const client = await openFrames(server, '/ws', { isPaused: true })
    await eventually(() => sockets.length === 1)
    const [socket] = sockets
    while ((socket?.bufferedBytes ?? 0) <= 200_000) {
      socket?.send(new Uint8Array(50_000))
      await new Promise((resolve) => void setImmediate(resolve))
    }
    expect(socket?.send('missed')).toBe(false)
    client.listen().socket.resume()
    await eventually(() => told.some(({ kind }) => kind === 'websocket.messages-dropped'))
    expect(socket?.send('after')).toBe(true)
    for (;;) {
      const got = await text(client)
      expect(got).not.toBe('missed')
      if (got === 'after') break
    }
  })
})
