import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { createTestClock, type TestClock } from '../../src/testing/index.ts'
import { openCache, without } from './open.ts'

const day = 86_400_000

function timeOf(clock: TestClock | undefined): { now?: () => number } {
  return clock === undefined ? {} : { now: () => clock.now() }
}

for (const [name, open] of [
  ['a store that compares', (clock?: TestClock) => memoryKeyValue(timeOf(clock))],
  [
    'a store that does not compare',
    (clock?: TestClock) => without(memoryKeyValue(timeOf(clock)), 'compare-and-set', 'increment'),
  ],
] as const) {
  describe(`invalidateTags() over ${name}`, () => {
    it('takes away what has one of the tags, and nothing else', async () => {
      const { cache } = openCache({ store: open() })
      await cache.set('a', 'a', { tags: ['x', 'y'] })
      await cache.set('b', 'b', { tags: ['y'] })
      await cache.set('c', 'c')
      expect(await cache.invalidateTags('x', 'z')).toBe(true)
      expect(await cache.getMany(['a', 'b', 'c'])).toEqual([null, 'b', 'c'])
      await cache.set('a', 'again', { tags: ['x', 'y'] })
      expect(await cache.get('a')).toBe('again')
      await cache.invalidateTags('y')
      expect(await cache.getMany(['a', 'b', 'c'])).toEqual([null, null, 'c'])
    })

    it('reaches what another process wrote', async () => {
      const store = open()
      const one = openCache({ store }).cache
      const two = openCache({ store }).cache
      await one.set('a', 1, { tags: ['t'] })
      await two.invalidateTags('t')
      expect(await one.get('a')).toBeNull()
    })

    it('takes a lost version for an invalidation', async () => {
      const store = open()
      const { cache } = openCache({ store })
      await cache.set('a', 1, { tags: ['t'] })
      await cache.invalidateTags('t')
      await cache.set('b', 1, { tags: ['t'] })
      await store.delete('cache:t::=t')
      expect(await cache.getMany(['a', 'b'])).toEqual([null, null])
      // Neither comes back with a new version.
      await cache.set('c', 1, { tags: ['t'] })
      expect(await cache.getMany(['a', 'b', 'c'])).toEqual([null, null, 1])
    })

    it('counts also when a value lives longer than the version did', async () => {
      const clock = createTestClock()
      const store = open(clock)
      const { cache } = openCache({ store, clock })
      await cache.set('first', 1, { tags: ['t'], ttlMs: 1000 })
      await clock.advance(25 * day)
      await cache.set('short', 1, { tags: ['t'], ttlMs: day })
      await cache.set('long', 1, { tags: ['t'], ttlMs: 20 * day })
      // What has the version already stays where the store can make it last longer.
      expect(await cache.get('short')).toBe(store.capabilities.has('compare-and-set') ? 1 : null)
      await clock.advance(15 * day)
      expect(await cache.get('long')).toBe(1)
      await cache.invalidateTags('t')
      expect(await cache.get('long')).toBeNull()
    })

    it('stays within its namespace, unless the tags are shared', async () => {
      const { cache } = openCache({ store: open() })
      const apart = cache.namespace('apart')
      const sharing = cache.namespace('sharing', { shareTags: true })
      await cache.set('a', 0, { tags: ['t'] })
      await apart.set('a', 1, { tags: ['t'] })
      await sharing.set('a', 2, { tags: ['t'] })
      await cache.invalidateTags('t')
      expect([await cache.get('a'), await apart.get('a'), await sharing.get('a')]).toEqual([null, 1, null])
      await sharing.set('a', 2, { tags: ['t'] })
      await apart.invalidateTags('t')
      expect([await apart.get('a'), await sharing.get('a')]).toEqual([null, 2])
    })
  })

  describe(`clear() over ${name}`, () => {
    it('empties a namespace with those below it, and no other', async () => {
      const { cache } = openCache({ store: open() })
      const tenant = cache.namespace('a')
      const spaces = [cache, tenant, tenant.namespace('b'), cache.namespace('ab')]
      const read = (): Promise<unknown[]> => Promise.all(spaces.map((space) => space.get('k')))
      for (const space of spaces) await space.set('k', 1)
      await tenant.clear()
      expect(await read()).toEqual([1, null, null, 1])
      for (const space of spaces) await space.set('k', 2)
      await cache.clear()
      expect(await read()).toEqual([null, null, null, null])
      await cache.set('k', 3)
      expect(await read()).toEqual([3, null, null, null])
    })
  })
}

describe('invalidateTags()', () => {
  it('wants 1 to 100 tags', async () => {
    const { cache } = openCache()
    await expect(cache.invalidateTags()).rejects.toThrow(RangeError)
    await expect(cache.invalidateTags(...Array.from({ length: 101 }, String))).rejects.toThrow(RangeError)
  })

  it('leaves nothing valid of 50 writers and invalidations at once', async () => {
    const { cache } = openCache()
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 5 === 0
          ? cache.invalidateTags('t')
          : cache.remember(`k${index}`, () => index, { tags: ['t'] }),
      ),
    )
    await cache.invalidateTags('t')
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`)
    expect((await cache.getMany(keys)).every((value) => value === null)).toBe(true)
  })

  it('is not undone by who makes a version last longer, in a store that does not compare', async () => {
    const inner = without(memoryKeyValue(), 'compare-and-set')
    let meanwhile: (() => Promise<unknown>) | null = null
    const store = Object.assign(Object.create(inner) as typeof inner, {
      getMany: async (keys: readonly string[]) => {
        const found = await inner.getMany(keys)
        const run = meanwhile
        meanwhile = null
        await run?.()
        return found
      },
    })
    const { cache, clock } = openCache({ store })
    const other = openCache({ store: inner })
    await cache.set('first', 1, { tags: ['t'], ttlMs: 1000 })
    await Promise.all([clock.advance(28 * day), other.clock.advance(28 * day)])
    await cache.set('old', 1, { tags: ['t'], ttlMs: day })
    meanwhile = () => other.cache.invalidateTags('t')
    await cache.set('new', 1, { tags: ['t'], ttlMs: 20 * day })
    expect(await cache.get('old')).toBeNull()
  })

  it('needs one call of the store for a read, two with tags that nobody named', async () => {
    let calls = 0
    const inner = memoryKeyValue()
    const store = Object.assign(Object.create(inner) as typeof inner, {
      getMany: (keys: readonly string[]) => {
        calls += 1
        return inner.getMany(keys)
      },
    })
    const { cache } = openCache({ store })
    await cache.set('a', 1)
    await cache.set('b', 1, { tags: ['t', 'u'] })
    calls = 0
    await cache.get('a')
    expect(calls).toBe(1)
    await cache.remember('b', () => 2, { tags: ['t', 'u'] })
    expect(calls).toBe(2)
    await cache.get('b')
    expect(calls).toBe(4)
  })
})
