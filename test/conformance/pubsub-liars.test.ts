import { describe, expect, it } from 'vitest'
import { pubSubSuite, runConformanceCase } from '../../src/conformance/index.ts'
import type { PubSubSubject } from '../../src/conformance/index.ts'
import type { PubSub, PubSubListener } from '../../src/stores/pubsub/index.ts'
import { memoryPubSub } from '../../src/stores/pubsub/index.ts'

type Lie = (honest: PubSub) => Partial<PubSub>

/** Subscribes with another listener in the place of the caller's. */
function replace(
  honest: PubSub,
  change: (listener: PubSubListener) => Partial<PubSubListener>,
): Partial<PubSub> {
  return {
    subscribe: (channel, listener, options) =>
      honest.subscribe(
        channel,
        {
          message: (message) => listener.message(message),
          gap: (lost) => listener.gap(lost),
          error: (error) => listener.error(error),
          ...change(listener),
        },
        options,
      ),
  }
}

/** What is wrong with channels, how they are made so, and the case that must fail. */
const lies: readonly (readonly [what: string, lie: Lie, caughtBy: string])[] = [
  [
    'messages out of order',
    (honest) => ({
      publish: async (channel, message, options) => {
        if (String(message).endsWith('7')) await new Promise((resolve) => setTimeout(resolve, 1))
        await honest.publish(channel, message, options)
      },
    }),
    'messages of one publisher arrive in order, each once',
  ],
  [
    'messages that come twice',
    (honest) => ({
      async publish(channel, message, options) {
        await honest.publish(channel, message, options)
        await honest.publish(channel, message, options)
      },
    }),
    'messages of one publisher arrive in order, each once',
  ],
  [
    'channels without case',
    (honest) => ({
      publish: (channel, message) => honest.publish(channel.toLowerCase(), message),
      subscribe: (channel, listener) => honest.subscribe(channel.toLowerCase(), listener),
    }),
    'channels are told apart byte by byte, and none is a pattern',
  ],
  [
    'bytes that are taken for text',
    (honest) => ({
      publish: (channel, message) =>
        honest.publish(channel, typeof message === 'string' ? message : new TextDecoder().decode(message)),
    }),
    'every byte arrives as it went, in messages of any size',
  ],
  [
    'a subscription that ends only in name',
    (honest) => ({
      async subscribe(channel, listener, options) {
        await honest.subscribe(channel, listener, options)
        const done = Promise.resolve()
        return { unsubscribe: () => done }
      },
    }),
    'who subscribes later does not hear what was before, and who left hears nothing',
  ],
  [
    'listeners that are called from inside publish',
    (honest) => {
      const listeners = new Set<PubSubListener>()
      return {
        async subscribe(channel, listener, options) {
          listeners.add(listener)
          return honest.subscribe(channel, listener, options)
        },
        async publish(_, message) {
          for (const listener of listeners) void listener.message(new TextEncoder().encode(String(message)))
        },
      }
    },
    'a listener is not called from inside publish',
  ],
  [
    'messages that do not wait for each other',
    (honest) =>
      replace(honest, (listener) => ({
        message: (message) => void listener.message(message),
      })),
    'a listener gets one message at a time, and holds up nobody else',
  ],
  [
    'errors of listeners that nobody hears of',
    (honest) => replace(honest, () => ({ error: () => undefined })),
    'a listener that fails gets its errors, and goes on as the others do',
  ],
  [
    'losses that nobody hears of',
    (honest) => replace(honest, () => ({ gap: () => undefined })),
    'of too many messages that wait the oldest are dropped, and gap tells how many',
  ],
  [
    'a queue without bound',
    (honest) => ({ subscribe: (channel, listener) => honest.subscribe(channel, listener) }),
    'of too many bytes that wait the oldest are dropped, and gap tells how many messages',
  ],
  [
    'a signal that ends nothing',
    (honest) => ({ subscribe: (channel, listener) => honest.subscribe(channel, listener) }),
    'an abort ends the subscription that was made with its signal',
  ],
  [
    'a bound of messages that is not kept',
    (honest) => ({ limits: { ...honest.limits, maxMessageBytes: 1000 } }),
    'a message that is too large is refused',
  ],
  [
    'a bound of subscriptions that is not kept',
    (honest) => ({ limits: { ...honest.limits, maxSubscriptions: 10 } }),
    'one subscription more than the bound is refused, until another one ends',
  ],
  [
    'a claim to be shared',
    () => ({ capabilities: new Set(['shared'] as const) }),
    'what one object publishes, another one over the same channels hears, in order',
  ],
  [
    'a close that does not close',
    () => ({ close: () => Promise.resolve() }),
    'closed channels refuse everything, and call no listener',
  ],
]

describe('pubSubSuite', () => {
  it.each(lies)('catches %s', async (_, lie, caughtBy) => {
    const honest = memoryPubSub({ maxSubscriptions: 50, maxMessageBytes: 10_000 })
    const liar = { ...honest, name: 'liar', ...lie(honest) }
    await expect(run(caughtBy, { pubSub: liar, peer: null, arrivalMs: 300 })).rejects.toThrow()
    await honest.close()
  })

  it('has a name of its own for every case', () => {
    const names = pubSubSuite.cases.map((each) => each.name)
    expect(new Set(names).size).toBe(names.length)
  })
})

function run(name: string, subject: PubSubSubject): ReturnType<typeof runConformanceCase> {
  const found = pubSubSuite.cases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`Expected a case named ${name}, got none`)
  return runConformanceCase(found, subject, subject.pubSub.capabilities)
}
