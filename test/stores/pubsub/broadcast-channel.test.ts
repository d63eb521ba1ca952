import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { broadcastPubSub } from '../../../src/stores/pubsub/index.ts'

it('broadcastPubSub() ignores what others post on its channel', async () => {
  const { heard, other, close } = await open()
  const kind = 'rockstar.message'
  const message = new TextEncoder().encode('x')
  for (const data of [
    null,
    'text',
    {},
    { kind: 'other', channel: 'a', message },
    { kind, channel: 5, message },
    { kind, channel: 'a', message: 'text' },
    { kind, channel: 'a', message: new Uint8Array(2000) },
    { kind, channel: 'a', message },
  ]) {
    other.postMessage(data)
  }
  await until(() => heard.length > 0)
  expect(heard).toEqual(['x'])
  await close()
})

it('broadcastPubSub() hears other threads', async () => {
  const { heard, name, close } = await open()
  const code = `
    const channel = new BroadcastChannel(${JSON.stringify(name)})
    channel.postMessage({ kind: 'rockstar.message', channel: 'a', message: new TextEncoder().encode('from a thread') })
  `
  const worker = new Worker(code, { eval: true })
  await until(() => heard.length > 0)
  expect(heard).toEqual(['from a thread'])
  await worker.terminate()
  await close()
})

it('broadcastPubSub() tells of messages that cannot be read', async () => {
  const listeners = new Map<string, (event: { readonly data: unknown }) => void>()
  const pubSub = broadcastPubSub({
    postMessage: () => undefined,
    addEventListener: (type, listener) => void listeners.set(type, listener),
    removeEventListener: (type) => void listeners.delete(type),
  })
  const gaps: (number | null)[] = []
  const parts = { message: () => undefined, error: () => undefined }
  await pubSub.subscribe('a', { ...parts, gap: (lost) => void gaps.push(lost) })
  listeners.get('messageerror')?.({ data: null })
  await sleep(0)
  expect(gaps).toEqual([null])
  await pubSub.close()
  expect(listeners.size).toBe(0)
})

it('broadcastPubSub() is STORE_FAILED over a channel that was closed', async () => {
  const channel = new BroadcastChannel(randomUUID())
  const pubSub = broadcastPubSub(channel)
  channel.close()
  await expect(pubSub.publish('a', 'x')).rejects.toMatchObject({ code: 'STORE_FAILED' })
})

async function open() {
  const name = randomUUID()
  const [own, other] = [new BroadcastChannel(name), new BroadcastChannel(name)]
  const pubSub = broadcastPubSub(own, { maxMessageBytes: 1000 })
  const heard: string[] = []
  await pubSub.subscribe('a', {
    message: (message) => void heard.push(new TextDecoder().decode(message)),
    gap: (lost) => void heard.push(`gap:${lost}`),
    error: () => undefined,
  })
  const close = async (): Promise<void> => {
    await pubSub.close()
    own.close()
    other.close()
  }
  return { heard, name, other, close }
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 1000 && !condition(); round += 1) await sleep(5)
}
