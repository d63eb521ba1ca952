import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/index.ts'
import { createTestClock, createTestPlatform, testApp } from '../../src/testing/index.ts'

describe('createTestClock()', () => {
  test('stands still until it is advanced', async () => {
    const clock = createTestClock(1000)
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0])
    await clock.advance(250)
    expect([clock.now(), clock.monotonic()]).toEqual([1250, 250])
  })

  test('runs what falls due, in order, each at its own time', async () => {
    const clock = createTestClock(0)
    const seen: [string, number][] = []
    clock.schedule(20, () => void seen.push(['b', clock.now()]))
    clock.schedule(10, () => {
      seen.push(['a', clock.now()])
      clock.schedule(5, () => void seen.push(['nested', clock.now()]))
    })
    clock.schedule(20, () => void seen.push(['c', clock.now()]))
    clock.schedule(30, () => void seen.push(['late', clock.now()]))
    clock.schedule(1, () => void seen.push(['cancelled', 0]))()
    await clock.advance(29)
    expect(seen).toEqual([
      ['a', 10],
      ['nested', 15],
      ['b', 20],
      ['c', 20],
    ])
    expect(clock.pending).toBe(1)
  })
})

describe('testApp()', () => {
  test('calls the app without a socket and keeps its cookies', async () => {
    const app = createApp()
      .get('/in', (ctx) => {
        ctx.cookies.set('user', 'Ada Lovelace')
        return 'in'
      })
      .get('/who', (ctx) => ctx.cookies.get('user') ?? 'nobody')
      .get('/out', (ctx) => {
        ctx.cookies.delete('user')
        return 'out'
      })
    await using tested = await testApp(app)
    expect(await (await tested.fetch('/who')).text()).toBe('nobody')
    await tested.fetch('/in')
    expect(await (await tested.fetch('/who')).text()).toBe('Ada Lovelace')
    await tested.fetch('/out')
    expect([await (await tested.fetch('/who')).text(), tested.cookies.size]).toEqual(['nobody', 0])
  })

  test('sends an object as JSON', async () => {
    const app = createApp().post('/echo', async (ctx) => ({ got: await ctx.body.json() }))
    await using tested = await testApp(app)
    expect(await (await tested.fetch('/echo', { json: { a: 1 } })).json()).toEqual({ got: { a: 1 } })
  })

  test('stops the app when its block is left', async () => {
    let stopped = 0
    const app = createApp().onStop(() => void stopped++)
    {
      await using tested = await testApp(app)
      expect([tested.clock.pending, stopped]).toEqual([0, 0])
    }
    expect(stopped).toBe(1)
  })
})

describe('createTestPlatform()', () => {
  test('remembers log, hints and work, and tells work that failed', async () => {
    const platform = createTestPlatform({ peer: { address: '10.0.0.1' }, env: { A: '1' } })
    const app = createApp().get('/', (ctx) => {
      ctx.log.info('hello', { n: 1 })
      ctx.earlyHints('</a.css>; rel=preload')
      ctx.platform.waitUntil(Promise.reject(new Error('later')))
      return [ctx.client.address, ctx.platform.env['A']]
    })
    const response = await app.fetch(new Request('http://localhost/'), platform)
    await platform.idle()
    expect(await response.json()).toEqual(['10.0.0.1', '1'])
    expect(platform.hinted).toEqual(['</a.css>; rel=preload'])
    expect(platform.logged.map(({ kind, message }) => [kind, message])).toEqual([
      ['app.log', 'hello'],
      ['work.failed', 'Error: later'],
    ])
  })
})
