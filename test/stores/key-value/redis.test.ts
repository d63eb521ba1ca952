import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { redisKeyValue } from '../../../src/stores/redis.ts'
import { describeRedis, newClient, openRedis } from '../redis-server.ts'

describeRedis('redisKeyValue()', () => {
  it('keeps values as plain strings of Redis below its prefix', async () => {
    const { client, prefix, close } = await openRedis()
    const store = redisKeyValue(client, { buffer: Buffer, keyPrefix: prefix })
    await store.set('text', 'Größe')
    await store.increment('count', 41)
    expect(await client.get(`${prefix}text`)).toBe('Größe')
    expect(await client.incr(`${prefix}count`)).toBe(42)
    await store.close()
    await close()
  })

  it('leaves the keys of others alone, and their patterns without meaning', async () => {
    const { client, prefix, close } = await openRedis()
    const store = redisKeyValue(client, { buffer: Buffer, keyPrefix: `${prefix}[a]*:` })
    await client.set(`${prefix}a:other`, 'x')
    await client.hSet(`${prefix}[a]*:hash`, 'field', 'x')
    await client.set(Buffer.concat([Buffer.from(`${prefix}[a]*:`), Buffer.from([0xff])]), 'x')
    await store.set('own', 'x')
    const keys = new Set<string>()
    let page = await store.list()
    for (; page.cursor !== null; page = await store.list({ cursor: page.cursor }))
      page.keys.forEach((key) => keys.add(key))
    page.keys.forEach((key) => keys.add(key))
    expect([...keys]).toEqual(['own'])
    await expect(store.get('hash')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await client.unlink(Buffer.concat([Buffer.from(`${prefix}[a]*:`), Buffer.from([0xff])]))
    await close()
  })

  it.each(['x', '{}', '["a"]', '[5]', '["0", 5]', '[]'])('refuses the cursor %s', async (cursor) => {
    const { client, prefix, close } = await openRedis()
    const store = redisKeyValue(client, { buffer: Buffer, keyPrefix: prefix })
    await expect(store.list({ cursor })).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
    await close()
  })

  it('is STORE_TIMEOUT when Redis is away, and what was not sent is not sent later', async () => {
    const { prefix, close, client: witness } = await openRedis()
    const road = await openRoad()
    const client = newClient(road.port)
    const store = redisKeyValue(client, { buffer: Buffer, keyPrefix: prefix })
    // The client tries on, and keeps commands until it is connected.
    const connecting = client.connect()
    await expect(store.set('a', 'x', { timeoutMs: 200 })).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    const waiting = store.set('b', 'x')
    await road.clear()
    await connecting
    await waiting
    expect([await witness.exists(`${prefix}a`), await witness.exists(`${prefix}b`)]).toEqual([0, 1])
    await client.close()
    await road.close()
    await close()
  })

  it('is STORE_FAILED for a client that gives text', async () => {
    const store = redisKeyValue({ sendCommand: async () => 'text' }, { buffer: Buffer })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  it('is STORE_TIMEOUT when no answer comes', async () => {
    let signal: AbortSignal | undefined
    const stuck = {
      sendCommand: (_: unknown, options?: { readonly abortSignal?: AbortSignal }) => {
        signal = options?.abortSignal
        return new Promise(() => undefined)
      },
    }
    const store = redisKeyValue(stuck, { buffer: Buffer })
    await expect(store.get('a', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    expect(signal?.aborted).toBe(true)
  })

  it('refuses options out of range', () => {
    const client = { sendCommand: async () => null }
    expect(() => redisKeyValue(client, { buffer: Buffer, maxValueBytes: 0 })).toThrow(RangeError)
    expect(() => redisKeyValue(client, { buffer: Buffer, keyPrefix: 'x'.repeat(513) })).toThrow('512 bytes')
  })
})

/** A port behind which Redis is, once the road is clear. */
async function openRoad() {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: 6379 })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // An address is always there once it listens on TCP.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return {
    port,
    async clear(): Promise<void> {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
