import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import type { PubSub, PubSubListener } from '../../src/stores/pubsub/index.ts'
import { memoryPubSub } from '../../src/stores/pubsub/index.ts'
import { faulty, openCache, openLiveCache, shared, type OpenedCache } from './open.ts'

/** Two processes with a memory tier each over one store. */
function openPair(options: { ttlMs?: number } = {}): {
  one: OpenedCache
  two: OpenedCache
  store: ReturnType<typeof faulty>
  pubSub: PubSub & { listeners: PubSubListener[] }
} {
  const store = faulty(shared(memoryKeyValue()))
  const inner = memoryPubSub()
  const listeners: PubSubListener[] = []
  const pubSub = Object.assign(Object.create(inner) as PubSub, {
    listeners,
    subscribe: (channel: string, listener: PubSubListener) => {
      listeners.push(listener)
      return inner.subscribe(channel, listener)
    },
  })
  const make = (): OpenedCache => openCache({ store, pubSub, memory: options })
  return { one: make(), two: make(), store, pubSub }
}

/** Makes the tiers listen. */
async function listen(...opened: readonly OpenedCache[]): Promise<void> {
  for (const { cache } of opened) {
    await cache.get('whatever')
    await sleep(1)
  }
}

describe('the memory tier', () => {
  it('answers without the store what was read before', async () => {
    const { one, store } = openPair()
    await listen(one)
    await one.cache.set('a', [1], { tags: ['t'] })
    await one.cache.get('a')
    // Time for its own messages.
    await sleep(2)
    store.calls = 0
    expect(await one.cache.get('a')).toEqual([1])
    expect(store.calls).toBe(0)
    expect(one.cache.stats().memoryHits).toBe(1)
  })

  it('is not used before it hears of invalidations', async () => {
    const { one, store } = openPair()
    await one.cache.set('a', 1)
    store.calls = 0
    await one.cache.get('a')
    expect(store.calls).toBeGreaterThan(0)
  })

  for (const [name, change] of [
    ['set()', (other: OpenedCache) => other.cache.set('a', 'new', { tags: ['t'] })],
    ['delete()', (other: OpenedCache) => other.cache.delete('a')],
    ['invalidateTags()', (other: OpenedCache) => other.cache.invalidateTags('t')],
    ['clear()', (other: OpenedCache) => other.cache.clear()],
  ] as const) {
    it(`hears of ${name} in another process`, async () => {
      const { one, two } = openPair()
      await listen(one, two)
      await one.cache.set('a', 'old', { tags: ['t'] })
      expect(await one.cache.get('a')).toBe('old')
      expect(await two.cache.get('a')).toBe('old')
      await change(two)
      await sleep(2)
      expect(await one.cache.get('a')).toBe(name === 'set()' ? 'new' : null)
    })
  }

  it('is flushed by a gap', async () => {
    const { one, two, pubSub } = openPair()
    await listen(one, two)
    await one.cache.set('a', 'old')
    await one.cache.get('a')
    // The message is lost.
    const publish = pubSub.publish
    pubSub.publish = async () => undefined
    await two.cache.set('a', 'new')
    pubSub.publish = publish
    expect(await one.cache.get('a')).toBe('old')
    for (const listener of pubSub.listeners) listener.gap(null)
    expect(await one.cache.get('a')).toBe('new')
  })

  it('asks the store after memory.ttlMs at the latest', async () => {
    const { one, two, pubSub } = openPair({ ttlMs: 500 })
    await listen(one, two)
    await one.cache.set('a', 'old')
    await one.cache.get('a')
    pubSub.publish = async () => undefined
    await two.cache.set('a', 'new')
    await one.clock.advance(499)
    expect(await one.cache.get('a')).toBe('old')
    await one.clock.advance(1)
    expect(await one.cache.get('a')).toBe('new')
  })

  it('looks into the store before it takes something for stale', async () => {
    const { one, two } = openPair({ ttlMs: 60_000 })
    await listen(one, two)
    const options = { ttlMs: 1000 }
    await one.cache.remember('a', () => 1, options)
    await one.cache.get('a')
    await one.clock.advance(1000)
    await two.clock.advance(1000)
    expect(await two.cache.remember('a', () => 2, options)).toBe(2)
    expect(await one.cache.get('a')).toBe(2)
    expect(await one.cache.remember('a', () => 3, options)).toBe(2)
  })

  it('does not keep what was read before an invalidation arrived', async () => {
    const inner = shared(memoryKeyValue())
    const pubSub = memoryPubSub()
    const gate = Promise.withResolvers<void>()
    const slowly = Object.assign(Object.create(inner) as typeof inner, {
      getMany: async (keys: readonly string[]) => {
        const found = await inner.getMany(keys)
        if (keys.some((key) => key.endsWith('=a'))) await gate.promise
        return found
      },
    })
    const slow = openCache({ store: slowly, pubSub, memory: true })
    const other = openCache({ store: inner, pubSub, memory: true })
    await listen(slow, other)
    await other.cache.set('a', 'old')
    const asked = slow.cache.get('a')
    await sleep(1)
    await other.cache.set('a', 'new')
    await sleep(1)
    gate.resolve()
    expect(await asked).toBe('old')
    expect(await slow.cache.get('a')).toBe('new')
  })

  it('goes on with what it has while the store is down', async () => {
    const { one, store } = openPair()
    await listen(one)
    await one.cache.set('a', 1)
    await one.cache.get('a')
    store.mode = 'fails'
    await one.cache.get('b')
    expect(await one.cache.get('a')).toBe(1)
  })

  it('works without a channel, bounded by its time', async () => {
    const store = shared(memoryKeyValue())
    const one = openCache({ store, memory: { ttlMs: 100 } })
    const two = openCache({ store })
    await one.cache.set('a', 'old')
    await one.cache.get('a')
    await two.cache.set('a', 'new')
    expect(await one.cache.get('a')).toBe('old')
    await one.clock.advance(100)
    expect(await one.cache.get('a')).toBe('new')
  })

  it('is left out before a store of this process', async () => {
    const store = faulty(memoryKeyValue())
    const { cache } = openCache({ store, memory: true })
    await cache.set('a', 1)
    await cache.get('a')
    store.calls = 0
    await cache.get('a')
    expect(store.calls).toBeGreaterThan(0)
  })

  it('is off while its channel fails, which is told', async () => {
    const store = shared(memoryKeyValue())
    const { cache, count } = openLiveCache({
      store,
      memory: true,
      pubSub: () => Promise.reject(new Error('no route to host')),
    })
    expect(await cache.set('a', 1)).toBe(true)
    expect(await cache.get('a')).toBe(1)
    expect(cache.stats().memoryHits).toBe(0)
    expect(count('cache.channel-failed')).toBeGreaterThan(0)
  })
})
