import { describe, expect, expectTypeOf, it } from 'vitest'
import { batteries, createApp } from '../../src/index.ts'
import type { SessionOptions } from '../../src/session/index.ts'
import { createSessionService } from '../../src/session/index.ts'
import { createTestClock, testApp } from '../../src/testing/index.ts'
import { memoryOn, openHarness, watch, without } from './harness.ts'

interface Shop {
  cart: string[]
  locale: 'de' | 'en'
}

describe('createSessionService()', () => {
  it('gives data their types', () => {
    const service = createSessionService<Shop>({ store: memoryOn(createTestClock()) })
    createApp({ services: { ...batteries(), session: service } }).get('/', async (ctx) => {
      expectTypeOf(await ctx.session.get('cart')).toEqualTypeOf<string[] | undefined>()
      // @ts-expect-error -- a value of another type
      await ctx.session.set('locale', 'fr')
      // @ts-expect-error -- a key that is none of them
      await ctx.session.get('basket')
      return null
    })
  })

  it('works in an app without batteries', async () => {
    const session = createSessionService({ store: memoryOn(createTestClock()) })
    const app = createApp({ services: { session } }).get('/', async (ctx) => {
      const count = Number((await ctx.session.get('count')) ?? 0)
      await ctx.session.set('count', count + 1)
      return count
    })
    await using tested = await testApp(app)
    const first = await tested.fetch('/')
    expect(first.headers.getSetCookie()[0]).toMatch(
      /^session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    expect([await first.json(), await (await tested.fetch('/')).json()]).toEqual([0, 1])
  })

  it.each<[string, SessionOptions]>([
    ['idleMs', { idleMs: 59_999 }],
    ['absoluteMs', { idleMs: 100_000, absoluteMs: 99_999 }],
    ['refreshParts', { refreshParts: 0 }],
    ['maxBytes', { maxBytes: 1.5 }],
    ['maxSessionsPerUser', { maxSessionsPerUser: 65 }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['prefix', { prefix: 'a b' }],
    ['cookie.name', { cookie: { name: '__Host-x' } }],
    ['cookie', { cookie: { path: 'shop' } }],
    ['cookie', { cookie: { domain: 'a;b' } }],
  ])('refuses a wrong %s (%#)', (option, options) => {
    expect(() => createSessionService(options)).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        details: { problems: [expect.stringContaining(option)] },
      }),
    )
  })

  it('names all wrong options at once', () => {
    expect(() => createSessionService({ idleMs: 1, maxBytes: 1, prefix: '' })).toThrow(
      /idleMs.*prefix.*maxBytes/,
    )
  })

  it('fails at start on a platform without a store, and says what to set', async () => {
    const app = createApp({ services: { session: createSessionService() } })
    await expect(testApp(app)).rejects.toThrow(/memoryKeyValue\(\)/)
  })

  it('fails at first use instead where it was wired so, and only there', async () => {
    const session = createSessionService({}, { openAt: 'use' })
    const app = createApp({ services: { session } })
      .get('/used', async (ctx) => (await ctx.session.set('a', 1)) ?? null)
      .get('/unused', () => null)
    await using tested = await testApp(app)
    expect([(await tested.fetch('/unused')).status, (await tested.fetch('/used')).status]).toEqual([204, 500])
    expect(tested.platform.logged.at(-1)?.message).toContain('memoryKeyValue()')
  })

  it('closes the store that it opened, once, and no other', async () => {
    const clock = createTestClock()
    const handed = watch(memoryOn(clock), () => null)
    const opened = watch(memoryOn(clock), () => null)
    const offered = watch(memoryOn(clock), () => null)
    const stores = { choices: [], keyValue: async () => offered.store }
    for (const options of [{ store: handed.store }, { store: async () => opened.store }, {}]) {
      const app = createApp({ services: { session: createSessionService(options) } })
      const tested = await testApp(app, { clock, stores })
      await tested.close()
    }
    const closings = [handed, opened, offered].map(
      ({ calls }) => calls.filter((call) => call === 'close').length,
    )
    expect(closings).toEqual([0, 1, 1])
  })

  it('closes a store that it opened in vain', async () => {
    const made = watch(without(memoryOn(createTestClock()), 'compare-and-set'), () => null)
    const app = createApp({
      services: { session: createSessionService({ store: async () => made.store }) },
    })
    await expect(testApp(app)).rejects.toThrow(/compare-and-set/)
    expect(made.calls).toEqual(['close'])
  })

  it('opens again after an opening that failed: 503 until then', async () => {
    const clock = createTestClock()
    let isDown = true
    const store = async () => {
      if (isDown) throw new Error('refused')
      return memoryOn(clock)
    }
    const session = createSessionService({ store }, { openAt: 'use' })
    const app = createApp({ services: { session } }).get(
      '/',
      async (ctx) => (await ctx.session.set('a', 1)) ?? null,
    )
    await using tested = await testApp(app, { clock })
    expect((await tested.fetch('/')).status).toBe(503)
    isDown = false
    expect((await tested.fetch('/')).status).toBe(204)
  })

  it.each([
    ['ttl', ['ttl'], {}],
    ['values of 20000 bytes', [], { maxBytes: 20_000 }],
  ])('fails at start with a store without %s', async (capability, missing, options) => {
    const clock = createTestClock()
    const store = {
      ...without(memoryOn(clock), ...missing),
      limits: { ...memoryOn(clock).limits, maxValueBytes: 10_000 },
    }
    await expect(openHarness({ maxBytes: 1000, ...options, store }, {}, clock)).rejects.toThrow(capability)
  })

  it('hands its bound, and the signal of the request, to the store', async () => {
    const clock = createTestClock()
    const memory = memoryOn(clock)
    const bounds: unknown[] = []
    const store = new Proxy(memory, {
      get(target, name: keyof typeof memory) {
        if (name !== 'get') return target[name]
        return (key: string, options: { readonly timeoutMs?: number; readonly signal?: AbortSignal }) => {
          bounds.push(options.timeoutMs, options.signal instanceof AbortSignal)
          return target.get(key, options)
        }
      },
    })
    const { browser, close } = await openHarness({ store, timeoutMs: 1234 }, {}, clock)
    const client = browser()
    await client.send((session) => session.set('a', 1))
    await client.send((session) => session.get('a'))
    expect(bounds).toEqual([1234, true])
    await close()
  })
})
