import { createApp } from '../../../src/index.ts'

const encoder = new TextEncoder()

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The app that the tests of Lambda drive. */
export const app = createApp({ limits: { bodyBytes: 7_000_000 }, mode: 'production' })
  .get('/', (ctx) => ctx.text('Hello, World!'))
  .get('/json', () => ({ a: 1, b: 'ü' }))
  .get('/path/*rest', (ctx) => ({ path: ctx.path, rest: ctx.params.rest, search: ctx.search }))
  .get('/query', (ctx) => ({ a: ctx.query.getAll('a'), b: ctx.query.get('b') }))
  .get('/url', (ctx) => ({ url: ctx.request.url, host: ctx.headers.get('host') }))
  .get('/peer', (ctx) => ({ ...ctx.platform.peer(ctx.request) }))
  .get('/headers', (ctx) => Object.fromEntries(ctx.headers))
  .get('/native', () => new Response('native', { headers: { 'x-a': 'b' } }))
  .get('/bytes', (ctx) => ctx.reply(new Uint8Array([0, 255, 128, 65]), 'application/octet-stream'))
  .get('/latin', (ctx) => ctx.reply(new Uint8Array([0xfc, 0xdf]), 'text/plain; charset=iso-8859-1'))
  .get('/empty', () => null)
  .get('/not-modified', (ctx) => ctx.reply('never sent', 'text/plain', 304))
  .get('/cookies', (ctx) => {
    ctx.cookies.set('a', '1')
    ctx.cookies.set('b', '2')
    return { sent: ctx.cookies.get('c'), other: ctx.cookies.get('d') }
  })
  .get('/many', (ctx) => {
    ctx.header('link', '</a>; rel=preload', { append: true })
    ctx.header('link', '</b>; rel=preload', { append: true })
    return 'many'
  })
  .get('/boom', () => {
    throw new Error('a secret reason')
  })
  .post('/echo', async (ctx) =>
    ctx.reply(await ctx.body.bytes(), ctx.headers.get('content-type') ?? 'text/plain'),
  )
  .post('/length', async (ctx) => ({ bytes: (await ctx.body.bytes()).byteLength }))
  .post('/twice', async (ctx) => {
    await ctx.body.bytes()
    return { bytes: (await ctx.body.bytes()).byteLength }
  })
  .post('/request-text', async (ctx) => ctx.request.text())
  .post('/request-form', async (ctx) => Object.fromEntries(await ctx.request.formData()))
  .post('/copied', async (ctx) => {
    // Natives are there from here on, and with the next event their stand-ins.
    const copy = new Request(ctx.request, { headers: { 'x-copied': 'yes' } })
    return { method: copy.method, text: await copy.text(), copied: copy.headers.get('x-copied') }
  })
  .get('/instance', (ctx) => ({
    request: ctx.request instanceof Request,
    headers: ctx.headers instanceof Headers,
  }))
  .get('/large/:bytes', (ctx) => ctx.text('x'.repeat(Number(ctx.params.bytes))))
  .get('/large-bytes/:bytes', (ctx) =>
    ctx.reply(new Uint8Array(Number(ctx.params.bytes)), 'application/octet-stream'),
  )
  .get('/endless', (ctx) =>
    ctx.stream(
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
      'application/octet-stream',
    ),
  )
  .get('/stream', (ctx) =>
    ctx.stream(
      (async function* () {
        for (const part of ['one ', 'two ', 'three']) {
          yield encoder.encode(part)
          await wait(100)
        }
      })(),
      'text/plain',
    ),
  )
  .get('/broken-stream', (ctx) =>
    ctx.stream(
      (async function* () {
        yield encoder.encode('one ')
        await wait(20)
        throw new Error('a secret reason')
      })(),
      'text/plain',
    ),
  )
  .get('/stuck-stream', (ctx) =>
    ctx.stream(
      (async function* () {
        yield encoder.encode('one ')
        await wait(60_000)
      })(),
      'text/plain',
    ),
  )
  .get('/slow/:ms', async (ctx) => {
    ctx.signal.addEventListener('abort', () => ctx.log.info('slow: aborted'))
    await wait(Number(ctx.params.ms))
    return 'slow'
  })
  .get('/work/:ms', (ctx) => {
    ctx.platform.waitUntil(wait(Number(ctx.params.ms)).then(() => ctx.log.info('work: done')))
    return 'answered'
  })
  .get('/failing-work', (ctx) => {
    ctx.platform.waitUntil(Promise.reject(new Error('work broke')))
    return 'answered'
  })
