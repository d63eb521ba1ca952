import { bindingsOf } from '../../../adapters/cloudflare/index.ts'
import type { App, Batteries } from '../../../src/index.ts'
import { createApp } from '../../../src/index.ts'
import type { SocketOptions } from '../../../src/platform/index.ts'

/** What the fixture remembers in its isolate. */
const remembered = { works: 0, cancelled: 0, aborted: 0, starts: 0 }

const encoder = new TextEncoder()

/** An app with a route for everything that an adapter can get wrong. */
export function createFixture(delayMs = 0, failures = 0): App<Batteries> {
  let left = failures
  const socket: Omit<SocketOptions, 'open'> = { protocol: null, headers: [], maxMessageBytes: 1000 }
  return createApp({ secrets: ['a secret for tests that is long enough'] })
    .onStart(async (platform) => {
      remembered.starts += 1
      if (delayMs > 0) {
        await new Promise<void>((resolve) => platform.clock.schedule(delayMs, resolve))
      }
      if (left-- > 0) throw new Error('not yet')
    })
    .get('/', (ctx) => ctx.text('hello'))
    .get('/item/:id(int)', (ctx) => ({ id: ctx.params.id, query: ctx.query.get('q') }))
    .get('/peer', (ctx) => ctx.client)
    .get('/raw-peer', (ctx) => ctx.platform.peer(ctx.request) ?? 'none')
    .get('/env', (ctx) => ({ text: ctx.platform.env['TEXT'], runtime: ctx.platform.runtime }))
    .get('/stores', (ctx) => ctx.platform.stores.choices)
    .get('/remembered', () => remembered)
    .get('/cookies', (ctx) => {
      ctx.cookies.set('a', '1')
      ctx.cookies.set('b', '2')
      return ctx.text(ctx.cookies.get('given') ?? 'none')
    })
    .get('/throw', () => {
      throw new Error('a secret detail')
    })
    .post('/echo', (ctx) => ctx.stream(ctx.request.body ?? new ReadableStream(), 'application/octet-stream'))
    .post('/json', async (ctx) => ctx.json(await ctx.body.json()))
    .get('/sized', (ctx) => {
      const body = streamOf(['hello ', 'world'])
      return ctx.platform.createResponse(body, 200, ['content-type', 'text/plain', 'content-length', '11'])
    })
    .get('/gzip', async (ctx) => {
      const zipped = new Blob(['zipped text']).stream().pipeThrough(new CompressionStream('gzip'))
      const bytes = new Uint8Array(await new Response(zipped).arrayBuffer())
      return ctx.platform.createResponse(bytes, 200, [
        'content-type',
        'text/plain',
        'content-encoding',
        'gzip',
      ])
    })
    .get('/endless', (ctx) => {
      let timer: ReturnType<typeof setInterval> | undefined
      ctx.request.signal.addEventListener('abort', () => void (remembered.aborted += 1))
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          timer = setInterval(() => controller.enqueue(encoder.encode('tick\n')), 10)
        },
        cancel() {
          clearInterval(timer)
          remembered.cancelled += 1
        },
      })
      return ctx.stream(body, 'text/plain')
    })
    .get('/later', (ctx) => {
      const work = async (): Promise<void> => {
        await new Promise((resolve) => setTimeout(resolve, 400))
        remembered.works += 1
      }
      ctx.platform.waitUntil(work())
      ctx.platform.waitUntil(Promise.reject(new Error('failed later')))
      return ctx.text('before')
    })
    .get('/limit', async (ctx) => {
      const outcome = await bindingsOf(ctx.platform)?.rateLimit?.limit({ key: 'one' })
      return ctx.text('', outcome?.success === true ? 200 : 429)
    })
    .get('/d1/:word', async (ctx) => {
      const { word } = ctx.params
      await ctx.db.exec('create table if not exists words (word text primary key)')
      await ctx.db.batch([
        { statement: 'insert into words (word) values (:word)', params: { word } },
        { statement: 'insert into words (word) values (:word)', params: { word: `${word}!` } },
      ])
      return ctx.db.query('select word from words order by word')
    })
    .get('/kv', async (ctx) => {
      const store = (await ctx.platform.stores.keyValue?.()) as {
        get(key: string): Promise<Uint8Array | null>
        set(key: string, value: string): Promise<void>
      }
      await store.set('key', 'value')
      return ctx.text(new TextDecoder().decode((await store.get('key')) ?? undefined))
    })
    .get('/r2', async (ctx) => {
      const store = (await ctx.platform.stores.objects?.()) as {
        put(key: string, value: string): Promise<unknown>
      }
      await store.put('a.txt', 'from a bucket')
      return ctx.file(store as unknown as Parameters<typeof ctx.file>[0], 'a.txt')
    })
    .get('/ws', (ctx) => {
      const offered = ctx.headers.get('sec-websocket-protocol')
      const upgrade = ctx.platform.upgradeWebSocket
      if (upgrade === null) return ctx.text('no sockets', 501)
      ctx.header('x-more', 'from a middleware')
      return upgrade(ctx.request, {
        ...socket,
        protocol: offered === null ? null : 'chat',
        headers: ['x-own', 'yes'],
        open(own) {
          own.send('open')
          return {
            message(message) {
              if (message === 'close') own.close(4001, 'as asked')
              else own.send(typeof message === 'string' ? `echo ${message}` : message.toReversed())
            },
            drain: () => undefined,
            pong: () => undefined,
            close: (code) => void (remembered.cancelled = code),
          }
        },
      })
    })
}

function streamOf(texts: readonly string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(encoder.encode(text))
      controller.close()
    },
  })
}
