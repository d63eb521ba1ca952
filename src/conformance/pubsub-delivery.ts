import { assertEqual, assertTrue } from './assert.ts'
import { patternBytes } from './object-subject.ts'
import type { PubSubCase } from './pubsub-subject.ts'
import { flush, listen, peerOf, until } from './pubsub-subject.ts'

/** Names that are easily taken for one another, or for a pattern. */
const trickyChannels = [
  'a',
  'A',
  'a ',
  'a*',
  '*',
  'a?',
  'a.b',
  'a.*',
  'a[b]',
  'a\\b',
  'a:b',
  "a'b",
  'é',
  'e\u0301',
  '🎸',
  '__proto__',
]

/** Cases about what arrives where, and in which order. */
export const pubSubDeliveryCases: readonly PubSubCase[] = [
  {
    name: 'a subscriber hears what is published; a string is UTF-8',
    async run(subject) {
      const { pubSub } = subject
      const ear = await listen(pubSub, 'news')
      await pubSub.publish('news', 'Größe 🎸')
      await pubSub.publish('news', new TextEncoder().encode('bytes'))
      await pubSub.publish('news', '')
      await until(subject, 'three messages', () => ear.heard.length === 3)
      assertEqual(ear.heard, ['Größe 🎸', 'bytes', ''], 'the messages')
    },
  },
  {
    name: 'every byte arrives as it went, in messages of any size',
    async run(subject) {
      const { pubSub } = subject
      const { maxMessageBytes } = pubSub.limits
      const heard: Uint8Array[] = []
      const keep = { message: (message: Uint8Array) => void heard.push(message) }
      await listen(pubSub, 'bytes', keep, { maxQueuedBytes: 10 * maxMessageBytes })
      const every = Uint8Array.from({ length: 256 }, (_, index) => index)
      const sent = [every, every.subarray(100, 110), new Uint8Array(0), patternBytes(maxMessageBytes)]
      for (const message of sent) await pubSub.publish('bytes', message)
      await until(subject, 'four messages', () => heard.length === 4)
      assertEqual(heard, sent, 'the messages')
    },
  },
  {
    name: 'channels are told apart byte by byte, and none is a pattern',
    async run(subject) {
      const { pubSub } = subject
      const ears = await Promise.all(trickyChannels.map((channel) => listen(pubSub, channel)))
      await Promise.all(trickyChannels.map((channel) => pubSub.publish(channel, `to ${channel}`)))
      for (const [index, channel] of trickyChannels.entries()) {
        const ear = ears[index]
        if (ear === undefined) continue
        await flush(subject, channel, ear)
        assertEqual(ear.heard, [`to ${channel}`], `what ${JSON.stringify(channel)} hears`)
      }
    },
  },
  {
    name: 'messages of one publisher arrive in order, each once',
    async run(subject) {
      const { pubSub } = subject
      const ear = await listen(pubSub, 'order')
      const sent = Array.from({ length: 500 }, (_, index) => `message ${index}`)
      // Not awaited one by one: the order is that of the calls.
      await Promise.all(sent.map((message) => pubSub.publish('order', message)))
      await flush(subject, 'order', ear)
      assertEqual(ear.heard, sent, 'the messages')
    },
  },
  {
    name: 'every subscription hears every message',
    async run(subject) {
      const { pubSub } = subject
      const ears = await Promise.all(Array.from({ length: 20 }, () => listen(pubSub, 'all')))
      await Promise.all(Array.from({ length: 50 }, (_, index) => pubSub.publish('all', `message ${index}`)))
      for (const ear of ears) {
        await flush(subject, 'all', ear)
        const messages = ear.heard.filter((text) => text.startsWith('message'))
        assertEqual(new Set(messages).size, 50, 'the number of messages')
        assertEqual(messages.length, 50, 'the number of messages with repetitions')
      }
    },
  },
  {
    name: 'who subscribes later does not hear what was before, and who left hears nothing',
    async run(subject) {
      const { pubSub } = subject
      const first = await listen(pubSub, 'late')
      await pubSub.publish('late', 'one')
      await flush(subject, 'late', first)
      const second = await listen(pubSub, 'late')
      await pubSub.publish('late', 'two')
      await flush(subject, 'late', second)
      const leaving = first.unsubscribe()
      assertTrue(leaving === first.unsubscribe(), 'the same promise of both calls')
      await leaving
      const heardByFirst = first.heard.length
      await pubSub.publish('late', 'three')
      await flush(subject, 'late', second)
      assertEqual(second.heard, ['two', 'three'], 'what the second hears')
      assertEqual(first.heard.length, heardByFirst, 'the number of messages that the first hears')
    },
  },
  {
    name: 'joining and leaving at once end as they were asked',
    async run(subject) {
      const { pubSub } = subject
      for (let round = 0; round < 10; round += 1) {
        const old = await listen(pubSub, 'busy')
        const [ear] = await Promise.all([listen(pubSub, 'busy'), old.unsubscribe()])
        await pubSub.publish('busy', 'x')
        await flush(subject, 'busy', ear)
        assertEqual([ear.heard, old.heard], [['x'], []], 'what is heard')
        const leaving = ear.unsubscribe()
        const again = await listen(pubSub, 'busy')
        await leaving
        await pubSub.publish('busy', 'y')
        await flush(subject, 'busy', again)
        assertEqual([again.heard, ear.heard], [['y'], ['x']], 'what is heard again')
        await again.unsubscribe()
      }
    },
  },
  {
    name: 'a message may be changed by its publisher afterwards',
    async run(subject) {
      const { pubSub } = subject
      const ear = await listen(pubSub, 'copy')
      const message = new TextEncoder().encode('before')
      const publishing = pubSub.publish('copy', message)
      message.fill(0)
      await publishing
      await until(subject, 'a message', () => ear.heard.length === 1)
      assertEqual(ear.heard, ['before'], 'the message')
    },
  },
  {
    name: 'what one object publishes, another one over the same channels hears, in order',
    needs: ['shared'],
    async run(subject) {
      const { pubSub } = subject
      const peer = peerOf(subject)
      const here = await listen(pubSub, 'both')
      const there = await listen(peer, 'both')
      const sent = Array.from({ length: 100 }, (_, index) => `message ${index}`)
      await Promise.all(sent.map((message) => pubSub.publish('both', message)))
      await flush(subject, 'both', there)
      assertEqual(there.heard, sent, 'what the peer hears')
      there.heard.length = 0
      await flush(subject, 'both', here)
      here.heard.length = 0
      await peer.publish('both', 'back')
      await flush(subject, 'both', here, peer)
      assertEqual(here.heard, ['back'], 'what comes back')
    },
  },
  {
    name: 'closing one object leaves the others over the same channels',
    needs: ['shared'],
    async run(subject) {
      const peer = peerOf(subject)
      const gone = await listen(subject.pubSub, 'left')
      const ear = await listen(peer, 'left')
      await subject.pubSub.close()
      await peer.publish('left', 'still')
      await flush(subject, 'left', ear, peer)
      assertEqual([ear.heard, gone.heard], [['still'], []], 'what is heard')
    },
  },
]
