import type { PubSub, PubSubListener, PubSubOptions } from '../stores/pubsub/contract.ts'
import { assertEqual, assertRejects } from './assert.ts'
import { assertOutOfRange } from './key-value-values.ts'
import type { PubSubCase } from './pubsub-subject.ts'
import { flush, listen } from './pubsub-subject.ts'

const deaf: PubSubListener = { message: () => undefined, gap: () => undefined, error: () => undefined }

/** Cases about bounds, aborts and the end. */
export const pubSubBoundCases: readonly PubSubCase[] = [
  {
    name: 'the longest channel is taken; a longer, an empty and a malformed one are refused',
    async run(subject) {
      const { pubSub } = subject
      const longest = 'é'.repeat(Math.floor(pubSub.limits.maxChannelBytes / 2))
      const ear = await listen(pubSub, longest)
      await pubSub.publish(longest, 'x')
      await flush(subject, longest, ear)
      for (const channel of [`${longest}xx`, '', 'a\ud800', 'a\u0000']) {
        await assertRejects(() => pubSub.publish(channel, 'x'), 'STORE_KEY_INVALID')
        await assertRejects(() => pubSub.subscribe(channel, deaf), 'STORE_KEY_INVALID')
      }
    },
  },
  {
    name: 'a message that is too large is refused',
    async run(subject) {
      const { pubSub } = subject
      const ear = await listen(pubSub, 'large')
      const { maxMessageBytes } = pubSub.limits
      await assertRejects(
        () => pubSub.publish('large', new Uint8Array(maxMessageBytes + 1)),
        'STORE_TOO_LARGE',
      )
      await assertRejects(
        () => pubSub.publish('large', 'é'.repeat(maxMessageBytes / 2 + 1)),
        'STORE_TOO_LARGE',
      )
      await flush(subject, 'large', ear)
      assertEqual(ear.heard, [], 'what is heard')
    },
  },
  {
    name: 'one subscription more than the bound is refused, until another one ends',
    async run({ pubSub }) {
      const { maxSubscriptions } = pubSub.limits
      if (maxSubscriptions > 200) return
      const ears = await Promise.all(Array.from({ length: maxSubscriptions }, () => listen(pubSub, 'full')))
      await assertRejects(() => pubSub.subscribe('full', deaf), 'STORE_FULL')
      await assertRejects(() => pubSub.subscribe('other', deaf), 'STORE_FULL')
      await ears[0]?.unsubscribe()
      await pubSub.subscribe('other', deaf)
      await assertRejects(() => pubSub.subscribe('full', deaf), 'STORE_FULL')
    },
  },
  {
    name: 'options out of range are refused',
    async run({ pubSub }) {
      for (const timeoutMs of [0, -1, 2 ** 31, Number.NaN]) {
        await assertOutOfRange(() => pubSub.publish('a', 'x', { timeoutMs }))
        await assertOutOfRange(() => pubSub.subscribe('a', deaf, { timeoutMs }))
      }
      for (const bound of [0, -1, 1.5, Number.NaN]) {
        await assertOutOfRange(() => pubSub.subscribe('a', deaf, { maxQueuedMessages: bound }))
        await assertOutOfRange(() => pubSub.subscribe('a', deaf, { maxQueuedBytes: bound }))
      }
      await assertOutOfRange(() => pubSub.subscribe('a', deaf, { maxQueuedMessages: 1_000_001 }))
    },
  },
  {
    name: 'a signal that is aborted already keeps everything from happening',
    async run(subject) {
      const { pubSub } = subject
      const ear = await listen(pubSub, 'aborted')
      const signal = AbortSignal.abort(Object.assign(new Error('gone'), { code: 'GONE' }))
      for (const call of calls(pubSub, 'aborted', { signal })) await assertRejects(call, 'GONE')
      await flush(subject, 'aborted', ear)
      assertEqual(ear.heard, [], 'what is heard')
    },
  },
  {
    name: 'an abort ends the subscription that was made with its signal',
    async run(subject) {
      const { pubSub } = subject
      const abort = new AbortController()
      const ear = await listen(pubSub, 'ends', {}, { signal: abort.signal })
      const witness = await listen(pubSub, 'ends')
      await pubSub.publish('ends', 'one')
      await flush(subject, 'ends', ear)
      await flush(subject, 'ends', witness)
      const before = ear.heard.length
      abort.abort()
      await pubSub.publish('ends', 'two')
      await flush(subject, 'ends', witness)
      assertEqual(ear.heard.length, before, 'the number of messages that the ended one hears')
      await ear.unsubscribe()
    },
  },
  {
    name: 'closed channels refuse everything, and call no listener',
    async run({ pubSub }) {
      let release = (): void => undefined
      const gate = new Promise<void>((resolve) => (release = resolve))
      let count = 0
      await listen(pubSub, 'closed', {
        message() {
          count += 1
          return gate
        },
      })
      await pubSub.publish('closed', '1')
      await pubSub.publish('closed', '2')
      await pubSub.close()
      const before = count
      release()
      for (const call of calls(pubSub, 'closed', {})) await assertRejects(call, 'STORE_CLOSED')
      await new Promise((resolve) => setTimeout(resolve, 50))
      assertEqual(count, before, 'the number of calls')
    },
  },
  {
    name: 'closing twice is closing once, and what was subscribed can be unsubscribed',
    async run({ pubSub }) {
      const ear = await listen(pubSub, 'twice')
      await Promise.all([pubSub.close(), pubSub.close()])
      await pubSub.close()
      await ear.unsubscribe()
    },
  },
]

/** Every method once. */
function calls(pubSub: PubSub, channel: string, options: PubSubOptions): readonly (() => Promise<unknown>)[] {
  return [() => pubSub.publish(channel, 'x', options), () => pubSub.subscribe(channel, deaf, options)]
}
