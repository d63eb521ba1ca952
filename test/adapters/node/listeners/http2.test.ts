import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
} from 'node:http2'
import { connect, constants } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NodePlatform } from '../../../../adapters/node/platform.ts'
import { eventually, startHttp2 } from '../wire.ts'

function open(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  return session
}

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly code: number
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: IncomingHttpHeaders = {}
  let body = ''
  stream
    .on('response', (received) => (headers = received))
    .on('data', (chunk: Buffer) => (body += chunk.toString()))
  stream.on('error', () => undefined)
  await new Promise((resolve) => void stream.once('close', resolve))
  return { headers, body, code: stream.rstCode ?? 0 }
}

function ask(port: number, headers: OutgoingHttpHeaders = {}, body?: string): Promise<Answer> {
  const stream = open(port).request({
    ':path': '/',
    ':method': body === undefined ? 'GET' : 'POST',
    ...headers,
  })
  stream.end(body)
  return answerOf(stream)
}

function text(platform: NodePlatform, body: string | null, status = 200): Response {
  return platform.createResponse(body, status, ['content-type', 'text/plain'])
}

describe('whole answers', () => {
  it('createHttp2Handler() sends head and text with the length in bytes', async () => {
    const { port, activity } = await startHttp2((_request, platform) => text(platform, 'grüße'))
    const { headers, body } = await ask(port)
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'text/plain', 'content-length': '7' })
    expect(body).toBe('grüße')
    await eventually(() => activity.active === 0)
    expect(activity.total).toBe(1)
  })

  it('createHttp2Handler() answers HEAD with the length and without the body', async () => {
    const { port } = await startHttp2((_request, platform) => text(platform, 'hello'))
    const { headers, body } = await ask(port, { ':method': 'HEAD' })
    expect([headers['content-length'], body]).toEqual(['5', ''])
  })

  it.each([204, 304])('createHttp2Handler() sends neither body nor length with %i', async (status) => {
    const { port } = await startHttp2((_request, { createResponse }) =>
      createResponse('ignored', status, ['content-length', '7']),
    )
    const { headers, body } = await ask(port)
    expect([headers[':status'], headers['content-length'], body]).toEqual([status, undefined, ''])
  })

  it('createHttp2Handler() sends an empty text', async () => {
    const { port } = await startHttp2((_request, platform) => text(platform, ''))
    const { headers, body } = await ask(port)
    expect([headers['content-length'], body]).toEqual(['0', ''])
  })

  it('createHttp2Handler() sends each cookie in a field of its own, and joins others', async () => {
    const { port } = await startHttp2((_request, { createResponse }) =>
      createResponse('', 200, ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'vary', 'a', 'vary', 'b']),
    )
    expect((await ask(port)).headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], vary: 'a, b' })
  })

  it('createHttp2Handler() leaves out the fields of a connection', async () => {
    const { port } = await startHttp2((_request, { createResponse }) =>
      createResponse('a', 200, [
        'connection',
        'close',
        'transfer-encoding',
        'chunked',
        'keep-alive',
        'timeout=5',
        '__proto__',
        'x',
      ]),
    )
    const { headers } = await ask(port)
    expect(headers[':status']).toBe(200)
    expect(Object.keys(headers)).not.toContain('connection')
  })

  it('createHttp2Handler() sends a native response', async () => {
    const { port } = await startHttp2(() => new Response('native', { status: 201, headers: { 'x-a': 'b' } }))
    expect(await ask(port)).toMatchObject({ headers: { ':status': 201, 'x-a': 'b' }, body: 'native' })
  })
})

describe('requests', () => {
  it('the app sees method, target, host and fields', async () => {
    const { port } = await startHttp2((request, platform) =>
      text(
        platform,
        JSON.stringify([
          request.method,
          request.wireTarget,
          request.wireHost,
          request.url,
          [...request.headers],
        ]),
      ),
    )
    const { body } = await ask(port, {
      ':method': 'DELETE',
      ':path': '/a?b',
      ':authority': 'h.test',
      'x-a': 'b',
    })
    expect(JSON.parse(body)).toEqual([
      'DELETE',
      '/a?b',
      'h.test',
      'http://h.test/a?b',
      [
        ['host', 'h.test'],
        ['x-a', 'b'],
      ],
    ])
  })

  const refused: readonly [string, OutgoingHttpHeaders, number][] = [
    ['TRACE', { ':method': 'TRACE' }, 501],
    ['a malformed authority', { ':authority': 'a:99999' }, 400],
    ['a Host that contradicts the authority', { ':authority': 'a.test', host: 'b.test' }, 400],
    ['106 fields', Object.fromEntries(Array.from({ length: 106 }, (_, index) => [`x-${index}`, '1'])), 431],
  ]
  it.each(refused)('createHttp2Handler() refuses %s', async (_name, headers, status) => {
    let calls = 0
    const { port } = await startHttp2((_request, platform) => {
      calls++
      return text(platform, 'seen')
    })
    expect((await ask(port, headers)).headers[':status']).toBe(status)
    expect(calls).toBe(0)
  })

  it('platform.peer() tells address and protocol', async () => {
    const { port } = await startHttp2((request, platform) =>
      text(platform, JSON.stringify(platform.peer(request))),
    )
    expect(JSON.parse((await ask(port)).body)).toMatchObject({
      address: '127.0.0.1',
      encrypted: false,
      protocol: 'HTTP/2',
    })
  })

  it('platform.earlyHints() sends 103 before the answer', async () => {
    const { port } = await startHttp2((request, platform) =>
      text(platform, String(platform.earlyHints(request, ['</a.css>; rel=preload']))),
    )
    const stream = open(port).request({ ':path': '/' })
    const hints = once(stream, 'headers')
    const answer = answerOf(stream)
    expect((await hints)[0]).toMatchObject({ ':status': 103, link: '</a.css>; rel=preload' })
    expect((await answer).body).toBe('true')
  })

  it('createHttp2Handler() asks for a body when it is read', async () => {
    const { port } = await startHttp2(async (request, platform) => text(platform, await request.text()))
    const stream = open(port).request({ ':path': '/', ':method': 'POST', expect: '100-continue' })
    stream.once('continue', () => stream.end('hello'))
    expect((await answerOf(stream)).body).toBe('hello')
  })
})

describe('apps that fail', () => {
  const failing: readonly [string, (platform: NodePlatform) => Response | Promise<Response>][] = [
    [
      'throws',
      () => {
        throw new Error('oops')
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
    ['returns nothing', () => undefined as unknown as Response],
    ['returns status 99', ({ createResponse }) => createResponse('', 99, [])],
    ['returns status 101', ({ createResponse }) => createResponse('', 101, [])],
    ['splits a header', ({ createResponse }) => createResponse('', 200, ['x-a', 'b\r\nc: d'])],
    ['names a control field', ({ createResponse }) => createResponse('', 200, [':path', '/'])],
  ]
  it.each(failing)(
    'createHttp2Handler() answers 500 and logs one line when the app %s',
    async (_name, fetch) => {
      const { port, events, activity } = await startHttp2((_request, platform) => fetch(platform))
      const { headers, body } = await ask(port)
      expect([headers[':status'], body]).toEqual([500, ''])
      expect(events).toHaveLength(1)
      await eventually(() => activity.active === 0)
    },
  )
})

describe('streamed answers', () => {
  it('createHttp2Handler() sends chunks as they come, and the head before the first', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const { port } = await startHttp2((_request, { createResponse }) => createResponse(readable, 200, []))
    const stream = open(port).request({ ':path': '/' })
    await once(stream, 'response')
    const writer = writable.getWriter()
    await writer.write(new TextEncoder().encode('one'))
    expect(String((await once(stream, 'data'))[0])).toBe('one')
    await writer.close()
    await once(stream, 'close')
  })

  it('createHttp2Handler() resets the stream when the body fails after the head', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('disk'))
      },
    })
    const { port, events, activity } = await startHttp2((_request, { createResponse }) =>
      createResponse(body, 200, []),
    )
    expect(await ask(port)).toMatchObject({ code: constants.NGHTTP2_INTERNAL_ERROR })
    expect(events).toHaveLength(1)
    await eventually(() => activity.active === 0)
  })

  it('createHttp2Handler() cancels the source without an error line when the client resets the stream', async () => {
    const cancelled = Promise.withResolvers<unknown>()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: (reason) => cancelled.resolve(reason),
    })
    const { port, events, activity } = await startHttp2((_request, { createResponse }) =>
      createResponse(body, 200, []),
    )
    const stream = open(port).request({ ':path': '/' })
    await once(stream, 'data')
    stream.close(constants.NGHTTP2_CANCEL)
    expect(await cancelled.promise).toBeInstanceOf(Error)
    await eventually(() => activity.active === 0)
    expect(events).toEqual([])
  })

  it('createHttp2Handler() logs no error when the client goes away in the middle of what is echoed to it', async () => {
    const { port, activity, events } = await startHttp2((request, { createResponse }) =>
      createResponse(request.body, 200, []),
    )
    const session = open(port)
    const stream = session.request({ ':path': '/', ':method': 'POST' })
    stream.on('error', () => undefined)
    stream.write('half')
    await once(stream, 'data')
    session.destroy()
    await eventually(() => activity.active === 0)
    expect(events).toEqual([])
  })

  it('request.signal aborts when the client resets the stream', async () => {
    const aborted = Promise.withResolvers<unknown>()
    const { port, activity } = await startHttp2((request, platform) => {
      request.signal.addEventListener('abort', () => aborted.resolve(request.signal.reason))
      return aborted.promise.then(() => text(platform, 'late'))
    })
    const stream = open(port).request({ ':path': '/' })
    stream.on('error', () => undefined)
    await eventually(() => activity.active === 1)
    stream.close(constants.NGHTTP2_CANCEL)
    expect(await aborted.promise).toMatchObject({ code: 'CLIENT_GONE' })
    await eventually(() => activity.active === 0)
  })

  it('request.signal stays quiet when the answer was complete', async () => {
    let signal: AbortSignal | null = null
    const { port, activity } = await startHttp2((request, platform) => {
      signal = request.signal
      return text(platform, 'done')
    })
    await ask(port)
    await eventually(() => activity.active === 0)
    expect(signal).toMatchObject({ aborted: false })
  })
})

describe('bodies of requests', () => {
  it('readBody() gives bytes in memory of their own', async () => {
    const { port } = await startHttp2(async (request, platform) => {
      const bytes = await platform.readBody(request, 100)
      return text(platform, `${Buffer.from(bytes).toString()} ${bytes.buffer.byteLength}`)
    })
    expect((await ask(port, {}, 'hello')).body).toBe('hello 5')
  })

  it('readBody() rejects when the client resets the stream in the middle', async () => {
    const failed = Promise.withResolvers<unknown>()
    const { port, activity } = await startHttp2(async (request, platform) => {
      await platform.readBody(request, 100).catch(failed.resolve)
      return text(platform, 'late')
    })
    const stream = open(port).request({ ':path': '/', ':method': 'POST' })
    stream.on('error', () => undefined)
    stream.write('half')
    await eventually(() => activity.active === 1)
    stream.destroy(new Error('cut'))
    expect(await failed.promise).toMatchObject({ code: 'BODY_ABORTED' })
    await eventually(() => activity.active === 0)
  })

  it('request.body streams 20 MB there and back', async () => {
    const { port, activity } = await startHttp2((request, { createResponse }) =>
      createResponse(request.body, 200, []),
    )
    const stream = open(port).request({ ':path': '/', ':method': 'POST' })
    const sent = createHash('sha256')
    const received = createHash('sha256')
    stream.on('data', (chunk: Buffer) => void received.update(chunk))
    for (let index = 0; index < 320; index++) {
      const chunk = Buffer.alloc(65_536, index)
      sent.update(chunk)
      if (!stream.write(chunk)) await once(stream, 'drain')
    }
    stream.end()
    await once(stream, 'close')
    expect(received.digest('hex')).toBe(sent.digest('hex'))
    await eventually(() => activity.active === 0)
  })

  it('createHttp2Handler() answers and stops a large body that is not read', async () => {
    const { port, activity } = await startHttp2((_request, platform) => text(platform, 'no'))
    const stream = open(port).request({ ':path': '/', ':method': 'POST' })
    stream.write('x'.repeat(100_000))
    expect(await answerOf(stream)).toMatchObject({
      headers: { ':status': 200 },
      body: 'no',
      code: constants.NGHTTP2_NO_ERROR,
    })
    await eventually(() => activity.active === 0)
  })

  it('createHttp2Handler() leaves the window of the connection open after bodies that nobody read', async () => {
    const { port } = await startHttp2(async (request, platform) =>
      text(platform, request.wireTarget === '/read' ? String((await request.bytes()).byteLength) : 'no'),
    )
    const session = open(port)
    for (let index = 0; index < 20; index++) {
      const stream = session.request({ ':path': '/', ':method': 'POST' })
      stream.end('x'.repeat(60_000))
      await answerOf(stream)
    }
    const stream = session.request({ ':path': '/read', ':method': 'POST' })
    stream.end('x'.repeat(200_000))
    expect((await answerOf(stream)).body).toBe('200000')
  })
})

describe('draining', () => {
  it('createHttp2Handler() refuses new streams in a way that lets clients try again', async () => {
    const { port, activity } = await startHttp2((_request, platform) => text(platform, 'seen'))
    activity.draining = true
    expect(await ask(port)).toMatchObject({ body: '', code: constants.NGHTTP2_REFUSED_STREAM })
    expect(activity).toMatchObject({ active: 0, total: 0 })
  })

  it('createHttp2Handler() tells the end of a stream that runs', async () => {
    const answer = Promise.withResolvers<Response>()
    const { port, activity } = await startHttp2(() => answer.promise)
    const asked = ask(port)
    await eventually(() => activity.active === 1)
    const ended = new Promise<void>((resolve) => (activity.onEnd = resolve))
    activity.draining = true
    answer.resolve(new Response('last'))
    expect((await asked).body).toBe('last')
    await ended
    expect(activity.active).toBe(0)
  })
})
