import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { createScope, openCache, openLiveCache, shared, without } from './open.ts'

const second = 1000

describe('remember()', () => {
  it('loads once, then gives what was kept', async () => {
    const { cache, clock } = openCache()
    let loads = 0
    const load = (): { n: number } => ({ n: ++loads })
    expect(await cache.remember('a', load, { ttlMs: second })).toEqual({ n: 1 })
    expect(await cache.remember('a', load, { ttlMs: second })).toEqual({ n: 1 })
    await clock.advance(second)
    expect(await cache.remember('a', load, { ttlMs: second })).toEqual({ n: 2 })
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 2, loads: 2, writes: 2, joined: 0 })
  })

  it('loads once for 50 who ask at the same time', async () => {
    const { cache } = openLiveCache()
    let loads = 0
    const load = async (): Promise<number[]> => {
      loads += 1
      await sleep(20)
      return [loads]
    }
    const values = await Promise.all(Array.from({ length: 50 }, () => cache.remember('a', load)))
    expect(loads).toBe(1)
    expect(values).toEqual(Array.from({ length: 50 }, () => [1]))
    // Each has a copy of its own.
    expect(new Set(values).size).toBe(50)
    expect(cache.stats()).toMatchObject({ loads: 1, joined: 49, misses: 50 })
  })

  it('loads once for 50 who ask two managers over one store', async () => {
    const store = shared(memoryKeyValue())
    const caches = [openLiveCache({ store }).cache, openLiveCache({ store }).cache]
    let loads = 0
    const load = async (): Promise<number> => {
      await sleep(40)
      return ++loads
    }
    const values = await Promise.all(
      Array.from({ length: 50 }, (_, index) => caches[index % 2]?.remember('a', load)),
    )
    expect(loads).toBe(1)
    expect(new Set(values)).toEqual(new Set([1]))
    await sleep(5)
    expect(await store.get('cache:l::=a')).toBeNull()
  })

  it('loads itself after waitMs when another process does not get ready', async () => {
    const store = shared(memoryKeyValue())
    const slow = openLiveCache({ store }).cache
    const { cache } = openLiveCache({ store, waitMs: 60 })
    const stuck = Promise.withResolvers<string>()
    const first = slow.remember('a', () => stuck.promise)
    await sleep(20)
    const began = performance.now()
    expect(await cache.remember('a', () => 'own')).toBe('own')
    expect(performance.now() - began).toBeGreaterThan(50)
    stuck.resolve('late')
    expect(await first).toBe('late')
    // What is there already is not overwritten by who was late.
    expect(await cache.get('a')).toBe('own')
  })

  it('takes over at once when the load of another process fails', async () => {
    const store = shared(memoryKeyValue())
    const failing = openLiveCache({ store }).cache
    const { cache } = openLiveCache({ store, waitMs: 5000 })
    const first = failing.remember('a', async () => {
      await sleep(50)
      throw new Error('no')
    })
    const [one, two] = await Promise.allSettled([
      first,
      sleep(10).then(() => cache.remember('a', () => 'own')),
    ])
    expect(one.status).toBe('rejected')
    expect(two).toEqual({ status: 'fulfilled', value: 'own' })
  })

  it('takes over the lock of a process that died after lockTtlMs', async () => {
    const store = shared(memoryKeyValue())
    await store.set('cache:l::=a', 'whoever', { ttlMs: 100 })
    const { cache } = openLiveCache({ store, waitMs: 5000 })
    const began = performance.now()
    expect(await cache.remember('a', () => 1)).toBe(1)
    expect(performance.now() - began).toBeGreaterThan(60)
    expect(await store.get('cache:l::=a')).toBeNull()
  })

  it('rejects for all who wait when the load fails, and keeps nothing', async () => {
    const { cache } = openCache()
    let loads = 0
    const load = async (): Promise<never> => {
      loads += 1
      throw new Error('no such luck')
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => cache.remember('a', load)))
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(loads).toBe(1)
    expect(await cache.remember('a', () => 'well')).toBe('well')
  })

  it('ends a wait with the request, and loads for the others anew when the one who began is gone', async () => {
    const { manager } = openCache()
    const abort = new AbortController()
    const leader = manager.for(createScope(abort.signal))
    const other = manager.for(createScope())
    const first = leader.remember('a', () => {
      const { promise, reject } = Promise.withResolvers<string>()
      abort.signal.addEventListener('abort', () => reject(new Error('the connection is gone')))
      return promise
    })
    const second = other.remember('a', () => 'second')
    await sleep(0)
    abort.abort(new Error('client gone'))
    await expect(first).rejects.toThrow('client gone')
    expect(await second).toBe('second')
  })

  it('finishes and keeps a load whose request is gone', async () => {
    const { manager, cache } = openCache()
    const abort = new AbortController()
    const scope = createScope(abort.signal)
    const gate = Promise.withResolvers<number>()
    const asked = manager.for(scope).remember('a', () => gate.promise)
    await sleep(0)
    abort.abort(new Error('client gone'))
    await expect(asked).rejects.toThrow('client gone')
    gate.resolve(7)
    await scope.idle()
    expect(await cache.get('a')).toBe(7)
  })

  it('bounds a load, and tells it by its signal', async () => {
    const { cache, clock } = openCache()
    let signal: AbortSignal | null = null
    const asked = cache.remember(
      'a',
      (load) => {
        signal = load.signal
        return new Promise<never>(() => undefined)
      },
      { loadTimeoutMs: 500 },
    )
    const outcome = expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 })
    await clock.advance(500)
    await outcome
    expect(signal).toMatchObject({ aborted: true })
  })

  it('keeps null only with negativeTtlMs, and as long', async () => {
    const { cache, clock } = openCache()
    let loads = 0
    const load = (): null => {
      loads += 1
      return null
    }
    await cache.remember('a', load)
    await cache.remember('a', load)
    expect(loads).toBe(2)
    await cache.remember('b', load, { negativeTtlMs: 100 })
    expect(await cache.remember('b', load, { negativeTtlMs: 100 })).toBeNull()
    expect(loads).toBe(3)
    await clock.advance(100)
    await cache.remember('b', load, { negativeTtlMs: 100 })
    expect(loads).toBe(4)
    expect(await cache.remember('c', () => undefined, { negativeTtlMs: 100 })).toBeUndefined()
    expect(await cache.remember('c', () => 1 as unknown, { negativeTtlMs: 100 })).toBeUndefined()
  })

  it('lets the loader say how long', async () => {
    const { cache, clock } = openCache()
    await cache.remember('a', (load) => {
      load.keep({ ttlMs: 50 })
      return 1
    })
    await cache.remember('b', (load) => {
      load.keep({ ttlMs: 0 })
      return 1
    })
    expect(await cache.getMany(['a', 'b'])).toEqual([1, null])
    await clock.advance(50)
    expect(await cache.get('a')).toBeNull()
  })

  it('loads anew what accept refuses', async () => {
    const { cache, clock } = openCache()
    await cache.set('a', 1, { ttlMs: 1000 })
    await clock.advance(400)
    let seen: unknown = null
    const accepted = await cache.remember('a', () => 2, {
      accept: (kept) => {
        seen = kept
        return true
      },
    })
    expect(accepted).toBe(1)
    expect(seen).toEqual({ ageMs: 400, freshMs: 600 })
    expect(await cache.remember('a', () => 2, { accept: () => false })).toBe(2)
    expect(await cache.get('a')).toBe(2)
    const { cache: other } = openLiveCache({ store: shared(memoryKeyValue()) })
    await other.set('a', 1)
    expect(await other.remember('a', () => 2, { accept: () => false })).toBe(2)
  })

  it('gives a request the same object again with perRequest', async () => {
    const { manager } = openCache()
    const cache = manager.for(createScope())
    const load = (): { n: number } => ({ n: 1 })
    const [one, two] = await Promise.all([
      cache.remember('a', load, { perRequest: true }),
      cache.remember('a', load, { perRequest: true }),
    ])
    expect(two).toBe(one)
    expect(await manager.for(createScope()).remember('a', load, { perRequest: true })).not.toBe(one)
    await cache.delete('a')
    expect(await cache.remember('a', () => ({ n: 2 }), { perRequest: true })).toEqual({ n: 2 })
  })

  it('asks again within a request for what failed', async () => {
    const { cache } = openCache()
    const options = { perRequest: true }
    await expect(cache.remember('a', () => Promise.reject(new Error('no')), options)).rejects.toThrow('no')
    expect(await cache.remember('a', () => 1, options)).toBe(1)
  })
})

describe('a load under way', () => {
  for (const [name, store] of [
    ['a store that compares', () => memoryKeyValue()],
    ['a store that does not', () => without(memoryKeyValue(), 'compare-and-set')],
  ] as const) {
    it(`does not bring back what was deleted meanwhile, in ${name}`, async () => {
      const { cache } = openLiveCache({ store: store() })
      const gate = Promise.withResolvers<string>()
      const asked = cache.remember('a', () => gate.promise)
      await sleep(5)
      await cache.delete('a')
      // Who asks after the deletion does not get what began before it.
      const after = cache.remember('a', () => 'new')
      gate.resolve('old')
      expect(await asked).toBe('old')
      expect(await after).toBe('new')
      expect(await cache.get('a')).toBe('new')
    })

    it(`does not overwrite what was set meanwhile, in ${name}`, async () => {
      const { cache } = openLiveCache({ store: store() })
      const gate = Promise.withResolvers<string>()
      const asked = cache.remember('a', () => gate.promise)
      await sleep(5)
      await cache.set('a', 'set')
      gate.resolve('old')
      await asked
      expect(await cache.get('a')).toBe('set')
    })

    it(`keeps nothing that counts when its tag was invalidated meanwhile, in ${name}`, async () => {
      const { cache } = openLiveCache({ store: store() })
      const gate = Promise.withResolvers<string>()
      const asked = cache.remember('a', () => gate.promise, { tags: ['t'] })
      await sleep(5)
      await cache.invalidateTags('t')
      gate.resolve('old')
      expect(await asked).toBe('old')
      expect(await cache.get('a')).toBeNull()
    })
  }

  it('is not joined by who asks after an invalidation', async () => {
    const { cache } = openLiveCache()
    for (const invalidate of [() => cache.invalidateTags('t'), () => cache.clear()]) {
      const gate = Promise.withResolvers<string>()
      const asked = cache.remember('a', () => gate.promise, { tags: ['t'] })
      await sleep(5)
      await invalidate()
      const after = cache.remember('a', () => 'new', { tags: ['t'] })
      gate.resolve('old')
      expect([await asked, await after]).toEqual(['old', 'new'])
      await cache.delete('a')
    }
  })

  it('of another process does not bring back what was deleted meanwhile', async () => {
    const store = shared(memoryKeyValue())
    const one = openLiveCache({ store }).cache
    const two = openLiveCache({ store }).cache
    const gate = Promise.withResolvers<string>()
    const asked = one.remember('a', () => gate.promise)
    await sleep(5)
    await two.delete('a')
    gate.resolve('old')
    await asked
    expect(await two.get('a')).toBeNull()
  })
})

describe('staleMs', () => {
  const options = { ttlMs: second, staleMs: second }

  it('gives the stale value at once, and loads one new one in the background', async () => {
    const { manager, clock } = openCache()
    const scope = createScope()
    const cache = manager.for(scope)
    await cache.remember('a', () => 1, options)
    await clock.advance(second)
    const gate = Promise.withResolvers<number>()
    const refreshes: boolean[] = []
    const load = ({ isRefresh }: { isRefresh: boolean }): Promise<number> => {
      refreshes.push(isRefresh)
      return gate.promise
    }
    const values = await Promise.all(Array.from({ length: 50 }, () => cache.remember('a', load, options)))
    expect(new Set(values)).toEqual(new Set([1]))
    gate.resolve(2)
    await scope.idle()
    expect(refreshes).toEqual([true])
    expect(await cache.remember('a', load, options)).toBe(2)
    expect(cache.stats()).toMatchObject({ staleHits: 50, hits: 1 })
  })

  it('loads before it answers when the stale time is over', async () => {
    const { cache, clock } = openCache()
    await cache.remember('a', () => 1, options)
    await clock.advance(2 * second)
    expect(await cache.remember('a', () => 2, options)).toBe(2)
  })

  it('goes on with the stale value when the refresh fails, and does not try again at once', async () => {
    const { manager, clock, count } = openCache()
    const scope = createScope()
    const cache = manager.for(scope)
    await cache.remember('a', () => 1, { ttlMs: second, staleMs: 10 * second })
    await clock.advance(second)
    let loads = 0
    const load = (): Promise<number> => {
      loads += 1
      return Promise.reject(new Error('no'))
    }
    for (let round = 0; round < 5; round++) {
      expect(await cache.remember('a', load, options)).toBe(1)
      await scope.idle()
    }
    expect(loads).toBe(1)
    expect(count('cache.refresh-failed')).toBe(1)
    await clock.advance(second)
    expect(await cache.remember('a', load, options)).toBe(1)
    await scope.idle()
    expect(loads).toBe(2)
  })

  it('refreshes in one of several processes', async () => {
    const store = shared(memoryKeyValue())
    const opened = [openLiveCache({ store }), openLiveCache({ store })]
    const scope = createScope()
    const caches = opened.map(({ manager }) => manager.for(scope))
    const short = { ttlMs: 1, staleMs: 60_000 }
    await caches[0]?.remember('a', () => 1, short)
    await sleep(5)
    let loads = 0
    const load = async (): Promise<number> => {
      loads += 1
      await sleep(30)
      return 2
    }
    const values = await Promise.all(caches.map((cache) => cache.remember('a', load, { staleMs: 60_000 })))
    expect(values).toEqual([1, 1])
    await scope.idle()
    expect(loads).toBe(1)
    expect(await caches[1]?.get('a')).toBe(2)
  })
})

describe('staleIfErrorMs', () => {
  const options = { ttlMs: second, staleIfErrorMs: 5 * second }
  const failing = (): Promise<number> => Promise.reject(new Error('no'))

  it('gives the old value when the load fails, and does not try again for a second', async () => {
    const { cache, clock, count } = openCache()
    await cache.remember('a', () => 1, options)
    await clock.advance(second)
    let loads = 0
    const load = (): Promise<number> => {
      loads += 1
      return failing()
    }
    expect(await cache.remember('a', load, options)).toBe(1)
    expect(await cache.remember('a', load, options)).toBe(1)
    expect(loads).toBe(1)
    expect(count('cache.stale-on-error')).toBe(1)
    await clock.advance(second)
    expect(await cache.remember('a', () => 2, options)).toBe(2)
  })

  it('fails when its time is over', async () => {
    const { cache, clock } = openCache()
    await cache.remember('a', () => 1, options)
    await clock.advance(6 * second)
    await expect(cache.remember('a', failing, options)).rejects.toThrow('no')
  })

  it('fails for errors that staleOn refuses', async () => {
    const { cache, clock } = openCache()
    await cache.remember('a', () => 1, options)
    await clock.advance(second)
    await expect(cache.remember('a', failing, { ...options, staleOn: () => false })).rejects.toThrow('no')
  })

  it('does not give what was invalidated', async () => {
    const { cache } = openCache()
    await cache.remember('a', () => 1, { ...options, tags: ['t'] })
    await cache.invalidateTags('t')
    await expect(cache.remember('a', failing, options)).rejects.toThrow('no')
  })
})

describe('warm()', () => {
  it('loads what is not there, a few at a time, and counts', async () => {
    const { cache, count } = openLiveCache()
    await cache.set('k0', 'there')
    let running = 0
    let most = 0
    function* entries(): Generator<{ key: string; load: () => Promise<number> }> {
      for (let index = 0; index < 12; index++) {
        yield {
          key: `k${index}`,
          load: async () => {
            most = Math.max(most, ++running)
            await sleep(2)
            running -= 1
            if (index === 5) throw new Error('no')
            return index
          },
        }
      }
    }
    expect(await cache.warm(entries(), { concurrency: 3 })).toEqual({ loaded: 10, kept: 1, failed: 1 })
    expect(most).toBe(3)
    expect(await cache.get('k11')).toBe(11)
    expect(count('cache.load-failed')).toBe(1)
  })

  it('stops when its signal says so', async () => {
    const { cache } = openCache()
    const entries = [{ key: 'a', load: () => 1 }]
    await expect(cache.warm(entries, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    )
  })
})
