import { describe, expect, it } from 'vitest'
import type { CacheCodec } from '../../src/cache/index.ts'
import { openCache, openLiveCache } from './open.ts'

describe('get() and set()', () => {
  it('gives null for what is not there', async () => {
    const { cache } = openCache()
    expect(await cache.get('a')).toBeNull()
  })

  it('keeps text, bytes, JSON and null as they are', async () => {
    const { cache } = openCache()
    await cache.set('text', 'ä\u0000\uFEFFb')
    await cache.set('bytes', new Uint8Array([0, 255, 1]))
    await cache.set('json', { a: [1, 'x', null], b: true })
    await cache.set('null', null)
    await cache.set('number', 0)
    await cache.set('lone', 'a\uD800')
    expect(await cache.getMany(['text', 'bytes', 'json', 'null', 'number', 'lone'])).toEqual([
      'ä\u0000\uFEFFb',
      new Uint8Array([0, 255, 1]),
      { a: [1, 'x', null], b: true },
      null,
      0,
      'a\uD800',
    ])
  })

  it('gives each reader a copy of its own', async () => {
    const { cache } = openCache()
    const given = { list: [1] }
    await cache.set('a', given)
    given.list.push(2)
    const first = await cache.get<{ list: number[] }>('a')
    first?.list.push(3)
    expect(await cache.get('a')).toEqual({ list: [1] })
  })

  it('refuses what JSON cannot express', async () => {
    const { cache } = openCache()
    await expect(cache.set('a', () => 1)).rejects.toThrow(TypeError)
    await expect(cache.set('a', 1n)).rejects.toThrow(TypeError)
    await expect(cache.set('a', undefined)).rejects.toThrow(TypeError)
  })

  it('ends a value after its time', async () => {
    const { cache, clock } = openCache()
    await cache.set('a', 1, { ttlMs: 1000 })
    await clock.advance(999)
    expect(await cache.get('a')).toBe(1)
    await clock.advance(1)
    expect(await cache.get('a')).toBeNull()
  })

  it('ends a value at most by its jitter earlier', async () => {
    const { cache, clock } = openCache({
      jitter: 0.5,
      random: { bytes: (length) => new Uint8Array(length).fill(255), uuid: () => crypto.randomUUID() },
    })
    await cache.set('a', 1, { ttlMs: 1000 })
    await cache.set('b', 1, { ttlMs: 1000, jitter: 0 })
    await clock.advance(499)
    expect(await cache.getMany(['a', 'b'])).toEqual([1, 1])
    await clock.advance(2)
    expect(await cache.getMany(['a', 'b'])).toEqual([null, 1])
  })

  it('does not keep what is too large, and forgets the old value with it', async () => {
    const { cache, count } = openCache({ maxValueBytes: 1024 })
    await cache.set('a', 'old')
    expect(await cache.set('a', 'x'.repeat(2000))).toBe(false)
    expect(await cache.get('a')).toBeNull()
    expect(count('cache.too-large')).toBe(1)
  })

  it('deletes', async () => {
    const { cache } = openCache()
    await cache.set('a', 1)
    expect(await cache.delete('a')).toBe(true)
    expect(await cache.get('a')).toBeNull()
    await cache.set('a', 2)
    expect(await cache.get('a')).toBe(2)
  })

  it('reads 1,000 keys at once and not more', async () => {
    const { cache } = openCache()
    const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`)
    await cache.set('k999', 9)
    expect((await cache.getMany(keys)).filter((value) => value !== null)).toEqual([9])
    await expect(cache.getMany([...keys, 'more'])).rejects.toThrow(RangeError)
    expect(await cache.getMany([])).toEqual([])
  })

  it('takes what another version wrote for a miss', async () => {
    const { cache, store } = openCache()
    await cache.set('a', 1)
    const bytes = await store.get('cache:v::=a')
    expect(bytes?.[0]).toBe(1)
    for (const damaged of [
      new Uint8Array([9, ...(bytes ?? []).slice(1)]),
      bytes?.slice(0, 20),
      bytes?.slice(0, 3),
    ]) {
      await store.set('cache:v::=a', damaged ?? '')
      expect(await cache.get('a')).toBeNull()
    }
    expect(await cache.remember('a', () => 2)).toBe(2)
    expect(await cache.get('a')).toBe(2)
  })

  it('translates by a codec, and takes what another codec wrote for a miss', async () => {
    const dates: CacheCodec = {
      name: 'dates',
      encode: (value) => new TextEncoder().encode(String(Number(value))),
      decode: (bytes) => new Date(Number(new TextDecoder().decode(bytes))),
    }
    const { cache, store } = openCache({ codec: dates })
    await cache.set('a', new Date(5))
    expect(await cache.get('a')).toEqual(new Date(5))
    expect(await openCache({ store }).cache.get('a')).toBeNull()
    expect(await openCache({ store, codec: { ...dates, name: 'other' } }).cache.get('a')).toBeNull()
  })

  it('refuses numbers out of range', async () => {
    const { cache } = openCache()
    await expect(cache.set('a', 1, { ttlMs: -1 })).rejects.toThrow(RangeError)
    await expect(cache.set('a', 1, { ttlMs: 0.5 })).rejects.toThrow(RangeError)
    await expect(cache.set('a', 1, { jitter: 2 })).rejects.toThrow(RangeError)
    await expect(cache.set('', 1)).rejects.toThrow(RangeError)
    await expect(
      cache.set('a', 1, { tags: Array.from({ length: 101 }, (_, index) => `t${index}`) }),
    ).rejects.toThrow(RangeError)
    expect(() => openCache({ waitMs: -1 })).toThrow(RangeError)
    expect(() => openCache({ keyPrefix: 'ü' })).toThrow(RangeError)
    expect(() => openCache({ memory: { ttlMs: 0 } })).toThrow(RangeError)
  })
})

describe('keys', () => {
  it('never meet, whatever they are called', async () => {
    const { cache } = openCache()
    const long = 'k'.repeat(300)
    const keys = [
      'a',
      'a:b',
      ':a',
      '=a',
      '#a',
      'g:',
      'a\uD800',
      'a\uFFFD',
      'a\uDBFF',
      long,
      `${long}x`,
      'ü'.repeat(200),
      '\0',
      'a\0',
    ]
    for (const key of keys) await cache.set(key, key)
    expect(await cache.getMany(keys)).toEqual(keys)
  })

  it('do not meet those of other namespaces', async () => {
    const { cache } = openCache()
    const spaces = [
      cache,
      cache.namespace('a'),
      cache.namespace('a').namespace('b'),
      cache.namespace('a/b'),
      cache.namespace('a:'),
      cache.namespace('a:=k'),
    ]
    for (const [index, space] of spaces.entries()) {
      for (const key of ['k', 'b:=k', 'a/b:=k', 'a:=k']) await space.set(key, `${index} ${key}`)
    }
    for (const [index, space] of spaces.entries()) {
      for (const key of ['k', 'b:=k', 'a/b:=k', 'a:=k']) expect(await space.get(key)).toBe(`${index} ${key}`)
    }
  })

  it('do not meet tags', async () => {
    const { cache } = openCache()
    await cache.set('t', 'value', { tags: ['t'] })
    expect(await cache.get('t')).toBe('value')
    await cache.invalidateTags('other')
    expect(await cache.get('t')).toBe('value')
  })

  it('refuses namespaces without name or too deep', () => {
    const { cache } = openCache()
    expect(() => cache.namespace('')).toThrow(RangeError)
    expect(() => cache.namespace('x'.repeat(129))).toThrow(RangeError)
    expect(() => cache.namespace('\uD800')).toThrow(RangeError)
    let deep = cache
    for (let level = 0; level < 8; level++) deep = deep.namespace('n')
    expect(() => deep.namespace('n')).toThrow(RangeError)
  })
})

describe('a hash of a long key', () => {
  it('fits into what every store takes', async () => {
    const { cache, store } = openLiveCache()
    await cache.namespace('n'.repeat(128)).set('k'.repeat(60_000), 1)
    const { keys } = await store.list()
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(256)
  })
})
