import { describe, expect, it } from 'vitest'
import { RockstarError } from '../../src/errors/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { faulty, openCache, openLiveCache } from './open.ts'

describe('a store that fails', () => {
  it('is a miss and one event, and is not asked for a while', async () => {
    const store = faulty(memoryKeyValue())
    const { cache, count } = openCache({ store })
    await cache.set('a', 'kept')
    store.mode = 'fails'
    expect(await cache.get('a')).toBeNull()
    store.calls = 0
    for (let round = 0; round < 20; round++) {
      expect(await cache.remember('a', () => round)).toBe(round)
      expect(await cache.get('a')).toBeNull()
    }
    expect(await cache.set('b', 1)).toBe(false)
    expect(store.calls).toBe(0)
    expect(count('cache.store-down')).toBe(1)
    expect(cache.stats().isStoreDown).toBe(true)
  })

  it('is tried by one call after a second, then after two, and is used again when it is back', async () => {
    const store = faulty(memoryKeyValue())
    const { cache, clock, count } = openCache({ store })
    await cache.set('a', 'kept')
    store.mode = 'fails'
    await cache.get('a')
    store.calls = 0
    await clock.advance(1000)
    await Promise.all([cache.get('a'), cache.get('a'), cache.get('a')])
    expect(store.calls).toBe(1)
    await clock.advance(1000)
    await cache.get('a')
    expect(store.calls).toBe(1)
    store.mode = 'well'
    await clock.advance(1000)
    expect(await cache.get('a')).toBe('kept')
    expect(count('cache.store-down')).toBe(1)
    expect(count('cache.store-back')).toBe(1)
    expect(cache.stats().isStoreDown).toBe(false)
  })

  it('shares one load among many all the same', async () => {
    const store = faulty(memoryKeyValue())
    store.mode = 'fails'
    const { cache } = openLiveCache({ store })
    let loads = 0
    const load = async (): Promise<number> => {
      await Promise.resolve()
      return ++loads
    }
    const values = await Promise.all(Array.from({ length: 50 }, () => cache.remember('a', load)))
    expect(new Set(values)).toEqual(new Set([1]))
  })

  it('is told of invalidations before it is read again', async () => {
    const store = faulty(memoryKeyValue())
    const { cache, clock, count } = openCache({ store })
    await cache.set('deleted', 1)
    await cache.set('tagged', 1, { tags: ['t'] })
    await cache.set('replaced', 'old')
    await cache.set('other', 1)
    store.mode = 'fails'
    expect(await cache.delete('deleted')).toBe(false)
    expect(await cache.invalidateTags('t')).toBe(false)
    expect(await cache.set('replaced', 'new')).toBe(false)
    expect(count('cache.invalidation-waits')).toBe(1)
    store.mode = 'well'
    await clock.advance(1000)
    expect(await cache.getMany(['deleted', 'tagged', 'replaced', 'other'])).toEqual([null, null, null, 1])
  })

  it('forgets everything when more invalidations waited than are remembered', async () => {
    const store = faulty(memoryKeyValue())
    const { cache, clock } = openCache({ store })
    await cache.set('a', 1)
    await cache.namespace('n').set('a', 1)
    store.mode = 'fails'
    for (let index = 0; index <= 1001; index++) await cache.delete(`k${index}`)
    store.mode = 'well'
    await clock.advance(1000)
    expect(await cache.get('a')).toBeNull()
    expect(await cache.namespace('n').get('a')).toBeNull()
  })

  it('is not down because it refuses one key', async () => {
    const inner = memoryKeyValue()
    const store = Object.assign(Object.create(inner) as typeof inner, {
      set: async (key: string, ...rest: [never]) => {
        if (key.endsWith('=b')) throw new RockstarError('STORE_KEY_INVALID', 'no such key')
        return inner.set(key, ...rest)
      },
    })
    const { cache, count } = openCache({ store })
    await cache.set('a', 1)
    expect(await cache.set('b', 1)).toBe(false)
    expect(await cache.get('a')).toBe(1)
    expect([count('cache.store-down'), count('cache.refused')]).toEqual([0, 1])
  })

  it('keeps nothing that is too large for it', async () => {
    const { cache, count } = openCache({ store: memoryKeyValue({ maxValueBytes: 200 }) })
    await cache.set('a', 1)
    expect(await cache.set('b', 'x'.repeat(500))).toBe(false)
    expect(await cache.get('a')).toBe(1)
    expect([count('cache.store-down'), count('cache.too-large')]).toEqual([0, 1])
  })

  it('may fail to open, and is opened again later', async () => {
    let opened = 0
    const { cache, clock } = openCache({
      store: async () => {
        opened += 1
        if (opened === 1) throw new Error('no route to host')
        return memoryKeyValue()
      },
    })
    expect(await cache.remember('a', () => 1)).toBe(1)
    expect(opened).toBe(1)
    await clock.advance(1000)
    expect(await cache.set('a', 2)).toBe(true)
    expect(opened).toBe(2)
  })
})

describe('a store that hangs', () => {
  it('costs storeTimeoutMs once', async () => {
    const store = faulty(memoryKeyValue())
    store.mode = 'hangs'
    const { cache } = openLiveCache({ store, storeTimeoutMs: 30 })
    const began = performance.now()
    expect(await cache.remember('a', () => 1)).toBe(1)
    expect(performance.now() - began).toBeLessThan(500)
    const again = performance.now()
    expect(await cache.remember('a', () => 2)).toBe(2)
    expect(performance.now() - again).toBeLessThan(25)
  })
})

describe('close()', () => {
  it('closes a store that the manager opened, and leaves one alone that was handed in', async () => {
    const own = memoryKeyValue()
    const first = openCache({ store: async () => own })
    await first.cache.set('a', 1)
    await first.manager.close()
    await expect(own.get('a')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    const handed = memoryKeyValue()
    const second = openCache({ store: handed })
    await second.cache.set('a', 1)
    await second.manager.close()
    expect(await handed.get('cache:v::=a')).not.toBeNull()
  })

  it('makes invalidations that wait, if the store lets it', async () => {
    const store = faulty(memoryKeyValue())
    const { cache, clock, manager } = openCache({ store })
    await cache.set('a', 1)
    store.mode = 'fails'
    await cache.delete('a')
    store.mode = 'well'
    await clock.advance(1000)
    await manager.close()
    expect(await openCache({ store }).cache.get('a')).toBeNull()
  })
})
