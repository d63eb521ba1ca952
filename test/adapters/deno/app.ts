import { createApp } from '../../../src/index.ts'
import type { SocketListener } from '../../../src/platform/index.ts'
import type { KeyValueStore } from '../../../src/stores/key-value/index.ts'

const encoder = new TextEncoder()

/** The app that the tests of Deno and Bun drive. What it hears goes to standard error by the platform's log. */
export const app = createApp({ limits: { bodyBytes: 100_000 }, mode: 'production' })
  .onStart((platform) => {
    platform.onDraining?.(() => {
      platform.log({ kind: 'app.draining', level: 'info', message: 'The app hears of the drain' })
    })
  })
  .onStop((platform) => {
    platform.log({ kind: 'app.stopped', level: 'info', message: 'The app has stopped' })
  })
  .get('/', (ctx) => ctx.text('Hello, World!'))
  .get('/json', () => ({ a: 1, b: 'ü' }))
  .get('/users/:id', (ctx) => ({ id: ctx.params.id, q: ctx.query.get('q') }))
  .get('/path/*rest', (ctx) => ({ path: ctx.path, rest: ctx.params.rest }))
  .get('/native', () => new Response('native', { headers: { 'x-a': 'b' } }))
  .get('/amended', (ctx) => {
    ctx.header('x-pending', 'yes')
    return new Response('native')
  })
  .get('/cookies', (ctx) => {
    ctx.cookies.set('a', '1')
    ctx.cookies.set('b', '2')
    return { sent: ctx.cookies.get('c') }
  })
  .get('/peer', (ctx) => ({ ...ctx.platform.peer(ctx.request) }))
  .get('/client', (ctx) => ({ address: ctx.client.address }))
  .get('/boom', () => {
    throw new Error('a secret reason')
  })
  .get('/boom-later', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    throw new Error('a secret reason')
  })
  .post('/echo', async (ctx) => ctx.json(await ctx.body.json()))
  .post('/length', async (ctx) => ({ bytes: (await ctx.body.bytes()).byteLength }))
  .post('/twice', async (ctx) => {
    await ctx.body.bytes()
    return { bytes: (await ctx.body.bytes()).byteLength }
  })
  .post('/ignored', () => 'unread')
  .post('/count', async (ctx) => {
    let bytes = 0
    let chunks = 0
    for await (const chunk of ctx.body.stream()) {
      bytes += chunk.byteLength
      chunks++
    }
    return { bytes, chunks }
  })
  .post('/relay', (ctx) => ctx.stream(ctx.body.stream(), 'text/plain'))
  .get('/stream', (ctx) =>
    ctx.stream(
      (async function* () {
        for (const part of ['one ', 'two ', 'three']) {
          yield encoder.encode(part)
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      })(),
      'text/plain',
    ),
  )
  .get('/endless', (ctx) => {
    ctx.signal.addEventListener('abort', () => ctx.log.info('endless: aborted'))
    let timer: ReturnType<typeof setInterval>
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        timer = setInterval(() => controller.enqueue(encoder.encode('tick\n')), 20)
      },
      cancel() {
        clearInterval(timer)
        ctx.log.info('endless: cancelled')
      },
    })
    return ctx.stream(body, 'text/plain')
  })
  .get('/slow/:ms', async (ctx) => {
    ctx.signal.addEventListener('abort', () => ctx.log.info('slow: aborted'))
    ctx.log.info('slow: begun')
    await new Promise((resolve) => setTimeout(resolve, Number(ctx.params.ms)))
    return 'slow'
  })
  .get('/after/:kind', async (ctx) => {
    const { signal } = ctx
    ctx.platform.waitUntil(
      new Promise<void>((resolve) =>
        setTimeout(() => {
          ctx.log.info(`after ${ctx.params.kind}: ${signal.aborted ? 'aborted' : 'not aborted'}`)
          resolve()
        }, 300),
      ),
    )
    await Promise.resolve()
    if (ctx.params.kind === 'native') return new Response('answered')
    if (ctx.params.kind === 'stream') return ctx.stream(new Blob(['answered']).stream(), 'text/plain')
    return 'answered'
  })
  .get('/work/:ms', (ctx) => {
    ctx.platform.waitUntil(
      new Promise<void>((resolve) =>
        setTimeout(() => {
          ctx.log.info('work: done')
          resolve()
        }, Number(ctx.params.ms)),
      ),
    )
    return 'answered'
  })
  .get('/failing-work', (ctx) => {
    ctx.platform.waitUntil(Promise.reject(new Error('work broke')))
    return 'answered'
  })
  .get('/db', async (ctx) => {
    await ctx.db.exec('create table if not exists note (id integer primary key, text text not null)')
    await ctx.db.exec('insert into note (text) values (:text)', { text: 'ü' })
    return ctx.db.one('select count(*) as count, max(text) as text from note')
  })
  .get('/stores', (ctx) => ctx.platform.stores.choices)
  .get('/count/:key', async (ctx) => {
    // What the platform has in this role is of this contract.
    const store = (await ctx.platform.stores.keyValue?.()) as KeyValueStore
    return { value: (await store.increment(`test:${ctx.params.key}`, 1, { ttlMs: 60_000 })).value }
  })
  .get('/env/:name', (ctx) => ({ value: ctx.platform.env[ctx.params.name] ?? null }))
  .get('/ws', (ctx) => {
    const response = ctx.platform.upgradeWebSocket?.(ctx.request, {
      protocol: ctx.headers.get('sec-websocket-protocol'),
      headers: ['x-upgrade', 'yes'],
      maxMessageBytes: 1000,
      open(socket): SocketListener {
        ctx.log.info('ws: open')
        socket.send('welcome')
        return {
          message(message) {
            if (message === 'close') socket.close(4001, 'asked for')
            else if (message === 'cut') socket.terminate()
            else if (message === 'ping') socket.send(`ping ${socket.ping()}`)
            else if (message === 'flood') {
              for (let index = 0; index < 64; index++) socket.send(new Uint8Array(1_000_000))
              ctx.log.info(`ws: buffered ${socket.bufferedBytes > 0}`)
            } else socket.send(typeof message === 'string' ? `echo ${message}` : message.toReversed())
          },
          drain: () => ctx.log.info(`ws: drained ${socket.bufferedBytes}`),
          pong: () => ctx.log.info('ws: pong'),
          close: (code, reason) => ctx.log.info(`ws: closed ${code} ${reason}`),
        }
      },
    })
    return response ?? ctx.problem(501)
  })
