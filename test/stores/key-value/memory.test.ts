import { describe, expect, it } from 'vitest'
import { memoryKeyValue, type KeyValueStore } from '../../../src/stores/key-value/index.ts'

describe('memoryKeyValue()', () => {
  it('drops the value that was unused for the longest when there are too many', async () => {
    const store = memoryKeyValue({ maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) await store.set(key, key)
    await store.get('a')
    await store.set('d', 'd')
    expect(await present(store, ['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd'])
  })

  it('drops values until a new one has room in bytes', async () => {
    const store = memoryKeyValue({ maxBytes: 4096 })
    for (const key of ['a', 'b', 'c']) await store.set(key, new Uint8Array(1000))
    await store.set('d', new Uint8Array(2000))
    expect(await present(store, ['a', 'b', 'c', 'd'])).toEqual(['c', 'd'])
  })

  it('counts a value that is overwritten or deleted no more', async () => {
    const store = memoryKeyValue({ maxBytes: 4096 })
    for (let round = 0; round < 50; round += 1) {
      await store.set('a', new Uint8Array(1000))
      await store.set('b', new Uint8Array(1000))
      await store.delete('b')
    }
    await store.set('c', new Uint8Array(1000))
    expect(await present(store, ['a', 'c'])).toEqual(['a', 'c'])
  })

  it('finds what has ended at writes of other keys, so that it does not fill up', async () => {
    let nowMs = 0
    // Room for all, so that nothing is dropped for want of it.
    const store = memoryKeyValue({ now: () => nowMs, maxEntries: 1200 })
    for (let index = 0; index < 1000; index += 1) await store.set(`short ${index}`, 'x', { ttlMs: 10 })
    await store.set('kept', 'x')
    nowMs = 20
    // Were the ended ones still there, this many new ones would push out the one that is kept.
    for (let index = 0; index < 1190; index += 1) await store.set(`new ${index}`, 'x')
    expect(await present(store, ['kept'])).toEqual(['kept'])
  })

  it('is made without a timer', async () => {
    const before = process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length
    const store = memoryKeyValue()
    await store.set('a', 'x', { ttlMs: 1000 })
    expect(process.getActiveResourcesInfo().filter((each) => each === 'Timeout')).toHaveLength(before)
  })

  it.each([
    { maxEntries: 0 },
    { maxEntries: 1.5 },
    { maxBytes: 4095 },
    { maxValueBytes: 0 },
    { maxBytes: 4096, maxValueBytes: 4000 },
  ])('refuses %o', (options) => {
    expect(() => memoryKeyValue(options)).toThrow(RangeError)
  })

  it('takes smaller values where there is less room', async () => {
    const store = memoryKeyValue({ maxBytes: 5000 })
    const longest = 'k'.repeat(512)
    await store.set(longest, new Uint8Array(store.limits.maxValueBytes))
    expect(await present(store, [longest])).toEqual([longest])
  })
})

async function present(store: KeyValueStore, keys: readonly string[]): Promise<string[]> {
  const values = await store.getMany(keys)
  return keys.filter((_, index) => values[index] !== null)
}
