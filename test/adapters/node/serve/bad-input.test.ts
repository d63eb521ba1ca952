import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Server } from '../../../../adapters/node/index.ts'
import { serve } from '../../../../adapters/node/index.ts'
import { createApp } from '../../../../src/index.ts'
import type { DiagnosticEvent } from '../../../../src/diagnostics/index.ts'
import { createTestPlatform } from '../../../../src/testing/index.ts'
import { exchange, statuses } from './raw.ts'

let server: Server
let logged: DiagnosticEvent[] = []

function app() {
  return createApp({ limits: { handlerMs: 1500, bodyBytes: 100_000 } })
    .get('/', () => 'up')
    .post('/json', async (ctx) => ({ got: await ctx.body.json() }))
    .post('/twice', async (ctx) => [await ctx.body.text(), await ctx.body.text()])
    .post('/form', async (ctx) => [...(await ctx.body.form())].length)
    .post('/parts', async (ctx) => {
      let count = 0
      for await (const part of ctx.multipart()) count += (await part.bytes()).length >= 0 ? 1 : 0
      return { count }
    })
    .get('/cookie', (ctx) => ctx.cookies.get('a') ?? 'none')
    .get('/late', (ctx) =>
      ctx.stream(
        (async function* breaks() {
          yield 'x'.repeat(1000)
          await new Promise((resolve) => setTimeout(resolve, 50))
          throw new Error('broke in the middle')
        })(),
      ),
    )
    .get('/never', () => new Promise<Response>(() => undefined))
    .get('/nothing', () => undefined as never)
    .get('/odd', () => {
      // oxlint-disable-next-line no-throw-literal -- this is the case
      throw { not: 'an error' }
    })
    .get('/split', (ctx) => ctx.header('x-a', 'b\r\nset-cookie: stolen=1').text('x'))
}

beforeEach(async () => {
  logged = []
  server = await serve(app(), {
    port: 0,
    signals: false,
    limits: { headerBytes: 16_384 },
    log: (event) => void logged.push(event),
  })
})
afterEach(async () => {
  // Whatever was sent, the server goes on.
  expect(await (await fetch(server.url)).text()).toBe('up')
  await server.close({ graceMs: 0 })
})

const post = (path: string, body: string, type = 'application/json'): Promise<Response> =>
  fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body })

describe('a body', () => {
  test('of JSON of depth 100,000 is 400', async () => {
    const response = await post('/json', '['.repeat(50_000) + ']'.repeat(50_000))
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      'BODY_MALFORMED',
    ])
    expect(logged).toHaveLength(1)
  })

  test.each([
    '{"__proto__":{"admin":true}}',
    '{"a":{"\\u005f_proto__":1}}',
    '{"constructor":{"prototype":{}}}',
  ])('with the key of a prototype is 400: %s', async (body) => {
    expect((await post('/json', body)).status).toBe(400)
    expect(Reflect.get({}, 'admin')).toBeUndefined()
  })

  test.each(['', '{', '{"a":}', 'nonsense', '"\ud800'])('of malformed JSON %j is 400', async (body) => {
    expect((await post('/json', body)).status).toBe(400)
  })

  test('over the limit is 413, announced or not', async () => {
    expect((await post('/json', JSON.stringify('x'.repeat(200_000)))).status).toBe(413)
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const head =
      'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(statuses(await exchange(server.port, [head, chunk, chunk, chunk]))).toEqual([413])
  })

  test('of the wrong media type is 415', async () => {
    expect((await post('/json', '{}', 'text/plain')).status).toBe(415)
    expect((await post('/form', 'a=1', 'application/json')).status).toBe(415)
  })

  test('of a hundred thousand chunks of one byte takes little memory', async () => {
    const { port } = server
    const head =
      'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    const before = process.memoryUsage().rss
    const chunks = Array.from({ length: 50 }, () => '1\r\n1\r\n'.repeat(1900))
    const received = await exchange(port, [head, ...chunks, '0\r\n\r\n'], 3000)
    expect(statuses(received)).toEqual([200])
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 2 ** 20)
  })

  test('that is cut off is told to the handler, and one line to the log', async () => {
    const head =
      'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":'
    await exchange(server.port, head, 100)
    await expect.poll(() => logged.map((event) => event.message).join()).toContain('BODY_ABORTED')
    expect(logged).toHaveLength(1)
  })

  test('read twice is 500, and the log says which rule it broke', async () => {
    expect((await post('/twice', 'x', 'text/plain')).status).toBe(500)
    expect(logged.map((event) => event.message)).toEqual([expect.stringContaining('BODY_USED')])
  })

  test('of 10,000 parts is 413', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    const response = await post(
      '/parts',
      `${part.repeat(10_000)}--b--\r\n`,
      'multipart/form-data; boundary=b',
    )
    expect(response.status).toBe(413)
  })

  test('of parts without end is 400', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue'
    expect((await post('/parts', part, 'multipart/form-data; boundary=b')).status).toBe(400)
  })

  test('of too many fields is 413', async () => {
    const response = await post('/form', 'a=1&'.repeat(2000), 'application/x-www-form-urlencoded')
    expect(response.status).toBe(413)
  })
})

describe('a header', () => {
  test('of 1 MB of cookies is 431', async () => {
    const received = await exchange(
      server.port,
      `GET /cookie HTTP/1.1\r\nHost: x\r\nCookie: a=${'x'.repeat(1_000_000)}\r\n\r\n`,
    )
    expect(statuses(received)).toEqual([431])
  })

  test('of an answer that would be split is 500, and nothing of it is sent', async () => {
    const response = await fetch(`${server.url}/split`)
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
    expect(logged).toHaveLength(1)
  })
})

describe('a handler', () => {
  test('that fails after it streamed cuts the answer, with one line', async () => {
    const response = await fetch(`${server.url}/late`)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    expect(logged.map((event) => event.message)).toEqual([expect.stringContaining('broke in the middle')])
  })

  test.each([
    ['/never', 503],
    ['/nothing', 500],
    ['/odd', 500],
  ])('of %s answers %d, with one line', async (path, status) => {
    const response = await fetch(`${server.url}${path}`)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json',
    ])
    expect(logged).toHaveLength(1)
  })
})

test('a hundred thousand different paths let nothing grow', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const platform = createTestPlatform()
  const target = app()
  await target.start(platform)
  const ask = async (from: number, to: number): Promise<number> => {
    for (let index = from; index < to; index++) {
      const request = {
        method: 'GET',
        url: `http://localhost/path/${index}`,
        headers: new Headers(),
      } as unknown as Request
      await target.fetch(request, platform)
    }
    collect()
    return process.memoryUsage().heapUsed
  }
  const early = await ask(0, 20_000)
  const late = await ask(20_000, 120_000)
  expect(late - early).toBeLessThan(3 * 2 ** 20)
  for (const path of ['/a', '/b']) expect((await fetch(server.url + path)).status).toBe(404)
})
