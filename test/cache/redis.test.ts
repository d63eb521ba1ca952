import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createCacheManager, type CacheManager } from '../../src/cache/index.ts'
import { createDiagnostics } from '../../src/diagnostics/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import { redisKeyValue, redisPubSub } from '../../src/stores/redis.ts'
import { describeRedis, newClient, openRedis } from '../stores/redis-server.ts'

describeRedis('a cache over Redis', () => {
  it('loads once for 50 who ask two processes', async () => {
    const { caches, close } = await open(2)
    let loads = 0
    const load = async (): Promise<number> => {
      await sleep(100)
      return ++loads
    }
    const values = await Promise.all(
      Array.from({ length: 50 }, (_, index) => caches[index % 2]?.remember('a', load, { tags: ['t'] })),
    )
    expect(loads).toBe(1)
    expect(new Set(values)).toEqual(new Set([1]))
    await close()
  })

  it('invalidates tags and namespaces for all processes, with a load under way', async () => {
    const { caches, close } = await open(2)
    const [one, two] = caches
    const gate = Promise.withResolvers<string>()
    const asked = one?.remember('a', () => gate.promise, { tags: ['t'] })
    await sleep(30)
    await two?.invalidateTags('t')
    gate.resolve('old')
    expect(await asked).toBe('old')
    expect(await two?.get('a')).toBeNull()
    await one?.namespace('n').set('k', 1)
    expect(await two?.namespace('n').get('k')).toBe(1)
    await two?.namespace('n').clear()
    expect(await one?.namespace('n').get('k')).toBeNull()
    await close()
  })

  it('tells the memory of another process what is no longer right', async () => {
    const { caches, close } = await open(2, true)
    const [one, two] = caches
    await Promise.all(caches.map((cache) => cache.get('whatever')))
    await sleep(100)
    await one?.set('a', 'old', { tags: ['t'] })
    // Time for the message of this write.
    await sleep(100)
    expect(await two?.get('a')).toBe('old')
    expect(await two?.get('a')).toBe('old')
    expect(two?.stats().memoryHits).toBeGreaterThan(0)
    await one?.invalidateTags('t')
    await sleep(100)
    expect(await two?.get('a')).toBeNull()
    await close()
  })

  it('ends values in Redis itself', async () => {
    const { caches, close, client, prefix } = await open(1)
    await caches[0]?.set('a', 1, { ttlMs: 60_000, staleMs: 30_000, jitter: 0 })
    const ttlMs = await client.pTTL(`${prefix}cache:v::=a`)
    expect(ttlMs).toBeGreaterThan(80_000)
    expect(ttlMs).toBeLessThanOrEqual(90_000)
    await close()
  })
})

async function open(count: number, memory?: true) {
  const redis = await openRedis()
  const subscribers = memory === true ? Array.from({ length: count }, () => newClient()) : []
  await Promise.all(subscribers.map((client) => client.connect()))
  const managers: CacheManager[] = Array.from({ length: count }, (_, index) => {
    const subscriber = subscribers[index]
    return createCacheManager({
      store: redisKeyValue(redis.client, { buffer: Buffer, keyPrefix: redis.prefix }),
      pubSub:
        subscriber === undefined
          ? undefined
          : redisPubSub({ publisher: redis.client, subscriber, buffer: Buffer, channelPrefix: redis.prefix }),
      memory,
      diagnostics: createDiagnostics(),
      clock: systemClock(),
      random: systemRandom(),
    })
  })
  return {
    client: redis.client,
    prefix: redis.prefix,
    caches: managers.map((manager) => manager.for(null)),
    async close(): Promise<void> {
      for (const manager of managers) await manager.close()
      for (const client of subscribers) await client.close()
      await redis.close()
    },
  }
}
