import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { App } from '../../src/app/contract.ts'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import { createApp } from '../../src/index.ts'
import { formatServerEvent } from '../../src/realtime/event-format.ts'
import type { EventStream, EventStreamOptions, ReplayBuffer } from '../../src/realtime/index.ts'
import { eventChannel, eventStream, replayBuffer } from '../../src/realtime/index.ts'
import type { TestPlatform } from '../../src/testing/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'
import { eventually, startServer } from './websocket-client.ts'

interface Opened {
  readonly stream: EventStream
  readonly response: Response
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
  readonly platform: TestPlatform
  readonly app: App
  readonly told: DiagnosticEvent[]
  /** What the next read gives, as text; null at the end. */
  read(): Promise<string | null>
}

/** Opens an event stream without a network. */
async function open(
  options: EventStreamOptions = {},
  init: RequestInit = {},
  run: (stream: EventStream) => void | Promise<unknown> = () => undefined,
): Promise<Opened> {
  const platform = createTestPlatform()
  const told: DiagnosticEvent[] = []
  const app = createApp({ mode: 'test', onDiagnostic: (event) => void told.push(event) }) as unknown as App
  const opened = Promise.withResolvers<EventStream>()
  app.get('/events', (ctx) =>
    eventStream(
      ctx,
      (stream) => {
        opened.resolve(stream)
        return run(stream)
      },
      options,
    ),
  )
  const response = await app.fetch(new Request('http://a.test/events', init), platform)
  if (response.body === null) throw new Error('Expected a body')
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const read = async (): Promise<string | null> => {
    const { value } = await reader.read()
    return value === undefined ? null : decoder.decode(value)
  }
  return { stream: await opened.promise, response, reader, platform, app, told, read }
}

function since(id: string): RequestInit {
  return { headers: { 'last-event-id': id } }
}

describe('formatServerEvent()', () => {
  const format = (event: Parameters<typeof formatServerEvent>[0]): string =>
    new TextDecoder().decode(formatServerEvent(event))

  test.each([
    [{ data: 'a' }, 'data: a\n\n'],
    [{ data: '' }, 'data: \n\n'],
    [{ data: 'a\nb\r\nc\rd\n' }, 'data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n'],
    [{ data: ' a: b', event: 'x y', id: '7' }, 'id: 7\nevent: x y\ndata:  a: b\n\n'],
    [{ data: 'a', retryMs: 0 }, 'retry: 0\ndata: a\n\n'],
    [{ data: 'a', id: '' }, 'id: \ndata: a\n\n'],
  ])('%j', (event, expected) => {
    expect(format(event)).toBe(expected)
  })

  test.each(['a\nb', 'a\rb', 'a\0b', '\n', 'a\r\n'])('%j is no id and no name', (value) => {
    expect(() => format({ data: '', id: value })).toThrow(expect.objectContaining({ code: 'HEADER_INVALID' }))
    expect(() => format({ data: '', event: value })).toThrow(
      expect.objectContaining({ code: 'HEADER_INVALID' }),
    )
  })

  test.each([-1, 1.5, 2 ** 31, Number.NaN])('%d is no time to wait', (retryMs) => {
    expect(() => format({ data: '', retryMs })).toThrow(RangeError)
  })
})

describe('an event stream', () => {
  test('begins at once, with fields that keep everybody from collecting it', async () => {
    const { response, read } = await open()
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(await read()).toBe(':\n\n')
  })

  test('tells how long to wait before the next connection', async () => {
    const { read } = await open({ retryMs: 2500 })
    expect(await read()).toBe('retry: 2500\n\n')
  })

  test('sends text and JSON, many in one turn as one chunk', async () => {
    const { stream, read } = await open()
    expect(stream.send('a')).toBe(true)
    expect(stream.sendJson({ b: 1 }, { event: 'e', id: '2' })).toBe(true)
    expect(await read()).toBe(':\n\ndata: a\n\nid: 2\nevent: e\ndata: {"b":1}\n\n')
    expect(stream.bufferedBytes).toBe(0)
    const next = read()
    stream.send('later')
    expect(await next).toBe('data: later\n\n')
    expect(() => stream.sendJson(() => 1)).toThrow(TypeError)
  })

  test('close() ends it after what was sent, and nothing can be sent any more', async () => {
    const { stream, read } = await open()
    stream.send('last')
    stream.close()
    stream.close()
    expect([stream.isOpen, stream.signal.aborted, stream.send('late')]).toEqual([false, true, false])
    expect(await read()).toBe(':\n\ndata: last\n\n')
    expect(await read()).toBeNull()
    await stream.drained()
  })

  test('the client that goes away ends it', async () => {
    const { stream, reader, platform } = await open()
    await reader.cancel()
    expect(stream.isOpen).toBe(false)
    expect(platform.clock.pending).toBe(0)
  })

  test('the abort of the request ends it, also where nobody cancels the body', async () => {
    const abort = new AbortController()
    const { stream, read } = await open({}, { signal: abort.signal })
    abort.abort()
    expect(stream.isOpen).toBe(false)
    await read()
    expect(await read()).toBeNull()
  })

  test('what fails while it sends is reported, and ends it', async () => {
    const failure = new Error('broken')
    const { stream, told } = await open({}, {}, () => Promise.reject(failure))
    await eventually(() => !stream.isOpen)
    expect(told).toContainEqual(
      expect.objectContaining({ kind: 'event-stream.failed', error: failure, fields: { route: '/events' } }),
    )
  })

  test('HEAD gets the fields, and nothing runs', async () => {
    const app = createApp({ mode: 'test' })
    let runs = 0
    app.get('/events', (ctx) => eventStream(ctx, () => void runs++))
    const response = await app.fetch(new Request('http://a.test/events', { method: 'HEAD' }))
    expect([response.status, response.headers.get('content-type'), runs]).toEqual([
      200,
      'text/event-stream',
      0,
    ])
  })

  test('the stop of the app ends it; streams after that are refused', async () => {
    const { stream, app, read } = await open()
    await read()
    await app.stop()
    expect(stream.isOpen).toBe(false)
    expect(await read()).toBeNull()
  })

  test('options that cannot be meant are refused', async () => {
    const app = createApp({ mode: 'test', onDiagnostic: () => undefined })
    const wrong = { heartbeatMs: -1, whenSlow: 'never' } as unknown as EventStreamOptions
    let error: unknown
    app.get('/events', (ctx) => {
      try {
        return eventStream(ctx, () => undefined, wrong)
      } catch (thrown) {
        error = thrown
        return ctx.text('')
      }
    })
    await app.fetch(new Request('http://a.test/events'))
    expect(error).toMatchObject({
      code: 'OPTIONS_INVALID',
      details: { problems: [expect.anything(), expect.anything()] },
    })
  })
})

describe('heartbeats', () => {
  test('are comments, sent while nothing waits', async () => {
    const { platform, read, stream } = await open({ heartbeatMs: 1000 })
    expect(await read()).toBe(':\n\n')
    const next = read()
    await platform.clock.advance(1000)
    expect(await next).toBe(':\n\n')
    stream.send('waits')
    const before = stream.bufferedBytes
    await platform.clock.advance(5000)
    expect(stream.bufferedBytes).toBe(before)
  })

  test('are off with 0', async () => {
    const { platform } = await open({ heartbeatMs: 0 })
    expect(platform.clock.pending).toBe(0)
  })
})

describe('a slow client', () => {
  const bounds = { highWaterBytes: 30, maxBufferedBytes: 60 }

  test('send() says when to wait, and drained() when to go on', async () => {
    const { stream, read } = await open(bounds)
    expect(stream.send('123456789012345678901')).toBe(false)
    let isDrained = false
    const drained = stream.drained().then(() => (isDrained = true))
    await Promise.resolve()
    expect(isDrained).toBe(false)
    await read()
    await drained
    expect(stream.send('a')).toBe(true)
  })

  test('over the bound its stream ends, with all that was taken before', async () => {
    const { stream, read } = await open(bounds)
    while (stream.isOpen) stream.send('0123456789')
    expect(stream.bufferedBytes).toBeLessThanOrEqual(60)
    expect(await read()).toBe(`:\n\n${'data: 0123456789\n\n'.repeat(3)}`)
    expect(await read()).toBeNull()
  })

  test('or misses events, if that is wanted', async () => {
    const { stream, read, told } = await open({ ...bounds, whenSlow: 'drop' })
    for (let count = 0; count < 10; count++) stream.send('0123456789')
    expect(stream.isOpen).toBe(true)
    expect(await read()).toBe(`:\n\n${'data: 0123456789\n\n'.repeat(3)}`)
    expect(told.map(({ message }) => message)).toContain('A slow event stream missed 7 events')
    expect(stream.send('a')).toBe(true)
  })

  test('one event may always wait, however large', async () => {
    const { stream, read } = await open(bounds)
    await read()
    stream.send('a'.repeat(1000))
    expect(stream.isOpen).toBe(true)
  })
})

describe('channels', () => {
  test('an event goes to all followers, and none any more to those that ended', async () => {
    const channel = eventChannel()
    const follow = (stream: EventStream): Promise<boolean> => stream.follow(channel)
    const [one, two] = [await open({}, {}, follow), await open({}, {}, follow)]
    await eventually(() => channel.followers === 2)
    const { id } = await channel.publish({ data: 'a', event: 'news' })
    for (const { read } of [one, two]) expect(await read()).toBe(`:\n\nid: ${id}\nevent: news\ndata: a\n\n`)
    await one.reader.cancel()
    expect(channel.followers).toBe(1)
  })

  test('who comes again gets what was missed, and then what is new, each once', async () => {
    const channel = eventChannel()
    const first = await channel.publish('a')
    await channel.publish('b')
    const { id } = await channel.publish('c')
    let isWhole: unknown
    const run = async (stream: EventStream): Promise<void> => void (isWhole = await stream.follow(channel))
    const { read, stream } = await open({}, since(first.id), run)
    await eventually(() => isWhole !== undefined)
    const last = await channel.publish('d')
    expect(stream.lastEventId).toBe(first.id)
    expect(isWhole).toBe(true)
    expect(await read()).toMatch(/^:\n\nid: .+\ndata: b\n\nid: .+\ndata: c\n\nid: .+\ndata: d\n\n$/)
    expect(new Set([first.id, id, last.id]).size).toBe(3)
  })

  test('what is published while a slow buffer answers comes after what it gives, each once', async () => {
    const inner = replayBuffer()
    const gate = Promise.withResolvers<void>()
    const slow: ReplayBuffer = {
      append: (event) => inner.append(event),
      async since(id) {
        await gate.promise
        return inner.since(id)
      },
    }
    const channel = eventChannel({ replay: slow })
    const { id } = await channel.publish('known')
    const { read } = await open({}, since(id), (stream) => stream.follow(channel))
    await eventually(() => channel.followers === 1)
    await channel.publish('meanwhile')
    gate.resolve()
    expect(await read()).toBe(':\n\n')
    expect(await read()).toContain('data: meanwhile')
    const next = read()
    await channel.publish('after')
    expect(await next).toMatch(/^id: .+\ndata: after\n\n$/)
  })

  test('an id that is no longer known is told, and the stream goes on from now', async () => {
    const channel = eventChannel({ replay: replayBuffer({ maxEvents: 2 }) })
    const { id } = await channel.publish('forgotten')
    await channel.publish('b')
    await channel.publish('c')
    const results: boolean[] = []
    const run = async (stream: EventStream): Promise<void> => void results.push(await stream.follow(channel))
    const { read } = await open({}, since(id), run)
    await eventually(() => results.length === 1)
    await channel.publish('d')
    expect(results).toEqual([false])
    expect(await read()).toMatch(/^:\n\nid: .+\ndata: d\n\n$/)
  })

  test('a buffer that fails ends the stream and leaves no follower', async () => {
    const failing: ReplayBuffer = {
      append: (event) => ({ ...event, id: '1' }),
      since: () => Promise.reject(new Error('gone')),
    }
    const channel = eventChannel({ replay: failing })
    const { stream } = await open({}, since('1'), (one) => one.follow(channel))
    await eventually(() => !stream.isOpen)
    expect(channel.followers).toBe(0)
  })

  test('events keep their order although the buffer is slow, and what waits for it is bounded', async () => {
    const inner = replayBuffer()
    const gate = Promise.withResolvers<void>()
    const slow: ReplayBuffer = {
      since: (id) => inner.since(id),
      async append(event) {
        await gate.promise
        return inner.append(event)
      },
    }
    const channel = eventChannel({ replay: slow, maxPending: 3 })
    const { read } = await open({}, {}, (stream) => stream.follow(channel))
    const published = ['a', 'b', 'c'].map((data) => channel.publish(data))
    await expect(channel.publish('d')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    gate.resolve()
    const ids = (await Promise.all(published)).map(({ id }) => Number(id.split('-')[1]))
    expect(ids).toEqual([0, 1, 2])
    let all = ''
    while (!all.includes('data: c')) all += await read()
    expect([...all.matchAll(/data: (.)/g)].map(([, data]) => data)).toEqual(['a', 'b', 'c'])
  })

  test('an event that cannot be sent is not kept', async () => {
    const replay = replayBuffer()
    const channel = eventChannel({ replay })
    await channel.publish({ data: 'a', id: '1' })
    const wrong = channel.publish({ data: '', id: 'a\nb' })
    await expect(wrong).rejects.toMatchObject({ code: 'HEADER_INVALID' })
    expect(replay.since('1')).toEqual([])
  })

  test.each(['', 'a'.repeat(1025)])('a Last-Event-ID of no use is none', async (id) => {
    const { stream } = await open({}, since(id))
    expect(stream.lastEventId).toBeNull()
  })
})

describe('replayBuffer()', () => {
  test('keeps at most so many events and characters, but the last one always', () => {
    const few = replayBuffer({ maxEvents: 3 })
    const ids = ['a', 'b', 'c', 'd']
      .map((data) => few.append({ data }))
      .map((event) => ('id' in event ? event.id : ''))
    expect(few.since(ids[0] ?? '')).toBeNull()
    expect(few.since(ids[1] ?? '')).toHaveLength(2)
    expect(few.since(ids[3] ?? '')).toEqual([])
    const short = replayBuffer({ maxCharacters: 50 })
    short.append({ data: 'a'.repeat(30), id: '1' })
    short.append({ data: 'b'.repeat(30), id: '2' })
    expect(short.since('1')).toBeNull()
    short.append({ data: 'c'.repeat(100), id: '3' })
    expect(short.since('3')).toEqual([])
    expect(short.since('2')).toBeNull()
  })

  test('ids of another buffer, and of no buffer, are unknown', () => {
    const [one, two] = [replayBuffer(), replayBuffer()]
    const event = one.append({ data: 'a' })
    two.append({ data: 'a' })
    expect(two.since('id' in event ? event.id : '')).toBeNull()
    expect(one.since('nonsense')).toBeNull()
  })

  test('an id that is given twice stands for the later event', () => {
    const buffer = replayBuffer({ maxEvents: 2 })
    for (const data of ['a', 'b', 'c']) buffer.append({ data, id: data === 'b' ? 'y' : 'x' })
    expect(buffer.since('x')).toEqual([])
    expect(buffer.since('y')).toEqual([{ data: 'c', id: 'x' }])
  })

  test.each([{ maxEvents: 0 }, { maxEvents: 1.5 }, { maxCharacters: 0 }])('%j is refused', (options) => {
    expect(() => replayBuffer(options)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })
})

describe('over a real connection', () => {
  test('a client that goes away ends the stream; a server that stops ends it in time', async () => {
    const streams: EventStream[] = []
    const app = createApp({ mode: 'test' })
    app.get('/events', (ctx) => eventStream(ctx, (stream) => void streams.push(stream)))
    const server = await startServer(app)
    const request = 'GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n'
    const gone = connect(server.port, '127.0.0.1').on('error', () => undefined)
    gone.write(request)
    await eventually(() => streams.length === 1)
    gone.destroy()
    await eventually(() => streams[0]?.isOpen === false)
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.write(request)
    await eventually(() => received.includes(':\n\n'))
    streams[1]?.send('live')
    await eventually(() => received.includes('data: live'))
    const report = await server.close({ graceMs: 10_000 })
    expect(report).toMatchObject({ finished: 1, cut: 0 })
    expect(report.tookMs).toBeLessThan(3000)
    expect(received.endsWith('0\r\n\r\n')).toBe(true)
  })

  test('a client that takes nothing is let go, and its memory is bounded', async () => {
    const streams: EventStream[] = []
    const app = createApp({ mode: 'test' })
    app.get('/events', (ctx) =>
      eventStream(ctx, (stream) => void streams.push(stream), { maxBufferedBytes: 500_000 }),
    )
    const server = await startServer(app)
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    socket.pause()
    socket.write('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await eventually(() => streams.length === 1)
    const [stream] = streams
    let most = 0
    while (stream?.isOpen === true) {
      stream.send('a'.repeat(50_000))
      most = Math.max(most, stream.bufferedBytes)
      await new Promise((resolve) => void setImmediate(resolve))
    }
    expect(most).toBeLessThanOrEqual(500_000)
  })
})
