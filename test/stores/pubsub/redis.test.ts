import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { redisPubSub } from '../../../src/stores/redis.ts'
import { describeRedis, newClient } from '../redis-server.ts'

describeRedis('redisPubSub()', () => {
  it('tells every subscription when the connection was cut and is back, and hears again', async () => {
    const { publisher, subscriber, pubSub, close } = await open()
    const heard: string[] = []
    const listener = {
      message: (message: Uint8Array): void => void heard.push(new TextDecoder().decode(message)),
      gap: (lost: number | null): void => void heard.push(`gap:${lost}`),
      error: () => undefined,
    }
    await pubSub.subscribe('a', listener)
    await pubSub.publish('a', 'before')
    await until(() => heard.length === 1)
    const id = subscriber.id
    await publisher.sendCommand(['CLIENT', 'KILL', 'ID', id])
    await until(() => heard.length === 2)
    await pubSub.publish('a', 'after')
    await until(() => heard.length === 3)
    expect(heard).toEqual(['before', 'gap:null', 'after'])
    await close()
  })

  it('subscribes in Redis once for each channel, and leaves it with the last one', async () => {
    const { publisher, pubSub, prefix, close } = await open()
    const count = async (): Promise<unknown> => (await publisher.pubSubNumSub([`${prefix}a`]))[`${prefix}a`]
    const listener = { message: () => undefined, gap: () => undefined, error: () => undefined }
    const first = await pubSub.subscribe('a', listener)
    const second = await pubSub.subscribe('a', listener)
    expect(await count()).toBe(1)
    await first.unsubscribe()
    expect(await count()).toBe(1)
    await second.unsubscribe()
    expect(await count()).toBe(0)
    await pubSub.subscribe('a', listener)
    await pubSub.close()
    expect(await count()).toBe(0)
    await close()
  })

  it('leaves nothing behind of a subscription that Redis did not answer in time', async () => {
    const joined: string[] = []
    let answer = (): void => undefined
    const pubSub = redisPubSub({
      buffer: Buffer,
      channelPrefix: '',
      publisher: { sendCommand: async () => 0 },
      subscriber: {
        subscribe: (channel) => {
          joined.push(`join ${channel}`)
          return new Promise<void>((resolve) => (answer = resolve))
        },
        unsubscribe: async (channel) => void joined.push(`leave ${channel}`),
        on: () => undefined,
        off: () => undefined,
      },
      maxSubscriptions: 1,
    })
    const listener = { message: () => undefined, gap: () => undefined, error: () => undefined }
    const outcome = pubSub.subscribe('a', listener, { timeoutMs: 20 })
    await expect(outcome).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    answer()
    await sleep(0)
    expect(joined).toEqual(['join a', 'leave a'])
    // The place is free again.
    await expect(pubSub.subscribe('b', listener, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'STORE_TIMEOUT',
    })
  })
})

async function open() {
  const prefix = `test:${randomUUID()}:`
  const publisher = newClient()
  const base = newClient()
  await Promise.all([publisher.connect(), base.connect()])
  // A client that subscribes takes no other command, so its number is asked for before.
  const id = String(await base.sendCommand(['CLIENT', 'ID']))
  const subscriber = Object.assign(base, { id })
  const pubSub = redisPubSub({ publisher, subscriber: base, buffer: Buffer, channelPrefix: prefix })
  const close = async (): Promise<void> => {
    await pubSub.close()
    await Promise.all([publisher.close(), base.close()])
  }
  return { publisher, subscriber, pubSub, prefix, close }
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 1000; round += 1) {
    if (condition()) return
    await sleep(5)
  }
  throw new Error('Expected it to come about within 5 s, it did not')
}
