import { assertEqual, assertTrue } from './assert.ts'
import type { PubSubCase } from './pubsub-subject.ts'
import { flush, listen, until } from './pubsub-subject.ts'

/** Cases about how listeners are called. */
export const pubSubListenerCases: readonly PubSubCase[] = [
  {
    name: 'a listener is not called from inside publish',
    async run(subject) {
      const { pubSub } = subject
      const ear = await listen(pubSub, 'inside')
      const publishing = pubSub.publish('inside', 'x')
      assertEqual(ear.heard, [], 'what is heard before publish returns')
      await publishing
      await until(subject, 'the message', () => ear.heard.length === 1)
    },
  },
  {
    name: 'a listener may publish, subscribe and unsubscribe',
    async run(subject) {
      const { pubSub } = subject
      const echo = await listen(pubSub, 'echo')
      const inner: string[] = []
      const ear = await listen(pubSub, 'ping', {
        async message() {
          const other = await listen(pubSub, 'other')
          await pubSub.publish('echo', 'pong')
          await ear.unsubscribe()
          await other.unsubscribe()
          inner.push('done')
        },
      })
      await pubSub.publish('ping', 'x')
      await pubSub.publish('ping', 'y')
      await until(subject, 'the listener to end', () => inner.length > 0)
      await flush(subject, 'echo', echo)
      assertEqual([echo.heard, inner], [['pong'], ['done']], 'what was done')
    },
  },
  {
    name: 'a listener that fails gets its errors, and goes on as the others do',
    async run(subject) {
      const { pubSub } = subject
      const heard: string[] = []
      let calls = 0
      await listen(pubSub, 'fails', {
        message() {
          calls += 1
          if (calls === 1) throw new Error('thrown')
          return calls === 2 ? Promise.reject(new Error('rejected')) : undefined
        },
        error: (error) => void heard.push(error instanceof Error ? error.message : ''),
      })
      const deaf = await listen(pubSub, 'fails', {
        message() {
          throw new Error('thrown')
        },
        error() {
          throw new Error('thrown again')
        },
      })
      const ear = await listen(pubSub, 'fails')
      for (const message of ['1', '2', '3']) await pubSub.publish('fails', message)
      await flush(subject, 'fails', ear)
      await until(subject, 'four calls', () => calls === 4)
      assertEqual(heard, ['thrown', 'rejected'], 'the errors')
      assertEqual(ear.heard, ['1', '2', '3'], 'what another one hears')
      await deaf.unsubscribe()
    },
  },
  {
    name: 'a listener gets one message at a time, and holds up nobody else',
    async run(subject) {
      const { pubSub } = subject
      let running = 0
      let most = 0
      const slow: string[] = []
      let release = (): void => undefined
      const gate = new Promise<void>((resolve) => (release = resolve))
      await listen(pubSub, 'slow', {
        async message(message) {
          running += 1
          most = Math.max(most, running)
          await gate
          slow.push(new TextDecoder().decode(message))
          running -= 1
        },
      })
      const quick = await listen(pubSub, 'slow')
      const sent = Array.from({ length: 20 }, (_, index) => `message ${index}`)
      for (const message of sent) await pubSub.publish('slow', message)
      await until(subject, 'the quick one to hear all', () => quick.heard.length === 20)
      assertEqual(slow, [], 'what the slow one has done')
      release()
      await until(subject, 'the slow one to hear all', () => slow.length === 20)
      assertEqual([slow, quick.heard, most], [sent, sent, 1], 'what was heard')
    },
  },
  {
    name: 'of too many messages that wait the oldest are dropped, and gap tells how many',
    async run(subject) {
      await assertDrops(subject, { maxQueuedMessages: 5 }, (index) => `message ${index}`)
    },
  },
  {
    name: 'of too many bytes that wait the oldest are dropped, and gap tells how many messages',
    async run(subject) {
      await assertDrops(subject, { maxQueuedBytes: 509 }, (index) => `message ${index} `.padEnd(100, 'x'))
    },
  },
  {
    name: 'one message waits, however large it is',
    async run(subject) {
      const { pubSub } = subject
      const ear = await listen(pubSub, 'large', {}, { maxQueuedBytes: 1 })
      await pubSub.publish('large', 'larger than one byte')
      await until(subject, 'the message', () => ear.heard.length === 1)
      assertEqual(ear.heard, ['larger than one byte'], 'what is heard')
    },
  },
  {
    name: 'an unsubscribed listener is not called for what waits',
    async run(subject) {
      const { pubSub } = subject
      const heard: string[] = []
      const witness = await listen(pubSub, 'drop')
      let release = (): void => undefined
      const gate = new Promise<void>((resolve) => (release = resolve))
      const ear = await listen(pubSub, 'drop', {
        async message(message) {
          heard.push(new TextDecoder().decode(message))
          await gate
        },
      })
      for (const message of ['1', '2', '3']) await pubSub.publish('drop', message)
      await until(subject, 'all messages', () => witness.heard.length === 3 && heard.length === 1)
      await ear.unsubscribe()
      release()
      await flush(subject, 'drop', witness)
      assertEqual(heard, ['1'], 'what is heard')
    },
  },
]

/** Holds a listener up while ten messages come, of which five may wait. */
async function assertDrops(
  subject: Parameters<PubSubCase['run']>[0],
  bounds: { readonly maxQueuedMessages?: number; readonly maxQueuedBytes?: number },
  format: (index: number) => string,
): Promise<void> {
  const { pubSub } = subject
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => (release = resolve))
  const heard: string[] = []
  await listen(
    pubSub,
    'flood',
    {
      async message(message) {
        heard.push(new TextDecoder().decode(message))
        await gate
      },
      gap: (lost) => void heard.push(`gap:${lost}`),
    },
    bounds,
  )
  const witness = await listen(pubSub, 'flood')
  await pubSub.publish('flood', format(0))
  await until(subject, 'the first message', () => heard.length === 1 && witness.heard.length === 1)
  for (let index = 1; index <= 10; index += 1) await pubSub.publish('flood', format(index))
  await until(subject, 'all messages', () => witness.heard.length === 11)
  release()
  await until(subject, 'the last messages', () => heard.length === 7)
  assertEqual(heard, [format(0), 'gap:5', ...[6, 7, 8, 9, 10].map(format)], 'what is heard')
  assertTrue(!witness.heard.some((text) => text.startsWith('gap')), 'no gap for the other one')
}
