import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/index.ts'
import type { ServiceHost } from '../../src/context/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

const get = (): Request => new Request('http://localhost/')

describe('start and stop', () => {
  test('hooks run once, in order, and stop hooks in reverse', async () => {
    const order: string[] = []
    const app = createApp()
      .onStart(() => void order.push('start 1'))
      .onStart(async () => void order.push('start 2'))
      .onStop(() => void order.push('stop 1'))
      .onStop(() => void order.push('stop 2'))
      .get('/', () => 'x')
    const platform = createTestPlatform()
    await Promise.all([app.fetch(get(), platform), app.fetch(get(), platform), app.start(platform)])
    await Promise.all([app.stop(), app.stop()])
    expect(order).toEqual(['start 1', 'start 2', 'stop 2', 'stop 1'])
  })

  test('a hook that takes too long fails the start and names itself', async () => {
    const platform = createTestPlatform()
    let aborted = false
    const app = createApp({ hookMs: 100 }).onStart(function slow(_platform, signal) {
      signal.addEventListener('abort', () => void (aborted = true))
      return new Promise(() => undefined)
    })
    const failed = expect(app.start(platform)).rejects.toThrow(/start hook slow failed: Expected/)
    await platform.clock.advance(100)
    await failed
    expect(aborted).toBe(true)
  })

  test('a failed start answers 503 and the next request tries again', async () => {
    let tries = 0
    const platform = createTestPlatform()
    const app = createApp()
      .onStart(() => {
        if (++tries === 1) throw new Error('no disk')
      })
      .get('/', () => 'up')
    const first = await app.fetch(get(), platform)
    expect([first.status, await first.text()]).toEqual([503, 'The application could not start'])
    expect(platform.logged[0]?.message).toContain('no disk')
    expect(await (await app.fetch(get(), platform)).text()).toBe('up')
  })

  test('stop runs every hook and reports all failures', async () => {
    const ran: number[] = []
    const app = createApp()
      .onStop(() => void ran.push(1))
      .onStop(() => {
        throw new Error('second')
      })
      .onStop(() => {
        throw new Error('third')
      })
    await app.start(createTestPlatform())
    await expect(app.stop()).rejects.toThrow(/third.*second/)
    expect(ran).toEqual([1])
  })

  test('stop before start does nothing', async () => {
    const app = createApp().onStop(() => {
      throw new Error('never')
    })
    await expect(app.stop()).resolves.toBeUndefined()
  })
})

describe('the service table', () => {
  test('a service is built on first use, once per request, and never when it is not touched', async () => {
    let built = 0
    const app = createApp({ services: { counter: () => ({ id: ++built }) } })
      .get('/', (ctx) => [ctx.counter.id, ctx.counter.id])
      .get('/idle', () => 'idle')
    const platform = createTestPlatform()
    await app.fetch(new Request('http://localhost/idle'), platform)
    expect(built).toBe(0)
    expect(await (await app.fetch(get(), platform)).json()).toEqual([1, 1])
    expect(await (await app.fetch(get(), platform)).json()).toEqual([2, 2])
  })

  test('a service that is undefined is still built only once', async () => {
    let built = 0
    const app = createApp({ services: { none: () => void built++ } }).get(
      '/',
      (ctx) => [ctx.none, ctx.none].length,
    )
    await app.fetch(get(), createTestPlatform())
    expect(built).toBe(1)
  })

  test('a service sees the other services of its context', async () => {
    const services = {
      name: () => 'Ada',
      greeting: (ctx: { name: string }) => `Hello ${ctx.name}`,
    }
    const app = createApp({ services }).get('/', (ctx) => ctx.greeting)
    expect(await (await app.fetch(get(), createTestPlatform())).text()).toBe('Hello Ada')
  })

  test('services start in order and stop in reverse', async () => {
    const order: string[] = []
    const service = (name: string) =>
      Object.assign(() => name, {
        start: (host: ServiceHost) => void order.push(`${name} starts in ${host.platform.runtime}`),
        stop: () => void order.push(`${name} stops`),
      })
    const app = createApp({ services: { a: service('a'), b: service('b') } })
    await app.start(createTestPlatform())
    await app.stop()
    expect(order).toEqual(['a starts in test', 'b starts in test', 'b stops', 'a stops'])
  })

  test('a name that the context has already is refused', () => {
    expect(() => createApp({ services: { json: () => 1, method: () => 2 } })).toThrow(
      /the context has json, method/,
    )
  })
})
