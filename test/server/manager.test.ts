import { describe, expect, test } from 'vitest'
import type { Activity, BoundAddress, Listener } from '../../src/server/index.ts'
import { createServerManager } from '../../src/server/index.ts'
import { createTestClock } from '../../src/testing/index.ts'

/** A listener without a socket, which says what was asked of it. */
function fakeListener(port: number, failure?: Error): Listener & { readonly calls: string[]; end(): void } {
  const calls: string[] = []
  const closed = Promise.withResolvers<void>()
  const activity: Activity = { active: 0, total: 0, draining: false, onEnd: null }
  return {
    calls,
    activity,
    async open(): Promise<BoundAddress> {
      calls.push('open')
      if (failure !== undefined) throw failure
      return { url: `http://127.0.0.1:${port}`, hostname: '127.0.0.1', port, protocols: ['http/1.1'] }
    },
    stopAccepting: () => void calls.push('stopAccepting'),
    destroy(): void {
      calls.push('destroy')
      closed.resolve()
    },
    closed: () => closed.promise,
    end(): void {
      activity.active--
      activity.onEnd?.()
    },
  }
}

describe('createServerManager()', () => {
  test('opens all listeners and tells their addresses', async () => {
    const manager = createServerManager([fakeListener(1), fakeListener(2)], createTestClock())
    expect(manager.state).toBe('idle')
    expect((await manager.start()).map(({ port }) => port)).toEqual([1, 2])
    expect([manager.state, manager.addresses.length]).toEqual(['listening', 2])
  })

  test('closes those that opened when one fails', async () => {
    const good = fakeListener(1)
    const manager = createServerManager([good, fakeListener(2, new Error('taken'))], createTestClock())
    await expect(manager.start()).rejects.toThrow('taken')
    expect([manager.state, good.calls.at(-1)]).toEqual(['stopped', 'destroy'])
    await expect(manager.start()).rejects.toThrow(/never started/)
  })

  test('waits for running requests on all listeners, then closes', async () => {
    const clock = createTestClock()
    const [one, two] = [fakeListener(1), fakeListener(2)]
    const manager = createServerManager([one, two], clock)
    await manager.start()
    one.activity.active = 1
    two.activity.active = 1
    const stopping = manager.stop({ graceMs: 1000 })
    expect([manager.state, one.activity.draining, one.calls]).toEqual([
      'draining',
      true,
      ['open', 'stopAccepting'],
    ])
    await clock.advance(100)
    one.end()
    await clock.advance(100)
    expect(two.calls).not.toContain('destroy')
    two.end()
    await clock.advance(1000)
    expect(await stopping).toEqual({ finished: 2, cut: 0, tookMs: 1000 })
    expect(manager.state).toBe('stopped')
  })

  test('cuts what is left when the grace time is over', async () => {
    const clock = createTestClock()
    const listener = fakeListener(1)
    const manager = createServerManager([listener], clock)
    await manager.start()
    listener.activity.active = 3
    const stopping = manager.stop({ graceMs: 500 })
    listener.end()
    await clock.advance(499)
    expect(listener.calls).not.toContain('destroy')
    await clock.advance(1)
    expect(await stopping).toEqual({ finished: 1, cut: 2, tookMs: 500 })
  })

  test('counts requests that came while it drained', async () => {
    const clock = createTestClock()
    const listener = fakeListener(1)
    const manager = createServerManager([listener], clock)
    await manager.start()
    Object.assign(listener.activity, { active: 2, total: 10 })
    const stopping = manager.stop({ graceMs: 500 })
    listener.end()
    Object.assign(listener.activity, { active: 2, total: 11 })
    listener.end()
    listener.end()
    await clock.advance(1000)
    expect(await stopping).toMatchObject({ finished: 3, cut: 0 })
  })

  test('tells that it drains, and goes on accepting for the delay', async () => {
    const clock = createTestClock()
    const listener = fakeListener(1)
    const manager = createServerManager([listener], clock)
    const told: string[] = []
    manager.onDraining(() => {
      told.push(manager.state)
      throw new Error('swallowed')
    })
    manager.onDraining(() => void told.push('second'))
    manager.onDraining(() => void told.push('taken off'))()
    await manager.start()
    const stopping = manager.stop({ graceMs: 0, delayMs: 200 })
    expect(told).toEqual(['draining', 'second'])
    await clock.advance(199)
    expect([listener.calls, listener.activity.draining]).toEqual([['open'], false])
    await clock.advance(1)
    await stopping
    expect(listener.calls).toEqual(['open', 'stopAccepting', 'destroy'])
    expect(told).toHaveLength(2)
  })

  test('closes a listener that opens only after the stop began', async () => {
    const opening = Promise.withResolvers<void>()
    const listener = fakeListener(1)
    const open = listener.open.bind(listener)
    const slow: Listener = { ...listener, open: () => opening.promise.then(open) }
    const manager = createServerManager([slow], createTestClock())
    const starting = manager.start()
    const stopping = manager.stop({ graceMs: 0 })
    opening.resolve()
    await expect(starting).rejects.toThrow(/stopped while it started/)
    await stopping
    expect([manager.state, listener.calls]).toEqual(['stopped', ['open', 'stopAccepting', 'destroy']])
  })

  test('stops although it never started', async () => {
    const listener: Listener = { ...fakeListener(1), closed: () => Promise.resolve() }
    const manager = createServerManager([listener], createTestClock())
    expect(await manager.stop({ graceMs: 100 })).toMatchObject({ finished: 0, cut: 0 })
    await expect(manager.start()).rejects.toThrow(/this one is stopped/)
  })

  test('is stopped although a socket never closes', async () => {
    const clock = createTestClock()
    const deaf: Listener = { ...fakeListener(1), closed: () => new Promise(() => undefined) }
    const manager = createServerManager([deaf], clock)
    await manager.start()
    const stopping = manager.stop({ graceMs: 0 })
    await clock.advance(5000)
    expect((await stopping).tookMs).toBe(5000)
  })

  test('shares one stop', async () => {
    const listener = fakeListener(1)
    const manager = createServerManager([listener], createTestClock())
    await manager.start()
    const [first, second] = await Promise.all([manager.stop({ graceMs: 0 }), manager.stop({ graceMs: 9 })])
    expect(first).toBe(second)
    expect(listener.calls.filter((call) => call === 'destroy')).toHaveLength(1)
  })
})
