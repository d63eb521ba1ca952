import { describe, expect, it } from 'vitest'
import type { LambdaOptions, LambdaResult } from '../../../adapters/lambda/index.ts'
import { handler } from '../../../adapters/lambda/index.ts'
import type { DiagnosticEvent } from '../../../src/diagnostics/contract.ts'
import { createApp } from '../../../src/index.ts'
import { app } from './app.ts'
import {
  albEvent,
  albMultiEvent,
  contextFor,
  http1Event,
  httpEvent,
  restEvent,
  urlEvent,
  withMethod,
} from './fixtures.ts'

const events: DiagnosticEvent[] = []
const options: LambdaOptions = { log: (event) => void events.push(event) }
const run = handler(app, options)

function get(path: string, ms?: number): Promise<LambdaResult> {
  events.length = 0
  return run(urlEvent({ rawPath: path }), contextFor(ms))
}

function post(path: string, body: string, changes: object = {}): Promise<LambdaResult> {
  events.length = 0
  return run(withMethod(urlEvent({ rawPath: path, body, ...changes }), 'POST'), contextFor())
}

function logged(kind: string): DiagnosticEvent | undefined {
  return events.find((event) => event.kind === kind)
}

describe('handler(): result', () => {
  it.each([
    ['http', httpEvent({ rawPath: '/cookies' })],
    ['url', urlEvent({ rawPath: '/cookies' })],
  ])('of %s has single fields and a list of cookies', async (_kind, event) => {
    const result = await run(event, contextFor())
    expect(result).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      cookies: [expect.stringMatching(/^a=1;/), expect.stringMatching(/^b=2;/)],
      body: '{"sent":null,"other":null}',
      isBase64Encoded: false,
    })
    expect(result).not.toHaveProperty('multiValueHeaders')
  })

  it.each([
    ['rest', restEvent({ path: '/cookies' })],
    ['http-1', http1Event({ path: '/cookies' })],
    ['alb-multi', albMultiEvent({ path: '/cookies' })],
  ])('of %s has lists of values', async (_kind, event) => {
    const result = await run(event, contextFor())
    expect(result).toMatchObject({
      multiValueHeaders: {
        'content-type': ['application/json'],
        'set-cookie': [expect.stringMatching(/^a=1;/), expect.stringMatching(/^b=2;/)],
      },
    })
    expect(result).not.toHaveProperty('headers')
    expect(result).not.toHaveProperty('cookies')
  })

  it('of alb has every cookie under another spelling of the name', async () => {
    const { headers = {} } = await run(albEvent({ path: '/cookies' }), contextFor())
    const names = Object.keys(headers).filter((name) => name.toLowerCase() === 'set-cookie')
    expect(names.map((name) => headers[name])).toEqual([
      expect.stringMatching(/^a=1;/),
      expect.stringMatching(/^b=2;/),
    ])
  })

  it('joins other fields that repeat where there is room for one value', async () => {
    const both = '</a>; rel=preload, </b>; rel=preload'
    expect((await get('/many')).headers?.['link']).toBe(both)
    expect((await run(albEvent({ path: '/many' }), contextFor())).headers?.['link']).toBe(both)
    const { multiValueHeaders } = await run(restEvent({ path: '/many' }), contextFor())
    expect(multiValueHeaders?.['link']).toEqual(['</a>; rel=preload', '</b>; rel=preload'])
  })

  it.each([
    ['text', '/', 'Hello, World!', false],
    ['JSON', '/json', '{"a":1,"b":"ü"}', false],
    ['a native response', '/native', 'native', false],
    ['a stream of text', '/stream', 'one two three', false],
    ['bytes', '/bytes', 'AP+AQQ==', true],
    ['text of another charset', '/latin', '/N8=', true],
    ['nothing', '/empty', '', false],
    ['304', '/not-modified', '', false],
  ])('has %s as it should be encoded', async (_name, path, body, isBase64Encoded) => {
    expect(await get(path)).toMatchObject({ body, isBase64Encoded })
  })

  it('has no text of a coded body', async () => {
    const coded = createApp().get('/', (ctx) => {
      ctx.header('content-encoding', 'gzip')
      return ctx.reply('not really', 'text/plain')
    })
    expect(await handler(coded, options)(urlEvent({ rawPath: '/' }), contextFor())).toMatchObject({
      isBase64Encoded: true,
    })
  })

  it('keeps a byte order mark and replaces half characters', async () => {
    const marked = createApp()
      .get('/mark', (ctx) => ctx.reply(new Uint8Array([0xef, 0xbb, 0xbf, 65]), 'text/plain'))
      .get('/half', (ctx) => ctx.text('\ud800'))
    const send = handler(marked, options)
    expect((await send(urlEvent({ rawPath: '/mark' }), contextFor())).body).toBe('\ufeffA')
    expect((await send(urlEvent({ rawPath: '/half' }), contextFor())).body).toBe('\ufffd')
  })

  it('of HEAD has the length and no body', async () => {
    const result = await run(withMethod(httpEvent({ rawPath: '/json' }), 'HEAD'), contextFor())
    expect(result).toMatchObject({ statusCode: 200, headers: { 'content-length': '16' }, body: '' })
  })

  it('of a route that is not there is a 404', async () => {
    expect(await get('/nowhere')).toMatchObject({ statusCode: 404 })
  })

  it('of a handler that throws is a 500 without its reason', async () => {
    const { statusCode, body } = await get('/boom')
    expect(statusCode).toBe(500)
    expect(body).not.toContain('secret')
  })
})

describe('handler(): body', () => {
  it('of text comes back', async () => {
    const headers = { 'content-type': 'text/plain; charset=utf-8' }
    expect(await post('/echo', 'grün', { headers })).toMatchObject({ body: 'grün', isBase64Encoded: false })
  })

  it('of bytes comes back', async () => {
    const headers = { 'content-type': 'image/png' }
    const result = await post('/echo', 'AP+AQQ==', { headers, isBase64Encoded: true })
    expect(result).toMatchObject({ body: 'AP+AQQ==', isBase64Encoded: true })
  })

  it('is read once', async () => {
    expect(await post('/twice', 'a')).toMatchObject({ statusCode: 500 })
  })

  it('is there natively, too', async () => {
    expect((await post('/request-text', 'grün')).body).toBe('grün')
  })

  it('that the gateway has damaged is told', async () => {
    const headers = { 'content-type': 'image/png' }
    await post('/length', '\ufffdPNG', { headers })
    expect(logged('lambda.body-damaged')).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('binary media types'),
    })
  })

  it('of text with a replacement character is no damage', async () => {
    await post('/length', '\ufffd', { headers: { 'content-type': 'text/plain' } })
    expect(logged('lambda.body-damaged')).toBeUndefined()
  })
})

describe('handler(): size', () => {
  it('of almost 6 MiB is sent', async () => {
    expect((await get(`/large/${6 * 2 ** 20 - 200}`)).statusCode).toBe(200)
    expect((await get(`/large-bytes/${4.4 * 2 ** 20}`)).statusCode).toBe(200)
  })

  it.each([
    ['text', `/large/${6 * 2 ** 20}`],
    ['bytes, which grow by a third', `/large-bytes/${4.6 * 2 ** 20}`],
    ['a stream without an end', '/endless'],
  ])('over 6 MiB of %s is a clear error and a line of the log', async (_name, path) => {
    const { statusCode, headers, body } = await get(path)
    expect(statusCode).toBe(500)
    expect(headers).toEqual({ 'content-type': 'application/problem+json' })
    expect(JSON.parse(body)).toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      detail: 'The answer is larger than 6 MiB',
    })
    expect(logged('response.too-large')).toMatchObject({
      level: 'error',
      fields: { maxBytes: 6 * 2 ** 20, kind: 'url' },
    })
  })

  it('over 1 MiB is too large for a load balancer', async () => {
    events.length = 0
    const send = (bytes: number): Promise<LambdaResult> =>
      run(albEvent({ path: `/large/${bytes}` }), contextFor())
    expect((await send(2 ** 20 - 300)).statusCode).toBe(200)
    const { statusCode, body } = await send(2 ** 20)
    expect([statusCode, JSON.parse(body).code]).toEqual([500, 'RESPONSE_TOO_LARGE'])
  })

  it('counts what JSON makes of it', async () => {
    const controls = createApp().get('/', (ctx) => ctx.text('\u0001'.repeat(1_200_000)))
    const { statusCode } = await handler(controls, options)(urlEvent({ rawPath: '/' }), contextFor())
    expect(statusCode).toBe(500)
  })
})

describe('handler(): time', () => {
  it('aborts the signal and answers 504 before the timeout', async () => {
    const began = performance.now()
    const { statusCode, body } = await get('/slow/5000', 700)
    expect([statusCode, JSON.parse(body).code]).toEqual([504, 'HANDLER_TIMEOUT'])
    expect(performance.now() - began).toBeLessThan(600)
    expect(events.map(({ message }) => message)).toContain('slow: aborted')
  })

  it('answers 504 when a body does not come to its end', async () => {
    expect(await get('/stuck-stream', 700)).toMatchObject({ statusCode: 504 })
  })

  it('gives up at once when there is no time', async () => {
    expect(await get('/slow/5000', 0)).toMatchObject({ statusCode: 504 })
  })

  it('answers only when the work after the response has ended', async () => {
    const began = performance.now()
    expect(await get('/work/200')).toMatchObject({ statusCode: 200, body: 'answered' })
    expect(performance.now() - began).toBeGreaterThan(190)
    expect(events.map(({ message }) => message)).toContain('work: done')
  })

  it('waits for work no longer than the time lasts, and says so', async () => {
    const began = performance.now()
    expect(await get('/work/5000', 700)).toMatchObject({ statusCode: 200 })
    expect(performance.now() - began).toBeLessThan(600)
    expect(logged('work.cut')).toMatchObject({ level: 'error', fields: { left: 1 } })
  })

  it('tells of work that fails, and answers', async () => {
    expect(await get('/failing-work')).toMatchObject({ statusCode: 200 })
    expect(logged('work.failed')).toMatchObject({ message: expect.stringContaining('work broke') })
  })

  it('waits for work that was handed over between two events', async () => {
    let hand: ((work: Promise<unknown>) => void) | null = null
    const keeping = createApp()
      .onStart((platform) => {
        hand = (work) => platform.waitUntil(work)
      })
      .get('/', () => 'a')
    const send = handler(keeping, options)
    await send(urlEvent({ rawPath: '/' }), contextFor())
    let isDone = false
    const later: unknown = hand
    if (typeof later === 'function')
      later(new Promise<void>((resolve) => setTimeout(resolve, 100)).then(() => (isDone = true)))
    await send(urlEvent({ rawPath: '/' }), contextFor())
    expect(isDone).toBe(true)
  })

  it('does not wait for an empty event loop', async () => {
    const context = contextFor()
    await run(urlEvent(), context)
    expect(context.callbackWaitsForEmptyEventLoop).toBe(false)
  })

  it('leaves no timer behind', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await get('/slow/1')
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThanOrEqual(
      before,
    )
  })
})

describe('handler(): events', () => {
  it('rejects one of another source', async () => {
    await expect(run({ Records: [] }, contextFor())).rejects.toThrow(TypeError)
  })

  it('runs several at a time, each with its own work', async () => {
    const results = await Promise.all([get('/work/150'), get('/slow/20'), get('/json')])
    expect(results.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
  })

  it('answers 503 as long as the app cannot start, and starts it later', async () => {
    let isReady = false
    const late = createApp()
      .onStart(() => {
        if (!isReady) throw new Error('not yet')
      })
      .get('/', () => 'ready')
    const send = handler(late, options)
    expect(await send(urlEvent({ rawPath: '/' }), contextFor())).toMatchObject({ statusCode: 503 })
    isReady = true
    expect(await send(urlEvent({ rawPath: '/' }), contextFor())).toMatchObject({ statusCode: 200 })
  })

  it('answers 500 when a response cannot be sent', async () => {
    const spent = createApp().get('/', async () => {
      const response = new Response('a')
      await response.text()
      return response
    })
    events.length = 0
    const result = await handler(spent, options)(urlEvent({ rawPath: '/' }), contextFor())
    expect(result).toMatchObject({ statusCode: 500 })
    expect(logged('response.failed')).toBeDefined()
  })

  it('lets the app refuse a target that is malformed', async () => {
    expect(await get('/%zz')).toMatchObject({ statusCode: 400 })
  })
})
