import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { HttpError } from '../../src/errors/index.ts'
import { batteries, createApp } from '../../src/app/index.ts'
import { cacheResponse, createCacheService, preventCaching } from '../../src/cache/index.ts'
import { testApp } from '../../src/testing/index.ts'
import { openApp } from './open-app.ts'

const minute = { ttlMs: 60_000 }

/** Asks twice; tells whether the second answer was kept. */
async function isKept(
  opened: Awaited<ReturnType<typeof openApp>>,
  headers?: Record<string, string>,
): Promise<boolean> {
  await (await opened.get('/a', headers)).text()
  const before = opened.runs()
  await (await opened.get('/a', headers)).text()
  return opened.runs() === before
}

describe('cacheResponse()', () => {
  it('answers from the cache with Age, Date and the same fields', async () => {
    const { app, get, outcomes } = await openApp(minute, (ctx, n) =>
      ctx.header('x-made', String(n)).json({ n }),
    )
    const first = await get()
    expect(await first.json()).toEqual({ n: 1 })
    expect(first.headers.get('age')).toBeNull()
    await app.clock.advance(2500)
    const second = await get()
    expect(await second.json()).toEqual({ n: 1 })
    expect(second.headers.get('age')).toBe('2')
    expect(second.headers.get('x-made')).toBe('1')
    expect(second.headers.get('content-type')).toBe('application/json')
    expect(second.headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:00 GMT')
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    await app.clock.advance(57_500)
    expect(await (await get()).json()).toEqual({ n: 2 })
    expect(outcomes()).toEqual(['miss', 'hit', 'miss'])
  })

  it('runs the handler once for 50 requests at the same time', async () => {
    const { get, runs, outcomes } = await openApp(minute, async (ctx, n) => {
      await sleep(20)
      return ctx.text(`${n}`)
    })
    const texts = await Promise.all(Array.from({ length: 50 }, async () => (await get()).text()))
    expect(new Set(texts)).toEqual(new Set(['1']))
    expect(runs()).toBe(1)
    expect(
      outcomes()
        .toSorted()
        .filter((outcome, index, all) => all[index - 1] !== outcome),
    ).toEqual(['joined', 'miss'])
  })

  it('lets requests whose answers are not kept run beside each other', async () => {
    let running = 0
    let most = 0
    const { get, runs } = await openApp(minute, async (ctx, n) => {
      most = Math.max(most, ++running)
      await sleep(10)
      running -= 1
      return ctx.header('cache-control', 'no-store').text(`${n}`)
    })
    await get()
    const texts = await Promise.all(Array.from({ length: 10 }, async () => (await get()).text()))
    expect(new Set(texts).size).toBe(10)
    expect(runs()).toBe(11)
    expect(most).toBe(10)
  })

  it('tries again after ten seconds whether an answer is to be kept', async () => {
    const { app, get, outcomes } = await openApp(minute, (ctx, n) =>
      n === 1 ? ctx.header('cache-control', 'no-store').text('x') : ctx.text('y'),
    )
    await get()
    await app.clock.advance(9999)
    await get()
    await app.clock.advance(1)
    await get()
    await get()
    expect(outcomes()).toEqual(['uncacheable cache-control', 'uncacheable cache-control', 'miss', 'hit'])
  })

  it('gives each of those that waited an answer of its own when the first is not to be kept', async () => {
    const { get, runs } = await openApp(minute, async (ctx, n) => {
      await sleep(5)
      ctx.cookies.set('id', String(n))
      return ctx.text(`${n}`)
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => get()))
    expect(runs()).toBe(10)
    expect(new Set(answers.map((answer) => answer.headers.get('set-cookie'))).size).toBe(10)
  })

  it('answers HEAD from what GET has kept, and keeps nothing of HEAD', async () => {
    const { app, get, runs } = await openApp(minute)
    await app.fetch('/a', { method: 'HEAD' })
    expect(runs()).toBe(1)
    await (await get()).text()
    expect(runs()).toBe(2)
    const head = await app.fetch('/a', { method: 'HEAD' })
    expect(runs()).toBe(2)
    expect(head.headers.get('content-length')).toBe('8')
    expect(await head.text()).toBe('')
  })

  it('keeps nothing of other methods, and forgets a path that one of them changed', async () => {
    const { app, get, runs } = await openApp(minute)
    await get('/a?x=1')
    await get('/b')
    await app.fetch('/a', { method: 'POST' })
    await app.fetch('/a', { method: 'POST' })
    expect(runs()).toBe(4)
    await get('/a?x=1')
    await get('/b')
    expect(runs()).toBe(5)
  })

  it('forgets nothing when an unsafe request failed', async () => {
    const { app, get, runs } = await openApp(minute, (ctx) =>
      ctx.method === 'GET' ? ctx.text('x') : ctx.problem(409),
    )
    await get()
    await app.fetch('/a', { method: 'DELETE' })
    await get()
    expect(runs()).toBe(2)
  })

  it('is invalidated by the tags of ctx.cache', async () => {
    const { get, runs } = await openApp(
      { ...minute, tags: (ctx) => [`page:${ctx.path}`] },
      async (ctx, n) => {
        if (ctx.path === '/clear') await ctx.cache.invalidateTags('page:/a')
        return ctx.text(`${n}`)
      },
    )
    await get('/a')
    await get('/b')
    await get('/clear')
    await get('/a')
    await get('/b')
    expect(runs()).toBe(4)
  })

  it('does not meet what the application keeps itself', async () => {
    const { get } = await openApp(minute, async (ctx) => {
      await ctx.cache.namespace('responses').set('k', 1)
      await ctx.cache.clear()
      return ctx.text('x')
    })
    expect((await get()).status).toBe(200)
  })

  it('answers 304 from the cache and at the first time, and 412', async () => {
    const { get, runs } = await openApp(minute)
    const first = await get()
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/)
    const second = await get('/a', { 'if-none-match': etag })
    expect([second.status, await second.text()]).toEqual([304, ''])
    expect(second.headers.get('age')).toBe('0')
    expect(second.headers.get('etag')).toBe(etag)
    expect(second.headers.get('content-type')).toBeNull()
    expect((await get('/a', { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await get('/a', { 'if-match': '"other"' })).status).toBe(412)
    expect(runs()).toBe(1)
  })

  it('uses the validators of the handler', async () => {
    const { get } = await openApp(minute, (ctx) =>
      ctx.header('etag', '"v1"').header('last-modified', 'Wed, 31 Dec 2025 00:00:00 GMT').text('x'),
    )
    expect((await get()).headers.get('etag')).toBe('"v1"')
    expect((await get('/a', { 'if-none-match': 'W/"v1"' })).status).toBe(304)
    expect((await get('/a', { 'if-modified-since': 'Wed, 31 Dec 2025 00:00:01 GMT' })).status).toBe(304)
  })

  it('keeps permanent redirects, and no temporary ones', async () => {
    const redirect = (status: 301 | 302) => openApp(minute, (ctx) => ctx.redirect('/b', { status }))
    expect(await isKept(await redirect(301))).toBe(true)
    expect(await isKept(await redirect(302))).toBe(false)
  })

  it('keeps 404 only with negativeTtlMs, and as long', async () => {
    const missing = (options: object) => openApp({ ...minute, ...options }, (ctx) => ctx.problem(404))
    expect(await isKept(await missing({}))).toBe(false)
    const opened = await missing({ negativeTtlMs: 1000 })
    expect(await isKept(opened)).toBe(true)
    await opened.app.clock.advance(1000)
    await opened.get()
    expect(opened.runs()).toBe(2)
  })

  it('runs the outer middleware for each request, and adds what it sets once', async () => {
    const { get } = await openApp({ ...minute, vary: ['accept-language'] }, (ctx) =>
      ctx.header('vary', 'accept-language').header('link', '</x>', { append: true }).text('x'),
    )
    for (const answer of [await get(), await get(), await get()]) {
      expect(answer.headers.get('vary')).toBe('accept-language')
      expect(answer.headers.get('link')).toBe('</x>')
    }
  })

  it('keeps fields as the client got them: those of the context in place of those of the response', async () => {
    const { get } = await openApp(minute, (ctx) => {
      ctx.header('x-a', 'context').header('vary', 'x-b').header('x-c', '1').header('x-c', '2')
      return new Response('x', { headers: { 'x-a': 'response', vary: 'x-c', 'content-type': 'text/plain' } })
    })
    const { get: kept } = await openApp({ ...minute, vary: ['x-b', 'x-c'] }, (ctx) => {
      ctx.header('x-a', 'context').header('vary', 'x-b').header('x-c', '1').header('x-c', '2')
      return new Response('x', { headers: { 'x-a': 'response', vary: 'x-c', 'content-type': 'text/plain' } })
    })
    const fields = (answer: Response): unknown => [
      answer.headers.get('x-a'),
      answer.headers.get('x-c'),
      answer.headers.get('vary')?.split(', ').toSorted(),
    ]
    const expected = fields(await get())
    expect(expected).toEqual(['context', '2', ['x-b', 'x-c']])
    expect(fields(await kept())).toEqual(expected)
    expect(fields(await kept())).toEqual(expected)
  })

  it('goes on without the cache when its store is down', async () => {
    const { get, runs, app } = await openApp(minute, undefined, {
      cache: { store: () => Promise.reject(new Error('no route to host')) },
    })
    expect(await (await get()).text()).toBe('answer 1')
    expect(await (await get()).text()).toBe('answer 2')
    expect(runs()).toBe(2)
    expect(app.platform.logged.filter(({ kind }) => kind === 'cache.store-down')).toHaveLength(1)
  })

  it('passes errors on, and keeps none', async () => {
    const { get, runs } = await openApp(minute, () => {
      throw new HttpError(418 as number, 'BAD_REQUEST', 'teapot')
    })
    expect((await get()).status).toBe(418)
    expect((await get()).status).toBe(418)
    expect(runs()).toBe(2)
  })

  it('keeps nothing that preventCaching() was called for', async () => {
    const opened = await openApp(minute, (ctx) => {
      preventCaching(ctx)
      return ctx.text('x')
    })
    expect(await isKept(opened)).toBe(false)
    expect(opened.outcomes()[0]).toBe('uncacheable prevented')
  })

  it('refuses options out of range', async () => {
    await expect(openApp({ ttlMs: -1 })).rejects.toThrow(RangeError)
    await expect(openApp({ maxBodyBytes: 0.5 })).rejects.toThrow(RangeError)
    await expect(openApp({ vary: ['not a field'] })).rejects.toMatchObject({ code: 'HEADER_INVALID' })
  })
})

describe('a body', () => {
  const chunk = new Uint8Array(600).fill(97)
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield chunk
    yield chunk
    yield chunk
  }

  it('over maxBodyBytes passes whole and is not kept', async () => {
    const opened = await openApp({ ...minute, maxBodyBytes: 1000 }, (ctx) => ctx.stream(slowly()))
    for (let round = 0; round < 2; round++)
      expect((await (await opened.get()).arrayBuffer()).byteLength).toBe(1800)
    expect(opened.outcomes()).toEqual(['uncacheable body-size', 'uncacheable body-size'])
  })

  it('that is a stream within the bound is kept', async () => {
    const opened = await openApp(minute, (ctx) => ctx.stream(slowly()))
    expect(await isKept(opened)).toBe(true)
    expect((await (await opened.get()).arrayBuffer()).byteLength).toBe(1800)
  })

  it('that does not end within maxBodyMs passes as a stream, none of it lost', async () => {
    const gate = Promise.withResolvers<void>()
    const opened = await openApp({ ...minute, maxBodyMs: 100 }, (ctx) =>
      ctx.stream(
        (async function* () {
          yield 'first '
          await gate.promise
          yield 'second'
        })(),
      ),
    )
    const asked = opened.get()
    await opened.app.clock.advance(100)
    const answer = await asked
    gate.resolve()
    expect(await answer.text()).toBe('first second')
    expect(opened.outcomes()).toEqual(['uncacheable body-size'])
  })

  it('shorter than announced is not kept', async () => {
    const opened = await openApp(minute, () => new Response('short', { headers: { 'content-length': '10' } }))
    expect(await isKept(opened)).toBe(false)
  })

  it('that fails is not kept', async () => {
    const opened = await openApp(minute, (ctx) =>
      ctx.stream(
        (async function* () {
          yield 'first'
          throw new Error('the disk is on fire')
        })(),
      ),
    )
    expect((await opened.get()).status).toBe(500)
    expect((await opened.get()).status).toBe(500)
    expect(opened.runs()).toBe(2)
  })

  it('of events is passed on at once', async () => {
    const opened = await openApp(minute, (ctx) =>
      ctx.stream(
        (async function* () {
          yield 'data: 1\n\n'
          await new Promise(() => undefined)
        })(),
        'text/event-stream',
      ),
    )
    const answer = await opened.get()
    const reader = answer.body?.getReader()
    expect((await reader?.read())?.value?.byteLength).toBe(9)
    expect(opened.outcomes()).toEqual(['uncacheable stream'])
  })
})

describe('stale answers', () => {
  it('are given while the handler makes a new one in the background', async () => {
    const { app, get, runs, outcomes } = await openApp({ ttlMs: 1000, staleMs: 5000 }, (ctx, n) =>
      ctx.header('x-n', String(n)).text(`${n}`),
    )
    await get()
    await app.clock.advance(1500)
    const stale = await get()
    expect([await stale.text(), stale.headers.get('x-n'), stale.headers.get('age')]).toEqual(['1', '1', '1'])
    await app.platform.idle()
    expect(runs()).toBe(2)
    const fresh = await get()
    expect([await fresh.text(), fresh.headers.get('x-n')]).toEqual(['2', '2'])
    expect(outcomes()).toEqual(['miss', 'stale', 'hit'])
  })

  it('do not get the cookies of the run in the background, which is not kept', async () => {
    const { app, get } = await openApp({ ttlMs: 1000, staleMs: 5000 }, (ctx, n) => {
      if (n > 1) ctx.cookies.set('id', 'secret')
      return ctx.text(`${n}`)
    })
    await get()
    await app.clock.advance(1000)
    const stale = await get()
    expect([await stale.text(), stale.headers.get('set-cookie')]).toEqual(['1', null])
    await app.platform.idle()
    const own = await get()
    expect([await own.text(), own.headers.get('set-cookie')]).toEqual([
      '3',
      expect.stringContaining('secret'),
    ])
  })

  it('stand in for a handler that throws or answers 5xx', async () => {
    const { app, get, runs } = await openApp({ ttlMs: 1000, staleIfErrorMs: 60_000 }, (ctx, n) => {
      if (n === 2) throw new Error('no')
      if (n === 3) return ctx.problem(502)
      return ctx.text(`${n}`)
    })
    await get()
    for (const round of [2, 3]) {
      await app.clock.advance(2000)
      expect(await (await get()).text()).toBe('1')
      expect(runs()).toBe(round)
    }
    await app.clock.advance(2000)
    expect(await (await get()).text()).toBe('4')
  })

  it('do not stand in for an answer that is no failure', async () => {
    const { app, get } = await openApp({ ttlMs: 1000, staleIfErrorMs: 60_000 }, (ctx, n) =>
      n === 1 ? ctx.text('1') : ctx.problem(403),
    )
    await get()
    await app.clock.advance(1000)
    expect((await get()).status).toBe(403)
  })

  it('go when the answer in the background is not to be kept any more', async () => {
    const { app, get } = await openApp({ ttlMs: 1000, staleMs: 60_000 }, (ctx, n) =>
      n === 1 ? ctx.text('1') : ctx.problem(410),
    )
    await get()
    await app.clock.advance(1000)
    expect((await get()).status).toBe(200)
    await app.platform.idle()
    expect((await get()).status).toBe(410)
    await app.clock.advance(10_000)
    expect((await get()).status).toBe(410)
  })

  it('are not changed by the run in the background, however late they leave', async () => {
    let n = 0
    const app = createApp({ services: { ...batteries(), cache: createCacheService({ jitter: 0 }) } })
    app.use(async (ctx, next) => {
      const response = await next()
      await sleep(10)
      ctx.header('x-outer', 'yes')
      return response
    })
    app.use(cacheResponse({ ttlMs: 1000, staleMs: 5000 }))
    app.get('/a', (ctx) => ctx.header(`x-${++n}`, 'yes').text('x'))
    const running = await testApp(app)
    await running.fetch('/a')
    await running.clock.advance(1500)
    const stale = await running.fetch('/a')
    expect(['x-outer', 'x-1', 'x-2'].map((name) => stale.headers.get(name))).toEqual(['yes', 'yes', null])
    await running.platform.idle()
    const fresh = await running.fetch('/a')
    expect(['x-outer', 'x-1', 'x-2'].map((name) => fresh.headers.get(name))).toEqual(['yes', null, 'yes'])
  })
})
