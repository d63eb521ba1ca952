import { describe, expect, onTestFinished, test } from 'vitest'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import { createApp } from '../../src/index.ts'
import type { RealtimeOptions, Socket } from '../../src/realtime/index.ts'
import { formatEnvelope, parseEnvelope } from '../../src/realtime/envelope.ts'
import { realtime, rooms, webSocketHandler } from '../../src/realtime/index.ts'
import type { PubSub } from '../../src/stores/pubsub/index.ts'
import { memoryPubSub } from '../../src/stores/pubsub/index.ts'
import { redisPubSub } from '../../src/stores/redis.ts'
import { describeRedis, newClient } from '../stores/redis-server.ts'
import type { FrameClient, TestServer } from './websocket-client.ts'
import { eventually, openFrames, startServer } from './websocket-client.ts'

interface Process {
  readonly server: TestServer
  readonly sockets: Socket[]
  readonly told: DiagnosticEvent[]
}

/** An app with rooms, as one process of several would have it. */
async function startProcess(options: RealtimeOptions = {}): Promise<Process> {
  const sockets: Socket[] = []
  const told: DiagnosticEvent[] = []
  const app = createApp({
    mode: 'test',
    services: { realtime: realtime(options) },
    onDiagnostic: (event) => void told.push(event),
  })
  app.get(
    '/rooms/:room',
    webSocketHandler(
      {
        async open(socket) {
          sockets.push(socket)
          await socket.join(String(socket.ctx.params['room']))
          socket.send('joined')
        },
        async message(socket, message) {
          for (const room of socket.rooms) await socket.broadcast(room, message, { except: socket })
        },
      },
      { maxRooms: 2 },
    ),
  )
  app.get('/say/:room', async (ctx) => {
    await rooms(ctx).broadcast(ctx.params.room, 'from the server')
    return ctx.json({ size: rooms(ctx).size(ctx.params.room), sockets: ctx.realtime.sockets })
  })
  return { server: await startServer(app), sockets, told }
}

async function enter({ server }: Process, room: string): Promise<FrameClient> {
  const client = await openFrames(server, `/rooms/${room}`)
  expect(await text(client)).toBe('joined')
  return client
}

async function text(client: FrameClient): Promise<string | undefined> {
  return (await client.next())?.payload.toString()
}

describe('rooms of one process', () => {
  test('a broadcast reaches all in the room but the exception', async () => {
    const process = await startProcess()
    const [one, two, other] = [
      await enter(process, 'a'),
      await enter(process, 'a'),
      await enter(process, 'b'),
    ]
    one.send({ kind: 1, payload: 'hello' })
    expect(await text(two)).toBe('hello')
    const said: unknown = await (await fetch(`${process.server.url}/say/a`)).json()
    expect(said).toEqual({ size: 2, sockets: 3 })
    expect(await text(one)).toBe('from the server')
    expect(await text(two)).toBe('from the server')
    other.send({ kind: 9, payload: 'nothing before this' })
    expect((await other.next())?.kind).toBe(10)
  })

  test('who has left or is closed gets nothing, and counts no more', async () => {
    const process = await startProcess()
    const [one, two] = [await enter(process, 'a'), await enter(process, 'a')]
    process.sockets[1]?.leave('a')
    process.sockets[1]?.leave('a')
    one.send({ kind: 8 })
    await one.rest()
    await eventually(() => process.sockets[0]?.rooms.size === 0)
    const said: unknown = await (await fetch(`${process.server.url}/say/a`)).json()
    expect(said).toEqual({ size: 0, sockets: 1 })
    two.send({ kind: 9 })
    expect((await two.next())?.kind).toBe(10)
    await process.sockets[0]?.join('a')
    expect(process.sockets[0]?.rooms.size).toBe(0)
  })

  test('a socket is in at most maxRooms, and twice in one is once', async () => {
    const process = await startProcess()
    await enter(process, 'a')
    const [socket] = process.sockets
    await socket?.join('a')
    await socket?.join('b')
    await expect(socket?.join('c')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect([...(socket?.rooms ?? [])]).toEqual(['a', 'b'])
  })

  test.each(['', 'a\0', 'a'.repeat(201)])('the room %j is refused', async (room) => {
    const process = await startProcess()
    await enter(process, 'a')
    const [socket] = process.sockets
    await expect(socket?.join(room)).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
    expect(() => void socket?.broadcast(room, '')).toThrow(/1 to 200/)
  })

  test('without the service the endpoint has rooms of its own, and rooms(ctx) says what is missing', async () => {
    const app = createApp({ mode: 'test', services: {} })
    const sockets: Socket[] = []
    app.get('/ws', webSocketHandler({ open: (socket) => void sockets.push(socket) }))
    app.get('/say', (ctx) => ctx.text(String(rooms(ctx).sockets)))
    const server = await startServer(app)
    const client = await openFrames(server, '/ws')
    await eventually(() => sockets.length === 1)
    await sockets[0]?.join('a')
    await sockets[0]?.broadcast('a', 'own')
    expect(await text(client)).toBe('own')
    expect((await fetch(`${server.url}/say`)).status).toBe(500)
    expect(server.events.some(({ message }) => message.includes('realtime: realtime()'))).toBe(true)
  })
})

describe('rooms of several processes', () => {
  test('a broadcast reaches those of others, each once, text as text and bytes as bytes', async () => {
    const pubSub = memoryPubSub()
    const [here, there] = [await startProcess({ pubSub }), await startProcess({ pubSub })]
    const [one, two, three] = [await enter(here, 'a'), await enter(here, 'a'), await enter(there, 'a')]
    one.send({ kind: 1, payload: 'grüße' }, { kind: 2, payload: Uint8Array.of(0, 255) })
    for (const client of [two, three]) {
      expect(await client.next()).toMatchObject({ kind: 1, payload: Buffer.from('grüße') })
      expect(await client.next()).toMatchObject({ kind: 2, payload: Buffer.from([0, 255]) })
    }
    three.send({ kind: 1, payload: 'back' })
    expect(await text(one)).toBe('back')
    expect(await text(two)).toBe('back')
    // Each once: what comes next is something else.
    for (const client of [one, two, three]) expect((await client.send({ kind: 9 }).next())?.kind).toBe(10)
  })

  test('a room that nobody is in any more is unsubscribed', async () => {
    const subscribed = new Set<string>()
    const process = await startProcess({ pubSub: watched(subscribed), channelPrefix: 'app:' })
    const client = await enter(process, 'a')
    expect([...subscribed]).toEqual(['app:a'])
    client.send({ kind: 8 })
    await eventually(() => subscribed.size === 0)
  })

  test('a channel that fails is reported; the room goes on within the process', async () => {
    const broken: PubSub = {
      ...watched(new Set()),
      publish: () => Promise.reject(new Error('gone')),
    }
    const process = await startProcess({ pubSub: broken })
    const [one, two] = [await enter(process, 'a'), await enter(process, 'a')]
    await expect(process.sockets[0]?.broadcast('a', 'x')).rejects.toThrow('gone')
    expect([await text(one), await text(two)]).toEqual(['x', 'x'])
    // Nobody waits for this one.
    void process.sockets[0]?.broadcast('a', 'y')
    await eventually(() => process.told.filter(({ kind }) => kind === 'realtime.channel-failed').length === 2)
  })

  test('what is no envelope is ignored', () => {
    const valid = formatEnvelope({ origin: 'o'.repeat(36), except: 'e'.repeat(36), message: 'm' })
    expect(parseEnvelope(valid)).toEqual({ origin: 'o'.repeat(36), except: 'e'.repeat(36), message: 'm' })
    for (let length = 0; length < 74; length++) expect(parseEnvelope(valid.slice(0, length))).toBeNull()
    expect(parseEnvelope(Uint8Array.of(3, 0, ...valid.slice(2)))).toBeNull()
    expect(parseEnvelope(Uint8Array.of(1, 2, ...valid.slice(2)))).toBeNull()
    expect(parseEnvelope(Uint8Array.of(...valid.slice(0, 74), 0xff))).toBeNull()
  })
})

describeRedis('rooms of several processes through Redis', () => {
  test('a broadcast reaches those of the other', async () => {
    const channelPrefix = `rockstar-test-rooms:${crypto.randomUUID()}:`
    const here = await startProcess({ pubSub: await openRedis(), channelPrefix })
    const there = await startProcess({ pubSub: await openRedis(), channelPrefix })
    const [one, two] = [await enter(here, 'a'), await enter(there, 'a')]
    one.send({ kind: 1, payload: 'over Redis' })
    expect(await text(two)).toBe('over Redis')
  })
})

async function openRedis(): Promise<PubSub> {
  const [publisher, subscriber] = [newClient(), newClient()]
  await Promise.all([publisher.connect(), subscriber.connect()])
  const pubSub = redisPubSub({ publisher, subscriber, buffer: Buffer })
  onTestFinished(async () => {
    await pubSub.close()
    publisher.destroy()
    subscriber.destroy()
  })
  return pubSub
}

function watched(subscribed: Set<string>): PubSub {
  const inner = memoryPubSub()
  return {
    name: 'watched',
    capabilities: inner.capabilities,
    limits: inner.limits,
    publish: (channel, message, options) => inner.publish(channel, message, options),
    async subscribe(channel, listener, options) {
      const subscription = await inner.subscribe(channel, listener, options)
      subscribed.add(channel)
      return {
        unsubscribe(): Promise<void> {
          subscribed.delete(channel)
          return subscription.unsubscribe()
        },
      }
    },
    close: () => inner.close(),
  }
}
