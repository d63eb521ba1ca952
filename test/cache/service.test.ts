import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { serve } from '../../adapters/node/index.ts'
import { batteries, createApp } from '../../src/app/index.ts'
import { cacheResponse, createCacheService } from '../../src/cache/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'
import { systemClock } from '../../src/platform/index.ts'
import { memoryPubSub } from '../../src/stores/pubsub/index.ts'
import { testApp } from '../../src/testing/index.ts'
import { shared } from './open.ts'

function storesOf(keyValue: () => Promise<unknown>): PlatformStores {
  return { choices: [], keyValue }
}

describe('createCacheService()', () => {
  it('uses the store of the platform from the first use on, and closes it at the stop', async () => {
    const store = memoryKeyValue()
    let opened = 0
    const app = createApp({ services: { ...batteries(), cache: createCacheService() } })
    app.get('/', async (ctx) => ctx.text(await ctx.cache.remember('a', () => 'value')))
    const running = await testApp(app, {
      stores: storesOf(async () => {
        opened += 1
        return store
      }),
    })
    expect(opened).toBe(0)
    await running.fetch('/')
    expect(await store.get('cache:v::=a')).not.toBeNull()
    await running.fetch('/')
    expect(opened).toBe(1)
    await running.close()
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  it('is in memory where the platform offers nothing, and says so once', async () => {
    const app = createApp({ services: { ...batteries(), cache: createCacheService() } })
    let loads = 0
    app.get('/', async (ctx) => ctx.text(`${await ctx.cache.remember('a', () => ++loads)}`))
    const running = await testApp(app)
    for (let round = 0; round < 3; round++) expect(await (await running.fetch('/')).text()).toBe('1')
    expect(running.platform.logged.filter(({ kind }) => kind === 'cache.in-memory')).toHaveLength(1)
    await running.close()
  })

  it('leaves a store open that the application handed in, and starts again after a stop', async () => {
    const store = memoryKeyValue()
    const service = createCacheService({ store })
    const app = createApp({ services: { ...batteries(), cache: service } })
    app.get('/', async (ctx) => ctx.text(await ctx.cache.remember('a', () => 'value')))
    await (await testApp(app)).close()
    expect(() => service.outside()).toThrow(expect.objectContaining({ code: 'CAPABILITY_MISSING' }))
    await store.set('still', 'open')
  })

  it('gives each request the namespace of its tenant, which it cannot leave', async () => {
    const cache = createCacheService({ namespaceOf: (ctx) => ctx.headers.get('x-tenant') })
    const app = createApp({ services: { ...batteries(), cache } })
    app.get('/', async (ctx) =>
      ctx.text(`${await ctx.cache.remember('a', () => ctx.headers.get('x-tenant'))}`),
    )
    app.get('/clear', async (ctx) => {
      await ctx.cache.clear()
      return null
    })
    const running = await testApp(app)
    const ask = async (tenant: string, path = '/'): Promise<string> =>
      (await running.fetch(path, { headers: { 'x-tenant': tenant } })).text()
    expect([await ask('a'), await ask('b'), await ask('a/b')]).toEqual(['a', 'b', 'a/b'])
    await ask('a', '/clear')
    expect(await cache.outside().namespace('b').get('a')).toBe('b')
    expect(await cache.outside().namespace('a').get('a')).toBeNull()
    await running.close()
  })
})

describe('the memory tier of the service', () => {
  it('listens on the channel of the platform if processes share it, else relies on its time', async () => {
    for (const isShared of [true, false]) {
      const keyValue = shared(memoryKeyValue())
      const pubSub = memoryPubSub()
      const channel = Object.assign(Object.create(pubSub) as typeof pubSub, {
        capabilities: new Set(isShared ? (['shared'] as const) : []),
        close: async () => undefined,
      })
      const stores: PlatformStores = {
        choices: [],
        keyValue: async () => keyValue,
        pubSub: async () => channel,
      }
      const services = [1, 2].map(() => createCacheService({ memory: true }))
      const apps = await Promise.all(
        services.map((cache) => testApp(createApp({ services: { ...batteries(), cache } }), { stores })),
      )
      const [one, two] = services.map((service) => service.outside())
      await Promise.all([one?.get('x'), two?.get('x')])
      await sleep(2)
      await one?.set('a', 'old')
      await two?.get('a')
      await one?.set('a', 'new')
      await sleep(2)
      expect(await two?.get('a')).toBe(isShared ? 'new' : 'old')
      expect(two?.stats().memoryHits).toBe(isShared ? 0 : 1)
      for (const app of apps) await app.close()
    }
  })
})

describe('cacheResponse() in two processes over one store', () => {
  it('runs the handler once for 50 requests', async () => {
    const store = shared(memoryKeyValue())
    let runs = 0
    const start = async (): Promise<Awaited<ReturnType<typeof testApp>>> => {
      const app = createApp({ services: { ...batteries(), cache: createCacheService({ store }) } })
      app.get('/page', { middleware: [cacheResponse({ ttlMs: 60_000 })] }, async (ctx) => {
        await sleep(50)
        return ctx.text(`run ${++runs}`)
      })
      return testApp(app, {
        clock: Object.assign(Object.create(systemClock()), { advance: sleep, pending: 0 }),
      })
    }
    const apps = [await start(), await start()]
    const ask = async (index: number): Promise<string> =>
      (await apps[index % 2]?.fetch('/page'))?.text() ?? ''
    const texts = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(index)))
    expect(new Set(texts)).toEqual(new Set(['run 1']))
    for (const app of apps) await app.close()
  })
})

describe('cacheResponse() on Node', () => {
  it('answers over HTTP from the cache: whole, as HEAD, by 304, stale', async () => {
    let runs = 0
    const app = createApp({ services: { ...batteries(), cache: createCacheService({ jitter: 0 }) } })
    const options = { ttlMs: 400, staleMs: 60_000, maxBodyBytes: 1000 }
    app.use(cacheResponse(options))
    app.get('/text', (ctx) => ctx.header('x-run', String(++runs)).text('ä'.repeat(10)))
    app.get('/stream', (ctx) =>
      ctx.stream(
        (async function* () {
          for (let index = 0; index < 10; index++) yield 'x'.repeat(300)
        })(),
      ),
    )
    const server = await serve(app, {
      port: 0,
      hostname: '127.0.0.1',
      signals: false,
      log: () => undefined,
      stores: { choices: [] },
    })
    const ask = (path: string, init?: RequestInit): Promise<Response> =>
      fetch(new URL(path, server.url), init)
    const first = await ask('/text')
    expect([await first.text(), first.headers.get('x-run')]).toEqual(['ä'.repeat(10), '1'])
    const second = await ask('/text')
    expect([await second.text(), second.headers.get('x-run'), second.headers.get('age')]).toEqual([
      'ä'.repeat(10),
      '1',
      '0',
    ])
    const head = await ask('/text', { method: 'HEAD' })
    expect([head.headers.get('content-length'), head.headers.get('x-run')]).toEqual(['20', '1'])
    const etag = second.headers.get('etag') ?? ''
    expect(
      (await ask('/text', { headers: { 'if-none-match': etag, 'cache-control': 'max-age=60' } })).status,
    ).toBe(304)
    await sleep(450)
    expect((await ask('/text')).headers.get('x-run')).toBe('1')
    await sleep(50)
    expect((await ask('/text')).headers.get('x-run')).toBe('2')
    for (let round = 0; round < 2; round++) expect((await (await ask('/stream')).text()).length).toBe(3000)
    await server.close()
  })
})
