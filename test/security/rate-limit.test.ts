import { describe, expect, test } from 'vitest'
import type { Context } from '../../src/index.ts'
import { createApp } from '../../src/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import type { RateLimitOptions } from '../../src/security/index.ts'
import { createRateLimiter, rateLimit } from '../../src/security/index.ts'
import type { TestApp } from '../../src/testing/index.ts'
import { testApp } from '../../src/testing/index.ts'

const oneMinute = { limit: 2, windowMs: 60_000 }

function appWith(options: RateLimitOptions, trustProxies: readonly string[] = ['loopback']) {
  return createApp({ trustProxies })
    .use(rateLimit(options))
    .get('/', () => 'x')
    .get('/other', () => 'x')
    .get('/items/:id', () => 'x')
    .get('/boom', () => {
      throw new Error('boom')
    })
}

const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })

async function statuses(
  tested: TestApp,
  ...requests: readonly (readonly [path: string, headers?: Record<string, string>])[]
) {
  const found: number[] = []
  for (const [path, headers = {}] of requests) found.push((await tested.fetch(path, { headers })).status)
  return found
}

const problemsOf = (options: unknown): readonly string[] => {
  try {
    rateLimit(options as RateLimitOptions)
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems
  }
  return []
}

describe('rateLimit()', () => {
  test('answers 429 with problem details and when to try again', async () => {
    await using tested = await testApp(appWith({ ...oneMinute, name: 'api', algorithm: 'fixed-window' }))
    await tested.clock.advance(10_500)
    const first = await tested.fetch('/')
    expect(first.headers.get('ratelimit-policy')).toBe('"api";q=2;w=60')
    expect(first.headers.get('ratelimit')).toBe('"api";r=1;t=50')
    expect(first.headers.has('retry-after')).toBe(false)
    await tested.fetch('/')
    const refused = await tested.fetch('/')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '50'])
    expect(refused.headers.get('ratelimit')).toBe('"api";r=0;t=50')
    expect(await refused.json()).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too Many Requests',
      status: 429,
      detail: 'Expected fewer requests, try again in 50 s',
      code: 'RATE_LIMITED',
      'violated-policies': ['api'],
    })
    await tested.clock.advance(49_500)
    expect((await tested.fetch('/')).status).toBe(200)
  })

  test('counts 404s and failures too, and tells on them what is left', async () => {
    await using tested = await testApp(appWith(oneMinute))
    const missing = await tested.fetch('/nothing')
    expect([missing.status, missing.headers.get('ratelimit')]).toEqual([404, '"default";r=1;t=60'])
    const failed = await tested.fetch('/boom')
    expect([failed.status, failed.headers.get('ratelimit')]).toEqual([500, '"default";r=0;t=60'])
    expect((await tested.fetch('/')).status).toBe(429)
  })

  test('of several together tells of all', async () => {
    const app = createApp()
      .use(rateLimit({ limit: 100, windowMs: 3_600_000, name: 'hour' }))
      .get('/', { middleware: [rateLimit({ limit: 1, windowMs: 60_000, name: 'route' })] }, () => 'x')
    await using tested = await testApp(app)
    await tested.fetch('/')
    const { headers, status } = await tested.fetch('/')
    expect(status).toBe(429)
    expect(headers.get('ratelimit-policy')).toBe('"hour";q=100;w=3600, "route";q=1;w=60')
    expect(headers.get('ratelimit')).toMatch(/^"hour";r=98;t=\d+, "route";r=0;t=\d+$/)
  })

  test('lets exactly as many of 50 at once pass as it says', async () => {
    for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket'] as const) {
      await using tested = await testApp(appWith({ limit: 7, windowMs: 60_000, algorithm }))
      const answers = await Promise.all(Array.from({ length: 50 }, () => tested.fetch('/')))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(7)
    }
  })

  test('counts by the address that a trusted proxy tells, and not by one that the client made up', async () => {
    await using trusting = await testApp(appWith(oneMinute))
    const ask = (tested: TestApp, addresses: readonly string[]) =>
      statuses(tested, ...addresses.map((address) => ['/', from(address)] as const))
    expect(await ask(trusting, ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.1', '192.0.2.2'])).toEqual([
      200, 200, 200, 429, 200,
    ])
    await using wary = await testApp(appWith(oneMinute, []))
    expect(await ask(wary, ['192.0.2.1', '192.0.2.2', '192.0.2.3'])).toEqual([200, 200, 429])
  })

  test('takes all of an IPv6 network for one client', async () => {
    const ask = async (options: Partial<RateLimitOptions>, addresses: readonly string[]) => {
      await using tested = await testApp(appWith({ ...oneMinute, ...options }))
      return statuses(tested, ...addresses.map((address) => ['/', from(address)] as const))
    }
    expect(await ask({}, ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:db8:0:1:1:2:3:4'])).toEqual([
      200, 200, 429,
    ])
    expect(await ask({}, ['2001:db8:0:1::1', '2001:db8:0:2::1', '2001:db8::1', '2001:db8:0:1::2'])).toEqual([
      200, 200, 200, 200,
    ])
    expect(
      await ask({ ipv6PrefixBits: 56 }, ['2001:db8:0:1::1', '2001:db8:0:2::1', '2001:db8:0:ff::1']),
    ).toEqual([200, 200, 429])
    expect(await ask({ ipv6PrefixBits: 128 }, ['2001:db8::1', '2001:db8::2', '2001:db8::3'])).toEqual([
      200, 200, 200,
    ])
    // The mapped form is the same client as the plain one.
    expect(await ask({}, ['::ffff:192.0.2.1', '192.0.2.1', '::ffff:c000:201'])).toEqual([200, 200, 429])
  })

  test('counts clients without an address as one', async () => {
    const app = appWith(oneMinute)
    await using tested = await testApp(app, { peer: { address: '' } })
    expect(await statuses(tested, ['/'], ['/'], ['/'])).toEqual([200, 200, 429])
  })

  test('works without the service client', async () => {
    const app = createApp({ services: {} })
      .use(rateLimit(oneMinute))
      .get('/', () => 'x')
    await using tested = await testApp(app)
    expect(await statuses(tested, ['/'], ['/', from('192.0.2.9')], ['/'])).toEqual([200, 200, 429])
  })

  test('counts by route, whatever the parameters', async () => {
    await using tested = await testApp(appWith({ ...oneMinute, by: ['address', 'route'] }))
    expect(await statuses(tested, ['/items/1'], ['/items/2'], ['/items/3'], ['/'], ['/other'])).toEqual([
      200, 200, 429, 200, 200,
    ])
  })

  test('counts by user, and those who are none by address', async () => {
    const identify = { user: (ctx: Context) => ctx.headers.get('x-user') }
    await using tested = await testApp(appWith({ ...oneMinute, by: 'user', identify }))
    const as = (user: string, address: string) => ['/', { ...from(address), 'x-user': user }] as const
    expect(
      await statuses(tested, as('ada', '192.0.2.1'), as('ada', '192.0.2.2'), as('ada', '192.0.2.3')),
    ).toEqual([200, 200, 429])
    expect(
      await statuses(
        tested,
        as('bob', '192.0.2.1'),
        as('', '192.0.2.1'),
        as('', '192.0.2.1'),
        as('', '192.0.2.1'),
      ),
    ).toEqual([200, 200, 200, 429])
  })

  test('does not take a user who is called like an address for that address', async () => {
    const identify = { user: (ctx: Context) => ctx.headers.get('x-user') }
    await using tested = await testApp(appWith({ limit: 1, windowMs: 60_000, by: 'user', identify }))
    expect(
      await statuses(
        tested,
        ['/', from('192.0.2.1')],
        ['/', { 'x-user': 'address:192.0.2.1' }],
        ['/', { 'x-user': '192.0.2.1' }],
      ),
    ).toEqual([200, 200, 200])
  })

  test('never writes a token into the store as it is', async () => {
    const store = memoryKeyValue()
    await using tested = await testApp(appWith({ ...oneMinute, by: 'token', store, onStoreDown: 'refuse' }))
    const bearer = (token: string) => ['/', { authorization: `Bearer ${token}` }] as const
    expect(
      await statuses(tested, bearer('secret-1'), bearer('secret-1'), bearer('secret-1'), bearer('secret-2')),
    ).toEqual([200, 200, 429, 200])
    const { keys } = await store.list()
    expect(keys).toHaveLength(2)
    expect(keys.join()).not.toContain('secret')
  })

  test('keeps several parts of a key apart, whatever is in them', async () => {
    const by = [(ctx: Context) => ctx.headers.get('x-a'), (ctx: Context) => ctx.headers.get('x-b')]
    await using tested = await testApp(appWith({ limit: 1, windowMs: 60_000, by }))
    expect(
      await statuses(
        tested,
        ['/', { 'x-a': '1","own:2', 'x-b': '3' }],
        ['/', { 'x-a': '1', 'x-b': '2","own:3' }],
      ),
    ).toEqual([200, 200])
  })

  test('takes a cost per request, and skips what it is told to', async () => {
    const options: RateLimitOptions = {
      limit: 10,
      windowMs: 60_000,
      cost: (ctx) => (ctx.path === '/other' ? 5 : 1),
      skip: (ctx) => ctx.headers.has('x-health'),
    }
    await using tested = await testApp(appWith(options))
    expect(await statuses(tested, ['/other'], ['/other'], ['/', { 'x-health': '1' }], ['/'])).toEqual([
      200, 200, 200, 429,
    ])
  })

  test('says nothing in header fields if it is told not to', async () => {
    await using tested = await testApp(
      appWith({ limit: 1, windowMs: 60_000, algorithm: 'fixed-window', headers: false }),
    )
    await tested.fetch('/')
    const { headers } = await tested.fetch('/')
    expect([headers.has('ratelimit'), headers.has('ratelimit-policy'), headers.get('retry-after')]).toEqual([
      false,
      false,
      '60',
    ])
  })

  test('shares a limiter between middlewares', async () => {
    const limiter = createRateLimiter({ rules: [oneMinute] })
    const app = createApp()
      .get('/a', { middleware: [rateLimit({ limiter })] }, () => 'x')
      .get('/b', { middleware: [rateLimit({ limiter })] }, () => 'x')
    await using tested = await testApp(app)
    expect(await statuses(tested, ['/a'], ['/b'], ['/a'])).toEqual([200, 200, 429])
  })

  test.each([
    ['allow', 200],
    ['refuse', 503],
  ] as const)('with a store that is closed and onStoreDown %s answers %i', async (onStoreDown, status) => {
    const store = memoryKeyValue()
    await store.close()
    await using tested = await testApp(appWith({ ...oneMinute, store, onStoreDown }))
    const response = await tested.fetch('/')
    expect([response.status, response.headers.get('retry-after')]).toEqual([
      status,
      status === 503 ? '5' : null,
    ])
    expect(tested.platform.logged.map(({ kind }) => kind)).toContain('security.rate-limit-store-down')
  })

  test('counts a client that goes away at once', async () => {
    await using tested = await testApp(
      appWith({ ...oneMinute, onStoreDown: 'allow', store: memoryKeyValue() }),
    )
    for (let index = 0; index < 2; index++) {
      const abort = new AbortController()
      const sent = tested.fetch('/', { signal: abort.signal })
      abort.abort()
      await sent.catch(() => undefined)
    }
    expect(await statuses(tested, ['/'])).toEqual([429])
  })
})

describe('the options of rateLimit()', () => {
  test('tell all mistakes at once, those of the rules too', () => {
    const problems = problemsOf({
      limit: 0,
      by: ['user', 'ip'],
      ipv6PrefixBits: 129,
      cost: 0,
      skip: true,
      headers: 1,
      store: memoryKeyValue(),
      max: 5,
    })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'max',
      'identify.user',
      'by',
      'ipv6PrefixBits',
      'cost',
      'skip',
      'headers',
      'limit',
      'windowMs',
      'onStoreDown',
    ])
  })

  test('refuse two ways to say the same', () => {
    expect(problemsOf({ limit: 1, windowMs: 1000, rules: [oneMinute] })).toHaveLength(1)
    expect(
      problemsOf({ limit: 1, windowMs: 1000, limiter: createRateLimiter({ rules: [oneMinute] }) }),
    ).toHaveLength(1)
  })

  test('refuse a store that cannot count, by name', () => {
    const store = { ...memoryKeyValue(), name: 'workers-kv', capabilities: new Set(['ttl'] as const) }
    expect(() => rateLimit({ ...oneMinute, store, onStoreDown: 'refuse' })).toThrow('workers-kv has none')
  })
})
