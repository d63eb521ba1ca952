import { describe, expect, test } from 'vitest'
import { compareKeys, memoryObjects } from '../../../src/stores/object/index.ts'

describe('memoryObjects()', () => {
  test('put refuses what would pass the bound of all objects, and keeps the old one', async () => {
    const store = memoryObjects({ maxBytes: 10 })
    await store.put('a', '123456')
    await expect(store.put('b', '12345')).rejects.toMatchObject({ code: 'STORE_TOO_LARGE' })
    await expect(store.put('a', '12345678901')).rejects.toMatchObject({ code: 'STORE_TOO_LARGE' })
    expect((await store.list()).objects.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([['a', 6]])
  })

  test('put counts a replaced and a deleted object no more', async () => {
    const store = memoryObjects({ maxBytes: 10 })
    await store.put('a', '1234567890')
    await store.put('a', '0987654321')
    await store.delete('a')
    expect((await store.put('b', '1234567890')).sizeBytes).toBe(10)
  })

  test('get gives bytes of its own', async () => {
    const store = memoryObjects()
    const bytes = new Uint8Array([1, 2, 3])
    await store.put('a', bytes)
    bytes[0] = 9
    const read = (await (await store.get('a'))?.bytes()) ?? new Uint8Array()
    read[1] = 9
    expect(await (await store.get('a'))?.bytes()).toEqual(new Uint8Array([1, 2, 3]))
  })

  test('put makes the same entity tag of the same content', async () => {
    const store = memoryObjects()
    expect((await store.put('a', 'x')).etag).toBe((await store.put('b', 'x')).etag)
  })

  test('put writes the time of its clock', async () => {
    expect((await memoryObjects({ now: () => 42 }).put('a', '')).modifiedMs).toBe(42)
  })
})

describe('compareKeys()', () => {
  test('compares as UTF-8 bytes do', () => {
    const keys = ['', 'a', 'a/', 'aa', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}']
    for (const left of keys) {
      for (const right of keys) {
        expect(Math.sign(compareKeys(left, right))).toBe(
          Buffer.compare(Buffer.from(left), Buffer.from(right)),
        )
      }
    }
  })
})
