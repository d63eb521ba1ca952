import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as clientRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { NodePlatform } from '../../../../adapters/node/platform.ts'
import { eventually, RawClient, startHttp1, talk } from '../wire.ts'

const get = 'GET / HTTP/1.1\r\nhost: a.test\r\n\r\n'
const last = 'GET /last HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n'

function text(platform: NodePlatform, body: string | null, status = 200): Response {
  return platform.createResponse(body, status, ['content-type', 'text/plain'])
}

/** Names and values of a head, in order. */
function fields(answer: string): [string, string][] {
  const head = answer.slice(0, answer.indexOf('\r\n\r\n'))
  const pairs = head.split('\r\n').slice(1)
  return pairs.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 2),
  ])
}

function field(answer: string, name: string): string[] {
  return fields(answer).flatMap(([key, value]) => (key === name ? [value] : []))
}

describe('whole answers', () => {
  it('createHttp1Handler() sends head and text with the length in bytes', async () => {
    const { port, activity } = await startHttp1((_request, platform) => text(platform, 'grüße'))
    const answer = await talk(port, last)
    expect(answer.startsWith('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 7\r\n')).toBe(
      true,
    )
    expect(Buffer.from(answer.split('\r\n\r\n')[1] ?? '', 'latin1').toString()).toBe('grüße')
    expect(activity).toMatchObject({ active: 0, total: 1 })
  })

  it('createHttp1Handler() sends bytes as they are', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse(new Uint8Array([0, 255, 13, 10]), 200, []),
    )
    expect((await talk(port, last)).endsWith('\r\n\r\n\x00\xff\r\n')).toBe(true)
  })

  it('createHttp1Handler() sends the length of a Blob', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse(new Blob(['abc', 'de']), 200, []),
    )
    const answer = await talk(port, last)
    expect(field(answer, 'content-length')).toEqual(['5'])
    expect(answer.endsWith('\r\n\r\nabcde')).toBe(true)
  })

  it('createHttp1Handler() answers HEAD with the length and without the body', async () => {
    const { port } = await startHttp1((_request, platform) => text(platform, 'hello'))
    const answer = await talk(port, `HEAD / HTTP/1.1\r\nhost: a.test\r\n\r\n${last}`)
    const [head = '', second = ''] = answer.split(/(?<=\r\n\r\n)/)
    expect(field(head, 'content-length')).toEqual(['5'])
    expect(second.startsWith('HTTP/1.1 200 OK')).toBe(true)
  })

  it('createHttp1Handler() keeps the announced length of a HEAD answer that has no body', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse(null, 200, ['content-length', '99']),
    )
    const answer = await talk(port, 'HEAD / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n')
    expect(field(answer, 'content-length')).toEqual(['99'])
  })

  it('createHttp1Handler() cancels the stream of a HEAD answer', async () => {
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) })
    const { port } = await startHttp1((_request, { createResponse }) => createResponse(body, 200, []))
    const answer = await talk(port, 'HEAD / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n')
    expect(answer.endsWith('\r\n\r\n')).toBe(true)
    expect(cancelled).toBe(true)
  })

  it('createHttp1Handler() sends neither body nor length with 204', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse('ignored', 204, ['content-length', '7']),
    )
    const answer = await talk(port, last)
    expect(field(answer, 'content-length')).toEqual([])
    expect(field(answer, 'transfer-encoding')).toEqual([])
    expect(answer.endsWith('\r\n\r\n')).toBe(true)
  })

  it('createHttp1Handler() sends neither body nor length with 304', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse('ignored', 304, ['etag', '"a"']),
    )
    const answer = await talk(port, last)
    expect(field(answer, 'content-length')).toEqual([])
    expect(field(answer, 'etag')).toEqual(['"a"'])
    expect(answer.endsWith('\r\n\r\n')).toBe(true)
  })

  it('createHttp1Handler() sends each cookie in a field of its own', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse('', 200, ['set-cookie', 'a=1', 'set-cookie', 'b=2']),
    )
    expect(field(await talk(port, last), 'set-cookie')).toEqual(['a=1', 'b=2'])
  })

  it('createHttp1Handler() sends a native response with its cookies', async () => {
    const { port } = await startHttp1(() => {
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-one', '1'],
      ])
      return new Response('native', { status: 201, headers })
    })
    const answer = await talk(port, last)
    expect(answer.startsWith('HTTP/1.1 201 Created')).toBe(true)
    expect(field(answer, 'set-cookie')).toEqual(['a=1', 'b=2'])
    expect(field(answer, 'x-one')).toEqual(['1'])
    expect(answer).toContain('native')
  })

  it('createHttp1Handler() leaves framing and connection to Node', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse('hello', 200, [
        'content-length',
        '99',
        'transfer-encoding',
        'chunked',
        'connection',
        'upgrade',
      ]),
    )
    const answer = await talk(port, last)
    expect(field(answer, 'content-length')).toEqual(['5'])
    expect(field(answer, 'transfer-encoding')).toEqual([])
    expect(field(answer, 'connection')).toEqual(['close'])
  })
})

describe('requests that the app does not see', () => {
  const refused: readonly [string, string, string][] = [
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', '400'],
    ['two Hosts', 'GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n', '400'],
    ['an empty Host', 'GET / HTTP/1.1\r\nhost:\r\n\r\n', '400'],
    ['a Host with a space', 'GET / HTTP/1.1\r\nhost: a b\r\n\r\n', '400'],
    ['a Host with user information', 'GET / HTTP/1.1\r\nhost: a@b\r\n\r\n', '400'],
    ['a Host with a list', 'GET / HTTP/1.1\r\nhost: a,b\r\n\r\n', '400'],
    ['a Host with a port above 65535', 'GET / HTTP/1.1\r\nhost: a:65536\r\n\r\n', '400'],
    ['a bad Host beside an absolute target', 'GET http://a/ HTTP/1.1\r\nhost: a b\r\n\r\n', '400'],
    ['an absolute target with user information', 'GET http://u@a/ HTTP/1.1\r\nhost: a\r\n\r\n', '400'],
    ['TRACE', 'TRACE / HTTP/1.1\r\nhost: a\r\n\r\n', '501'],
    ['101 fields', `GET / HTTP/1.1\r\nhost: a\r\n${'x: 1\r\n'.repeat(100)}\r\n`, '431'],
  ]

  it.each(refused)('createHttp1Handler() refuses %s', async (_name, request, status) => {
    let calls = 0
    const { port, activity } = await startHttp1((_request, platform) => {
      calls++
      return text(platform, 'seen')
    })
    const answer = await talk(port, request)
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true)
    expect(field(answer, 'connection')).toEqual(['close'])
    expect(calls).toBe(0)
    expect(activity).toMatchObject({ active: 0, total: 1 })
  })

  it('createHttp1Handler() refuses an expectation other than 100-continue with 417', async () => {
    const { port } = await startHttp1((_request, platform) => text(platform, 'seen'))
    expect(await talk(port, 'GET / HTTP/1.1\r\nhost: a\r\nexpect: x\r\nconnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 417 /,
    )
  })
})

describe('targets', () => {
  const targets: readonly [string, string, string, string][] = [
    ['origin form', 'GET /a?b=c HTTP/1.1\r\nhost: h.test:81\r\n', '/a?b=c', 'h.test:81'],
    [
      'absolute form, whose host counts',
      'GET http://other.test/a?b HTTP/1.1\r\nhost: h.test\r\n',
      '/a?b',
      'other.test',
    ],
    [
      'absolute form without a path',
      'GET http://other.test?b HTTP/1.1\r\nhost: h.test\r\n',
      '/?b',
      'other.test',
    ],
    ['asterisk form', 'OPTIONS * HTTP/1.1\r\nhost: h.test\r\n', '*', 'h.test'],
    ['HTTP/1.0 without Host', 'GET /a HTTP/1.0\r\n', '/a', ''],
    ['an IPv6 host', 'GET /a HTTP/1.1\r\nhost: [::1]:80\r\n', '/a', '[::1]:80'],
  ]

  it.each(targets)('wireTarget and wireHost of %s', async (_name, head, target, host) => {
    const { port } = await startHttp1(({ wireTarget, wireHost }, platform) =>
      text(platform, `${wireTarget} ${wireHost}`),
    )
    expect((await talk(port, `${head}connection: close\r\n\r\n`)).split('\r\n\r\n')[1]).toBe(
      `${target} ${host}`,
    )
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
    ['resolves to nothing', () => Promise.resolve(undefined as unknown as Response)],
    ['returns status 99', ({ createResponse }) => createResponse('', 99, [])],
    ['returns status 101', ({ createResponse }) => createResponse('', 101, [])],
    ['splits a header', ({ createResponse }) => createResponse('', 200, ['x-a', 'b\r\nset-cookie: c=d'])],
    ['returns a malformed header name', ({ createResponse }) => createResponse('', 200, ['x a', 'b'])],
  ]

  it.each(failing)(
    'createHttp1Handler() answers 500 and logs one line when the app %s',
    async (_name, fetch) => {
      const { port, events, activity } = await startHttp1((_request, platform) => fetch(platform))
      const answer = await talk(port, last)
      expect(answer).toMatch(/^HTTP\/1.1 500 .*\r\n\r\n$/s)
      expect(answer).not.toContain('set-cookie')
      expect(answer).not.toContain('oops')
      expect(events.map(({ kind, level }) => [kind, level])).toEqual([['response.failed', 'error']])
      expect(activity).toMatchObject({ active: 0, total: 1 })
    },
  )

  it('createHttp1Handler() answers 500 when the body of the response was read before', async () => {
    const { port, events } = await startHttp1(async (_request, platform) => {
      const response = text(platform, 'once')
      await response.text()
      return response
    })
    expect(await talk(port, last)).toMatch(/^HTTP\/1.1 500 /)
    expect(events[0]?.error).toMatchObject({ code: 'BODY_USED' })
  })

  it('createHttp1Handler() answers 500 when somebody else reads the body of the response', async () => {
    const { port } = await startHttp1((_request, { createResponse }) => {
      const body = new Blob(['x']).stream()
      body.getReader()
      return createResponse(body, 200, [])
    })
    expect(await talk(port, last)).toMatch(/^HTTP\/1.1 500 /)
  })
})

describe('streamed answers', () => {
  it('createHttp1Handler() sends chunks as they come, and the head before the first', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse(readable, 200, ['x-a', 'b']),
    )
    const client = new RawClient(port).send(get)
    expect(field(await client.until('\r\n\r\n'), 'transfer-encoding')).toEqual(['chunked'])
    const writer = writable.getWriter()
    await writer.write(new TextEncoder().encode('one'))
    expect(await client.until('one\r\n')).toBe('3\r\none\r\n')
    await writer.close()
    expect(await client.until('0\r\n\r\n')).toBe('0\r\n\r\n')
  })

  it('createHttp1Handler() keeps the connection after a stream', async () => {
    const { port } = await startHttp1((_request, { createResponse }) =>
      createResponse(new Blob(['x']).stream(), 200, []),
    )
    const answer = await talk(port, get + last)
    expect(answer.match(/HTTP\/1.1 200/g)).toHaveLength(2)
  })

  it('createHttp1Handler() takes from a stream only what the client takes', async () => {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++
          controller.enqueue(new Uint8Array(65_536))
          if (pulled === 1000) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const { port } = await startHttp1((_request, { createResponse }) => createResponse(body, 200, []))
    const client = new RawClient(port, { paused: true }).send(last)
    await once(client.socket, 'readable')
    let before = -1
    // Quiet for many turns: the buffers of the system are full.
    for (let quiet = 0; quiet < 200; quiet++) {
      if (pulled !== before) quiet = 0
      before = pulled
      await new Promise((resolve) => void setImmediate(resolve))
    }
    expect(pulled).toBeLessThan(500)
    let size = 0
    client.socket.on('data', (chunk) => (size += chunk.length))
    await once(client.socket, 'close')
    expect(pulled).toBe(1000)
    expect(size).toBeGreaterThan(65_536_000)
  })

  it('createHttp1Handler() cancels the source without an error line when the client goes away', async () => {
    const cancelled = Promise.withResolvers<unknown>()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: (reason) => cancelled.resolve(reason),
    })
    const { port, activity, events } = await startHttp1((_request, { createResponse }) =>
      createResponse(body, 200, []),
    )
    const client = new RawClient(port).send(get)
    await client.until('\r\n\r\n')
    client.socket.destroy()
    expect(await cancelled.promise).toBeInstanceOf(Error)
    await eventually(() => activity.active === 0)
    expect(events).toEqual([])
  })

  it('createHttp1Handler() cancels a source that waits for the client to take what was sent', async () => {
    let pulled = 0
    const cancelled = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(65_536))
      },
      cancel: () => cancelled.resolve(),
    })
    const { port, activity, events } = await startHttp1((_request, { createResponse }) =>
      createResponse(body, 200, []),
    )
    const client = new RawClient(port, { paused: true }).send(get)
    await eventually(() => pulled > 20)
    client.socket.destroy()
    await cancelled.promise
    await eventually(() => activity.active === 0)
    expect(events).toEqual([])
  })

  it('createHttp1Handler() logs no error when the client goes away in the middle of what is echoed to it', async () => {
    const { port, activity, events } = await startHttp1((request, { createResponse }) =>
      createResponse(request.body, 200, []),
    )
    const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\n'
    const client = new RawClient(port).send(`${head}half`)
    await client.until('half')
    client.socket.destroy()
    await eventually(() => activity.active === 0)
    expect(events).toEqual([])
  })

  it('createHttp1Handler() cancels a source whose client is gone before the answer', async () => {
    const answer = Promise.withResolvers<Response>()
    let cancelled = false
    let signal: AbortSignal | null = null
    const { port, activity, events } = await startHttp1((request) => {
      signal = request.signal
      return answer.promise
    })
    const client = new RawClient(port).send(get)
    await eventually(() => activity.active === 1)
    client.socket.destroy()
    await eventually(() => signal?.aborted === true)
    answer.resolve(new Response(new ReadableStream({ cancel: () => void (cancelled = true) })))
    await eventually(() => activity.active === 0)
    expect(cancelled).toBe(true)
    expect(events).toEqual([])
  })

  it('createHttp1Handler() cuts the connection when a stream fails after the head', async () => {
    let failBody = (): void => undefined
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('part'))
        failBody = () => controller.error(new Error('disk'))
      },
    })
    const { port, activity, events } = await startHttp1((_request, { createResponse }) =>
      createResponse(body, 200, []),
    )
    const client = new RawClient(port).send(get)
    await client.until('part\r\n')
    failBody()
    expect(await client.rest()).not.toContain('0\r\n\r\n')
    expect(events).toHaveLength(1)
    expect(activity.active).toBe(0)
  })

  const lengths: readonly [string, string][] = [
    ['fewer', '20'],
    ['more', '3'],
  ]
  it.each(lengths)(
    'createHttp1Handler() cuts the connection when a stream has %s bytes than announced',
    async (_name, length) => {
      const { port, events } = await startHttp1((_request, { createResponse }) =>
        createResponse(new Blob(['0123456789']).stream(), 200, ['content-length', length]),
      )
      const answer = await talk(port, get + get)
      expect(answer.match(/HTTP\/1.1/g)?.length ?? 0).toBeLessThanOrEqual(1)
      expect(answer).not.toContain('0123456789HTTP')
      expect(events[0]?.error).toMatchObject({ code: 'STREAM_LENGTH' })
    },
  )
})

describe('bodies of requests', () => {
  it('readBody() reads a body with a length and a chunked one alike', async () => {
    const { port } = await startHttp1(async (request, platform) => {
      return text(platform, Buffer.from(await platform.readBody(request, 100)).toString())
    })
    const sized = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello'
    const chunked =
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'
    expect((await talk(port, sized + chunked)).match(/hello/g)).toHaveLength(2)
  })

  it('readBody() gives no bytes for a request without a body', async () => {
    const { port } = await startHttp1(async (request, platform) => {
      return text(platform, String((await platform.readBody(request, 0)).byteLength))
    })
    expect(await talk(port, last)).toMatch(/\r\n\r\n0$/)
  })

  it('readBody() refuses an announced body over the bound before it comes', async () => {
    const { port } = await startHttp1((request, platform) =>
      platform.readBody(request, 4).then(
        () => text(platform, 'read'),
        (error) => text(platform, error.code, error.status),
      ),
    )
    const client = new RawClient(port).send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n')
    expect(await client.until('BODY_TOO_LARGE')).toMatch(/^HTTP\/1.1 413 /)
  })

  it('readBody() refuses a chunked body when it passes the bound', async () => {
    const { port } = await startHttp1((request, platform) =>
      platform.readBody(request, 4).then(
        () => text(platform, 'read'),
        (error) => text(platform, error.code, error.status),
      ),
    )
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
    )
    expect(await client.until('BODY_TOO_LARGE')).toMatch(/^HTTP\/1.1 413 /)
    client.socket.end()
    await client.rest()
  })

  it('readBody() rejects when the client goes away in the middle', async () => {
    const failed = Promise.withResolvers<unknown>()
    const { port, activity } = await startHttp1(async (request, platform) => {
      await platform.readBody(request, 100).catch(failed.resolve)
      return text(platform, 'late')
    })
    const client = new RawClient(port).send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\nhalf')
    await eventually(() => activity.active === 1)
    client.socket.destroy()
    expect(await failed.promise).toMatchObject({ code: 'BODY_ABORTED', status: 400 })
    await eventually(() => activity.active === 0)
  })

  it('request.body errors when the client goes away in the middle', async () => {
    const failed = Promise.withResolvers<unknown>()
    const { port } = await startHttp1(async (request, platform) => {
      const reader = request.body?.getReader()
      const first = await reader?.read()
      await reader?.read().catch(failed.resolve)
      return text(platform, String(first?.done))
    })
    const client = new RawClient(port).send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\nhalf')
    await new Promise((resolve) => void setTimeout(resolve, 20))
    client.socket.destroy()
    expect(await failed.promise).toMatchObject({ code: 'BODY_ABORTED' })
  })

  it('readBody() refuses to read twice', async () => {
    const { port } = await startHttp1(async (request, platform) => {
      await platform.readBody(request, 100)
      return platform.readBody(request, 100).then(
        () => text(platform, 'again'),
        (error) => text(platform, error.code),
      )
    })
    expect(
      await talk(port, 'POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx'),
    ).toContain('BODY_USED')
  })

  it('readBody() reads a body whose stream was only looked at', async () => {
    const { port } = await startHttp1(async (request, platform) => {
      if (request.body === null) return text(platform, 'none')
      return text(platform, Buffer.from(await platform.readBody(request, 100)).toString())
    })
    expect(
      await talk(port, 'POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc'),
    ).toMatch(/abc$/)
  })

  it('request.body streams 20 MB there and back', async () => {
    const { port, activity } = await startHttp1((request, { createResponse }) =>
      createResponse(request.body, 200, []),
    )
    const sent = createHash('sha256')
    const received = createHash('sha256')
    const upload = clientRequest({ port, method: 'POST', agent: false })
    const answered = once(upload, 'response')
    const sending = (async () => {
      for (let index = 0; index < 320; index++) {
        const chunk = Buffer.alloc(65_536, index)
        sent.update(chunk)
        if (!upload.write(chunk)) await once(upload, 'drain')
      }
      upload.end()
    })()
    const [response] = await answered
    for await (const chunk of response) received.update(chunk)
    await sending
    expect(received.digest('hex')).toBe(sent.digest('hex'))
    await eventually(() => activity.active === 0)
  })
})

describe('bodies that nobody reads', () => {
  it('createHttp1Handler() keeps the connection when a small body was not read', async () => {
    const { port } = await startHttp1((_request, platform) => text(platform, 'ignored'))
    const client = new RawClient(port).send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n`)
    await client.until('ignored')
    client.send(`hello${last}`)
    expect(await client.rest()).toMatch(/^HTTP\/1.1 200 /)
  })

  it('createHttp1Handler() keeps the connection when the stream of a small body was left half read', async () => {
    const { port } = await startHttp1(async (request, platform) => {
      await request.body?.getReader().read()
      return text(platform, 'ignored')
    })
    const client = new RawClient(port).send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe`)
    await client.until('ignored')
    client.send(`llo${last}`)
    await client.until('HTTP/1.1 200')
    expect(await client.rest()).toContain('ignored')
  })

  const large: readonly [string, string][] = [
    ['with a length', 'content-length: 100000000'],
    ['that is chunked', 'transfer-encoding: chunked'],
  ]
  it.each(large)(
    'createHttp1Handler() answers and closes when a large body %s is not read',
    async (_name, head) => {
      const { port, activity } = await startHttp1((_request, platform) => text(platform, 'no'))
      const client = new RawClient(port).send(`POST / HTTP/1.1\r\nhost: a\r\n${head}\r\n\r\n`)
      const answer = await client.until('no')
      expect(field(answer, 'connection')).toEqual(['close'])
      client.socket.end()
      await client.rest()
      expect(activity.active).toBe(0)
    },
  )

  it('createHttp1Handler() closes on a client that goes on sending', async () => {
    const { port, activity } = await startHttp1((_request, platform) => text(platform, 'no'))
    const client = new RawClient(port).send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n`)
    await client.until('no')
    const feeding = setInterval(() => client.send('x'.repeat(1000)), 5)
    await client.rest()
    clearInterval(feeding)
    expect(client.socket.closed).toBe(true)
    await eventually(() => activity.active === 0)
  })

  it('createHttp1Handler() does not ask for a body that nobody reads', async () => {
    const { port } = await startHttp1((_request, platform) => text(platform, 'no'))
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n',
    )
    const answer = await client.rest()
    expect(answer).toMatch(/^HTTP\/1.1 200 /)
    expect(field(answer, 'connection')).toEqual(['close'])
  })

  it('createHttp1Handler() asks for a body when it is read', async () => {
    const { port } = await startHttp1(async (request, platform) => text(platform, await request.text()))
    const client = new RawClient(port).send(
      'POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n',
    )
    expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('hello')
    expect(await client.until('hello')).toMatch(/^HTTP\/1.1 200 /)
  })
})

describe('connections', () => {
  it('createHttp1Handler() answers pipelined requests in order', async () => {
    const { port, activity } = await startHttp1(async (request, platform) => {
      if (request.wireTarget === '/slow') await new Promise((resolve) => void setTimeout(resolve, 20))
      return text(platform, `[${request.wireTarget}]`)
    })
    const answer = await talk(port, `GET /slow HTTP/1.1\r\nhost: a\r\n\r\n${get}${last}`)
    expect(answer.match(/\[.*?\]/g)).toEqual(['[/slow]', '[/]', '[/last]'])
    expect(activity).toMatchObject({ active: 0, total: 3 })
  })

  it('createHttp1Handler() ends pipelined requests whose client goes away', async () => {
    const first = Promise.withResolvers<Response>()
    const { port, activity } = await startHttp1((request, platform) =>
      request.wireTarget === '/' ? first.promise : text(platform, 'waits'),
    )
    const client = new RawClient(port).send(get + 'GET /b HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(20))
    await eventually(() => activity.total === 21)
    client.socket.destroy()
    await eventually(() => activity.active === 1)
    first.resolve(new Response('late'))
    await eventually(() => activity.active === 0)
    expect(activity.total).toBe(21)
  })

  it('createHttp1Handler() counts an answer as running until the client has taken it', async () => {
    const { port, activity } = await startHttp1((_request, platform) =>
      text(platform, 'x'.repeat(30_000_000)),
    )
    const client = new RawClient(port, { paused: true }).send(last)
    await once(client.socket, 'readable')
    expect(activity.active).toBe(1)
    client.socket.resume()
    await once(client.socket, 'close')
    expect(activity.active).toBe(0)
  })

  it('createHttp1Handler() closes connections while draining, and tells the end of each request', async () => {
    const { port, activity } = await startHttp1((_request, platform) => text(platform, 'bye'))
    let ended = 0
    activity.draining = true
    activity.onEnd = () => ended++
    const client = new RawClient(port).send(get)
    expect(field(await client.rest(), 'connection')).toEqual(['close'])
    expect(ended).toBe(1)
  })

  it('request.signal stays quiet when the answer was complete', async () => {
    let signal: AbortSignal | null = null
    const { port } = await startHttp1((request, platform) => {
      signal = request.signal
      return text(platform, 'done')
    })
    await talk(port, last)
    expect(signal).toMatchObject({ aborted: false })
  })

  it('platform.peer() tells address, port and protocol', async () => {
    const { port } = await startHttp1((request, platform) =>
      text(platform, JSON.stringify(platform.peer(request))),
    )
    const client = new RawClient(port)
    await once(client.socket, 'connect')
    const { localPort } = client.socket
    client.send(last)
    const answer = await client.rest()
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual({
      address: '127.0.0.1',
      port: localPort,
      encrypted: false,
      protocol: 'HTTP/1.1',
    })
  })

  it('platform.peer() tells nothing once the connection is gone', async () => {
    const peer = Promise.withResolvers<unknown>()
    const { port, activity } = await startHttp1(async (request, platform) => {
      await new Promise((resolve) => void request.signal.addEventListener('abort', resolve))
      peer.resolve(platform.peer(request))
      return text(platform, '')
    })
    const client = new RawClient(port).send(get)
    await eventually(() => activity.active === 1)
    client.socket.destroy()
    expect(await peer.promise).toBeNull()
  })
})

describe('early hints', () => {
  it('platform.earlyHints() sends 103 before the answer', async () => {
    const { port } = await startHttp1((request, platform) => {
      const sent = platform.earlyHints(request, [
        '</a.css>; rel=preload; as=style',
        '</b.js>; rel=preload; as=script',
      ])
      return text(platform, String(sent))
    })
    const answer = await talk(port, last)
    expect(answer).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload; as=style, <\/b.js>; rel=preload; as=script\r\n\r\nHTTP\/1.1 200 /,
    )
    expect(answer.endsWith('true')).toBe(true)
  })

  it('platform.earlyHints() is false for HTTP/1.0', async () => {
    const { port } = await startHttp1((request, platform) =>
      text(platform, String(platform.earlyHints(request, ['</a>; rel=preload']))),
    )
    expect(await talk(port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 .*false$/s)
  })
})
