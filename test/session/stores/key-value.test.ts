import { describe, expect, it } from 'vitest'
import { systemRandom } from '../../../src/platform/index.ts'
import { resolveOptions } from '../../../src/session/options.ts'
import { emptyRecord } from '../../../src/session/record.ts'
import { keyValueSessions } from '../../../src/session/stores/key-value.ts'
import type { KeyValueStore } from '../../../src/stores/key-value/index.ts'
import { createTestClock } from '../../../src/testing/index.ts'
import { contentsOf, memoryOn } from '../harness.ts'

describe('keyValueSessions()', () => {
  it('brings back no session that was revoked while it moved to a new id', async () => {
    const clock = createTestClock()
    const memory = memoryOn(clock)
    const parts = { options: resolveOptions({}), clock, random: systemRandom() }
    const calm = keyValueSessions(memory, parts)
    const old = await calm.create('', { ...emptyRecord(clock.now()), userId: 'ada' })
    let isFirst = true
    const store = withCompareAndSet(memory, async (key, next) => {
      if (next !== null || !key.endsWith(old.id) || !isFirst) return
      isFirst = false
      await calm.update('', old, (record) => ({ ...record, data: new Map([['a', '1']]) }))
      const moved = (await calm.users?.list('', 'ada'))?.find(({ id }) => id !== old.id)
      expect(await calm.users?.revoke('', 'ada', moved?.id ?? '')).toBe(true)
    })
    expect(await keyValueSessions(store, parts).replace('', old, (record) => record)).toBeNull()
    expect(isFirst).toBe(false)
    const kept = [...(await contentsOf(memory)).keys()].filter((key) => key.includes(':s:'))
    expect(kept).toEqual([])
  })

  it('takes over what another request stores while it moves to a new id', async () => {
    const clock = createTestClock()
    const memory = memoryOn(clock)
    const parts = { options: resolveOptions({}), clock, random: systemRandom() }
    const calm = keyValueSessions(memory, parts)
    const old = await calm.create('', emptyRecord(clock.now()))
    let count = 0
    const store = withCompareAndSet(memory, async (key, next) => {
      if (next !== null || !key.endsWith(old.id) || count === 3) return
      const text = String(++count)
      const found = await calm.read('', old.token, new AbortController().signal)
      await calm.update('', found ?? old, (record) => ({ ...record, data: new Map([['a', text]]) }))
    })
    const next = await keyValueSessions(store, parts).replace('', old, (record) => record)
    expect(next?.record.data.get('a')).toBe('3')
    const found = await calm.read('', next?.token ?? '', new AbortController().signal)
    expect(found?.record.data.get('a')).toBe('3')
    expect((await contentsOf(memory)).size).toBe(1)
  })

  it('loses no login from the list when another one is faster', async () => {
    const clock = createTestClock()
    const memory = memoryOn(clock)
    const parts = { options: resolveOptions({}), clock, random: systemRandom() }
    const calm = keyValueSessions(memory, parts)
    const ada = { ...emptyRecord(clock.now()), userId: 'ada' }
    let count = 0
    const store = withCompareAndSet(memory, async (key) => {
      if (key.includes(':u:') && ++count <= 3) await calm.create('', ada)
    })
    await keyValueSessions(store, parts).create('', ada)
    expect(await calm.users?.list('', 'ada')).toHaveLength(4)
  })

  it('ends a session, too, that began while all were being ended', async () => {
    const clock = createTestClock()
    const memory = memoryOn(clock)
    const parts = { options: resolveOptions({}), clock, random: systemRandom() }
    const calm = keyValueSessions(memory, parts)
    const ada = { ...emptyRecord(clock.now()), userId: 'ada' }
    await calm.create('', ada)
    let count = 0
    const store = withCompareAndSet(memory, async (key) => {
      if (key.includes(':u:') && ++count <= 2) await calm.create('', ada)
    })
    expect(await keyValueSessions(store, parts).users?.revokeAll('', 'ada', null)).toBe(3)
    expect((await contentsOf(memory)).size).toBe(0)
  })

  it('gives up when others are faster 200 times', async () => {
    const clock = createTestClock()
    const parts = { options: resolveOptions({}), clock, random: systemRandom() }
    const memory = memoryOn(clock)
    const old = await keyValueSessions(memory, parts).create('', emptyRecord(clock.now()))
    const store: KeyValueStore = {
      ...memory,
      compareAndSet: async (key, ...rest) => !key.endsWith(old.id) && memory.compareAndSet(key, ...rest),
    }
    const sessions = keyValueSessions(store, parts)
    const busy = { status: 503, code: 'UNAVAILABLE', headers: { 'retry-after': '1' } }
    await expect(sessions.update('', old, (record) => ({ ...record }))).rejects.toMatchObject(busy)
    await expect(sessions.replace('', old, (record) => record)).rejects.toMatchObject(busy)
    expect([...(await contentsOf(memory)).keys()]).toEqual([`session::s:${old.id}`])
  })
})

/** A store that does something before each `compareAndSet`. */
function withCompareAndSet(
  store: KeyValueStore,
  before: (key: string, next: unknown) => Promise<void>,
): KeyValueStore {
  return {
    ...store,
    async compareAndSet(key, expected, next, options) {
      await before(key, next)
      return store.compareAndSet(key, expected, next, options)
    },
  }
}
