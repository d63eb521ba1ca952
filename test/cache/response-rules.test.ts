import { describe, expect, it } from 'vitest'
import type { ResponseCacheOptions } from '../../src/cache/index.ts'
import { openApp } from './open-app.ts'

const minute = { ttlMs: 60_000 }

/** What became of the second of two requests: `hit`, or why not. */
async function second(
  options: ResponseCacheOptions,
  fields: Record<string, string>,
  requestFields: Record<string, string> = {},
): Promise<string> {
  const { app, get, outcomes } = await openApp(options, (ctx, n) => {
    for (const [name, value] of Object.entries(fields)) ctx.header(name, value)
    return ctx.text(`${n}`)
  })
  await get('/a', requestFields)
  // Beyond the time for which an answer that was not kept is remembered.
  if (!outcomes().includes('miss')) await app.clock.advance(10_000)
  await get('/a', requestFields)
  return outcomes().at(-1) ?? ''
}

describe('an answer is not kept', () => {
  it.each([
    ['no-store', { 'cache-control': 'no-store' }, 'cache-control'],
    ['no-cache', { 'cache-control': 'max-age=60, no-cache' }, 'cache-control'],
    ['no-cache with names', { 'cache-control': 'max-age=60, no-cache="x-a"' }, 'cache-control'],
    ['private', { 'cache-control': 'private, max-age=60' }, 'cache-control'],
    ['private with names', { 'cache-control': 'private="set-cookie"' }, 'cache-control'],
    ['a field that cannot be read', { 'cache-control': 'max-age="60' }, 'cache-control'],
    ['a directive twice', { 'cache-control': 'max-age=60, max-age=0' }, 'cache-control'],
    ['max-age=0', { 'cache-control': 'max-age=0' }, 'not-fresh'],
    ['a malformed max-age', { 'cache-control': 'max-age=1e3' }, 'not-fresh'],
    ['a negative max-age', { 'cache-control': 'max-age=-1' }, 'not-fresh'],
    ['s-maxage=0 before max-age', { 'cache-control': 'max-age=60, s-maxage=0' }, 'not-fresh'],
    ['Expires: 0', { expires: '0' }, 'not-fresh'],
    ['Expires in the past', { expires: 'Wed, 31 Dec 2025 00:00:00 GMT' }, 'not-fresh'],
    ['an Age beyond max-age', { 'cache-control': 'max-age=60', age: '60' }, 'not-fresh'],
    ['a malformed Age', { age: 'old' }, 'not-fresh'],
    ['Set-Cookie', { 'set-cookie': 'a=b' }, 'set-cookie'],
    ['Vary: *', { vary: '*' }, 'vary'],
    ['a Vary that the key does not have', { vary: 'x-other' }, 'vary'],
    ['a content coding without Vary', { 'content-encoding': 'gzip' }, 'content-encoding'],
    ['Content-Range', { 'content-range': 'bytes 0-1/2' }, 'partial'],
    ['an allowed origin of one client', { 'access-control-allow-origin': 'https://evil.example' }, 'cors'],
    ['a nonce', { 'content-security-policy': "script-src 'nonce-abc'" }, 'nonce'],
  ])('with %s', async (_name, fields, reason) => {
    // The client of these tests keeps cookies.
    expect(await second({ ...minute, cookies: 'ignore' }, fields)).toBe(`uncacheable ${reason}`)
  })

  it.each([201, 204, 206, 302, 307, 400, 401, 403, 405, 500, 503])('with the status %i', async (status) => {
    const { get, outcomes } = await openApp(
      minute,
      () => new Response(status === 204 ? null : 'x', { status, headers: { 'cache-control': 'max-age=60' } }),
    )
    await get()
    expect(outcomes()).toEqual(['uncacheable status'])
  })

  it('without a lifetime of its own or of the options', async () => {
    expect(await second({}, {})).toBe('uncacheable not-fresh')
  })
})

describe('an answer is kept', () => {
  it.each([
    ['max-age', { 'cache-control': 'max-age=60' }],
    ['s-maxage before max-age', { 'cache-control': 'max-age=0, s-maxage=60' }],
    ['quoted and in capitals', { 'cache-control': 'Public, Max-Age="60"' }],
    ['Expires', { expires: 'Thu, 01 Jan 2026 01:00:00 GMT' }],
    [
      'Expires after Date',
      { date: 'Thu, 01 Jan 2026 00:00:00 GMT', expires: 'Thu, 01 Jan 2026 00:01:00 GMT' },
    ],
    ['a public origin', { 'cache-control': 'max-age=60', 'access-control-allow-origin': '*' }],
  ])('with %s', async (_name, fields) => {
    expect(await second({}, fields)).toBe('hit')
  })

  it('as long as it says itself, not as the options say', async () => {
    const { app, get, outcomes } = await openApp(minute, (ctx) =>
      ctx.header('cache-control', 'max-age=10').text('x'),
    )
    await get()
    await app.clock.advance(9999)
    await get()
    await app.clock.advance(1)
    await get()
    expect(outcomes()).toEqual(['miss', 'hit', 'miss'])
  })

  it('with the age that it came with', async () => {
    const { app, get } = await openApp({}, (ctx) =>
      ctx.header('cache-control', 'max-age=60').header('age', '20').text('x'),
    )
    await get()
    await app.clock.advance(5000)
    expect((await get()).headers.get('age')).toBe('25')
  })

  it('stale as RFC 5861 says, unless must-revalidate forbids it', async () => {
    for (const [value, outcome] of [
      ['max-age=1, stale-while-revalidate=60', 'stale'],
      ['max-age=1, stale-while-revalidate=60, must-revalidate', 'miss'],
      ['s-maxage=1, stale-while-revalidate=60', 'miss'],
      ['max-age=1', 'stale'],
      ['max-age=1, must-revalidate', 'miss'],
    ]) {
      const { app, get, outcomes } = await openApp({ staleMs: 5000 }, (ctx) =>
        ctx.header('cache-control', value ?? '').text('x'),
      )
      await get()
      await app.clock.advance(1500)
      await get()
      await app.platform.idle()
      expect(outcomes().at(-1)).toBe(outcome)
    }
  })
})

describe('Authorization', () => {
  const credentials = { authorization: 'Bearer secret' }

  it('keeps the answer only when it says that it is for all', async () => {
    expect(await second(minute, {}, credentials)).toBe('uncacheable authorization')
    expect(await second({}, { 'cache-control': 'max-age=60' }, credentials)).toBe('uncacheable authorization')
    for (const value of ['public, max-age=60', 's-maxage=60', 'max-age=60, must-revalidate'])
      expect(await second({}, { 'cache-control': value }, credentials)).toBe('hit')
  })

  it('never gets what was made without, nor the other way round', async () => {
    const { get } = await openApp({}, (ctx) =>
      ctx.header('cache-control', 'public, max-age=60').text(ctx.headers.get('authorization') ?? 'nobody'),
    )
    expect(await (await get()).text()).toBe('nobody')
    expect(await (await get('/a', credentials)).text()).toBe('Bearer secret')
    expect(await (await get()).text()).toBe('nobody')
  })
})

describe('partition', () => {
  it('keeps private answers for each user apart, and none without a user', async () => {
    const { get, runs, outcomes } = await openApp(
      { ...minute, partition: (ctx) => ctx.headers.get('x-user') },
      (ctx) => ctx.header('cache-control', 'private, max-age=60').text(ctx.headers.get('x-user') ?? 'nobody'),
    )
    const fields = { authorization: 'x', cookie: 'a=b' }
    for (const user of ['ann', 'bob', 'ann', 'bob'])
      expect(await (await get('/a', { ...fields, 'x-user': user })).text()).toBe(user)
    expect(runs()).toBe(2)
    await get()
    expect(outcomes().at(-1)).toBe('bypass partition')
  })

  it('does not take s-maxage for itself', async () => {
    expect(await second({ partition: () => 'u' }, { 'cache-control': 's-maxage=60, max-age=0' })).toBe(
      'uncacheable not-fresh',
    )
  })
})

describe('a request goes past the cache', () => {
  it.each([
    ['cookies', { cookie: 'a=b' }, 'cookie'],
    ['a range', { range: 'bytes=0-1' }, 'range'],
    ['a body', { 'content-length': '3' }, 'body'],
    ['a chunked body', { 'transfer-encoding': 'chunked' }, 'body'],
    ['no-store', { 'cache-control': 'no-store' }, 'no-store'],
    ['a Cache-Control that cannot be read', { 'cache-control': '"' }, 'cache-control'],
    ['another forwarded host', { 'x-forwarded-host': 'evil.example' }, 'x-forwarded-host'],
    ['another forwarded scheme', { 'x-forwarded-proto': 'https' }, 'x-forwarded-proto'],
    ['another host in Forwarded', { forwarded: 'for=1.2.3.4;host="evil.example"' }, 'forwarded'],
    ['another path', { 'x-original-url': '/admin' }, 'x-original-url'],
    ['another method', { 'x-http-method-override': 'DELETE' }, 'x-http-method-override'],
    ['credentials of another kind', { 'x-api-key': 'secret' }, 'x-api-key'],
    ['the user that a proxy tells', { 'x-forwarded-user': 'ann' }, 'x-forwarded-user'],
    ['another port', { 'x-forwarded-port': '1234' }, 'x-forwarded-port'],
    ['a field of vary that is too long', { 'accept-language': 'x'.repeat(1025) }, 'accept-language'],
  ])('with %s', async (_name, fields, reason) => {
    const { get, outcomes, runs } = await openApp({ ...minute, vary: ['accept-language'] })
    await get()
    await get('/a', fields)
    expect(outcomes()).toEqual(['miss', `bypass ${reason}`])
    expect(runs()).toBe(2)
    await get('/a')
    expect(outcomes().at(-1)).toBe('hit')
  })

  it('unless its cookies are said to make no difference, or are part of the key', async () => {
    for (const options of [{ cookies: 'ignore' }, { vary: ['cookie'] }] as const) {
      const { get, outcomes } = await openApp({ ...minute, ...options })
      await get('/a', { cookie: 'a=b' })
      await get('/a', { cookie: 'a=b' })
      expect(outcomes()).toEqual(['miss', 'hit'])
    }
  })

  it('unless a field is said to make no difference, or agrees with the URL', async () => {
    const { get, outcomes } = await openApp({ ...minute, ignoreFields: ['x-forwarded-port'] })
    await get('/a', { 'x-forwarded-port': '1', 'x-forwarded-host': 'localhost', 'x-forwarded-proto': 'http' })
    await get('/a', { forwarded: 'for=1.2.3.4;host=localhost;proto=http' })
    expect(outcomes()).toEqual(['miss', 'hit'])
  })

  it('with a query that is too long', async () => {
    const { get, outcomes } = await openApp(minute)
    await get(`/a?${'x'.repeat(2049)}`)
    expect(outcomes()).toEqual(['bypass query'])
  })
})

describe('the key', () => {
  /** Which of the targets were answered by the handler. */
  async function misses(
    options: ResponseCacheOptions,
    targets: readonly string[],
  ): Promise<readonly string[]> {
    const { get, runs } = await openApp({ ...minute, ...options })
    const made: string[] = []
    for (const target of targets) {
      const before = runs()
      await get(target)
      if (runs() > before) made.push(target)
    }
    return made
  }

  it('has scheme, host and port', async () => {
    const targets = [
      'http://a.example/x',
      'http://b.example/x',
      'https://a.example/x',
      'http://a.example:81/x',
      'http://A.example/x',
    ]
    expect(await misses({}, targets)).toEqual(targets.slice(0, 4))
  })

  it('has the host that a trusted proxy tells', async () => {
    const { get, runs, outcomes } = await openApp(minute, undefined, { trustProxies: ['loopback'] })
    const via = (host: string) => get('/a', { 'x-forwarded-host': host, 'x-forwarded-for': '1.2.3.4' })
    await via('a.example')
    await via('b.example')
    await via('a.example')
    expect(runs()).toBe(2)
    expect(outcomes()).toEqual(['miss', 'miss', 'hit'])
  })

  it('has the query, whatever the order of its names', async () => {
    expect(
      await misses({}, ['/a?x=1&y=2', '/a?y=2&x=1', '/a?x=2&x=1', '/a?x=1&x=2', '/a', '/a?x=1']),
    ).toEqual(['/a?x=1&y=2', '/a?x=2&x=1', '/a?x=1&x=2', '/a', '/a?x=1'])
  })

  it('has only the parameters that were named, however they are written', async () => {
    expect(await misses({ query: ['x'] }, ['/a?x=1&utm=9', '/a?x=1', '/a?%78=2', '/a?y=3'])).toEqual([
      '/a?x=1&utm=9',
      '/a?%78=2',
      '/a?y=3',
    ])
    expect(await misses({ query: 'none' }, ['/a?x=1', '/a?x=2', '/a'])).toEqual(['/a?x=1'])
  })

  it('has the fields of vary, which the answer names, too', async () => {
    const { get, runs } = await openApp({ ...minute, vary: ['Accept-Language'] }, (ctx) =>
      ctx.text(ctx.headers.get('accept-language') ?? 'none'),
    )
    for (const [value, text] of [
      ['de', 'de'],
      ['en', 'en'],
      ['de', 'de'],
      ['de,en', 'de,en'],
      ['de ,  en', 'de,en'],
    ]) {
      const answer = await get('/a', { 'accept-language': value ?? '' })
      expect([await answer.text(), answer.headers.get('vary')]).toEqual([text, 'accept-language'])
    }
    expect(runs()).toBe(3)
    expect(await (await get('/a')).text()).toBe('none')
  })

  it('has what varyValue makes of a field', async () => {
    const { get, runs } = await openApp({
      ...minute,
      vary: ['accept-language'],
      varyValue: (_name, value) => (value?.startsWith('de') === true ? 'de' : 'en'),
    })
    for (const value of ['de', 'de-AT', 'en', 'fr']) await get('/a', { 'accept-language': value })
    expect(runs()).toBe(2)
  })
})

describe("the request's Cache-Control", () => {
  it('gets a new answer with no-cache, max-age and min-fresh, which is kept', async () => {
    const { app, get, runs } = await openApp(minute)
    await get()
    await app.clock.advance(20_000)
    const ask = async (value: string): Promise<string> => (await get('/a', { 'cache-control': value })).text()
    expect(await ask('max-age=20')).toBe('answer 1')
    expect(await ask('min-fresh=40')).toBe('answer 1')
    expect(await ask('min-fresh=41')).toBe('answer 2')
    await app.clock.advance(20_000)
    expect(await ask('max-age=19')).toBe('answer 3')
    expect(await ask('no-cache')).toBe('answer 4')
    expect(await (await get('/a', { pragma: 'no-cache' })).text()).toBe('answer 5')
    expect(await (await get()).text()).toBe('answer 5')
    expect(runs()).toBe(5)
  })

  it('gets 504 with only-if-cached for what is not kept', async () => {
    const { get, runs } = await openApp(minute)
    expect((await get('/a', { 'cache-control': 'only-if-cached' })).status).toBe(504)
    expect(runs()).toBe(0)
    await get()
    expect((await get('/a', { 'cache-control': 'only-if-cached' })).status).toBe(200)
  })

  it('does not count with obeyRequest false', async () => {
    const { get, runs } = await openApp({ ...minute, obeyRequest: false })
    await get()
    await get('/a', { 'cache-control': 'no-cache' })
    await get('/a', { 'cache-control': 'only-if-cached, max-age=0' })
    expect(runs()).toBe(1)
  })
})
