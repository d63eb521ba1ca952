import { describe, expect, it } from 'vitest'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import { sqlKeyValue } from '../../src/stores/key-value/index.ts'
import { redisKeyValue } from '../../src/stores/redis.ts'
import type { TestClock } from '../../src/testing/index.ts'
import { createTestClock } from '../../src/testing/index.ts'
import { openMemory } from '../database/open.ts'
import { describeRedis, openRedis } from '../stores/redis-server.ts'
import type { Harness } from './harness.ts'
import { contentsOf, memoryOn, openHarness, without } from './harness.ts'

const name = '__Host-session'

interface OpenStore {
  readonly store: KeyValueStore
  readonly close: () => Promise<void>
}

/** What every store that has `compare-and-set` must hold. */
function bind(backend: string, openStore: (clock: TestClock) => Promise<OpenStore>): void {
  async function run(work: (harness: Harness, store: KeyValueStore) => Promise<void>): Promise<void> {
    // Redis counts by its own clock.
    const clock = createTestClock(Date.now())
    const { store, close } = await openStore(clock)
    const harness = await openHarness({ store }, {}, clock)
    try {
      await work(harness, store)
    } finally {
      await harness.close()
      await close()
    }
  }

  describe(`sessions in ${backend}`, () => {
    it('come back, are listed and end', () =>
      run(async ({ browser }, store) => {
        const client = browser()
        await client.send(async (session) => {
          await session.set('cart', ['Größe'])
          await session.login('ada')
        })
        expect(
          await client.send(async (session) => [await session.userId(), await session.get('cart')]),
        ).toEqual(['ada', ['Größe']])
        expect(await client.send(async (session) => (await session.sessionsOf('ada')).length)).toBe(1)
        expect(await client.send((session) => session.revokeAll('ada'))).toBe(1)
        expect((await contentsOf(store)).size).toBe(0)
      }))

    it('lose nothing of 50 parallel requests that write a key each', () =>
      run(async ({ browser }) => {
        const client = browser()
        await client.send((session) => session.set('first', true))
        const keys = Array.from({ length: 50 }, (_, index) => `key${index}`)
        await Promise.all(
          keys.map((key) =>
            client.send(async (session) => {
              await session.get('first')
              await session.set(key, key)
            }),
          ),
        )
        expect(await client.send((session) => Promise.all(keys.map((key) => session.get(key))))).toEqual(keys)
      }))

    it('let one of 50 parallel requests win that write one key', () =>
      run(async ({ browser }) => {
        const client = browser()
        await client.send((session) => session.set('key', -1))
        await Promise.all(
          Array.from({ length: 50 }, (_, index) => client.send((session) => session.set('key', index))),
        )
        const value = await client.send((session) => session.get('key'))
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThan(50)
      }))

    it('move to a new id with all that 20 parallel requests were told is stored', () =>
      run(async ({ browser }) => {
        const client = browser()
        await client.send((session) => session.set('first', true))
        const cookie = `${name}=${client.cookies.get(name)}`
        const keys = Array.from({ length: 20 }, (_, index) => `key${index}`)
        const writes = keys.map((key) =>
          browser()
            .send((session) => session.set(key, key), { cookie })
            .then(
              () => key,
              () => null,
            ),
        )
        const [, ...stored] = await Promise.all([client.send((session) => session.login('ada')), ...writes])
        const found = await client.send((session) => Promise.all(keys.map((key) => session.get(key))))
        // Through JSON, what is not there is null.
        expect(found).toEqual(stored)
        expect(await browser().send((session) => session.get('first'), { cookie })).toBeUndefined()
      }))
  })
}

bind('memory', async (clock) => {
  const store = memoryOn(clock)
  return { store, close: () => store.close() }
})

bind('sql on libSQL', async (clock) => {
  const driver = openMemory()
  return { store: sqlKeyValue(driver, { now: clock.now }), close: () => driver.close() }
})

describeRedis('with a Redis server', () => {
  bind('redis', async () => {
    const { client, prefix, close } = await openRedis()
    return { store: redisKeyValue(client, { buffer: Buffer, keyPrefix: prefix }), close }
  })
})

describe('a store without compare-and-set', () => {
  it('fails at start with its name, the capability and an alternative', async () => {
    const clock = createTestClock()
    await expect(
      openHarness({ store: without(memoryOn(clock), 'compare-and-set') }, {}, clock),
    ).rejects.toThrow(/compare-and-set, got lesser; use redis.*last-write-wins/)
  })

  it('works where the options say last-write-wins: all but the merge', async () => {
    const clock = createTestClock()
    const store = without(memoryOn(clock), 'compare-and-set')
    const { browser, close } = await openHarness({ store, concurrency: 'last-write-wins' }, {}, clock)
    const client = browser()
    await client.send((session) => session.set('cart', 1))
    const before = `${name}=${client.cookies.get(name)}`
    await client.send((session) => session.login('ada'))
    expect(await client.send(async (session) => [await session.userId(), await session.get('cart')])).toEqual(
      ['ada', 1],
    )
    expect(await client.send((session) => session.get('cart'), { cookie: before })).toBeUndefined()
    await client.send((session) => session.logout())
    expect((await contentsOf(store)).size).toBe(0)
    await close()
  })

  it('does not bring back what ended before the write', async () => {
    const clock = createTestClock()
    const store = without(memoryOn(clock), 'compare-and-set')
    const { browser, close } = await openHarness({ store, concurrency: 'last-write-wins' }, {}, clock)
    const client = browser()
    await client.send((session) => session.login('ada'))
    const cookie = `${name}=${client.cookies.get(name)}`
    const late = browser().send(
      async (session) => {
        await session.get('a')
        await client.send((own) => own.logout())
        await session.set('a', 1)
      },
      { cookie },
    )
    await expect(late).rejects.toThrow('409')
    await close()
  })
})
