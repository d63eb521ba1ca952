import { encodeKey, encodeValue } from '../key-value/check.ts'
import type { RedisBufferLike, RedisClientLike } from '../key-value/redis.ts'
import { createWaits } from '../key-value/wait.ts'
import { checkChannel, readLimits, type PubSubBounds } from './check.ts'
import type { PubSub } from './contract.ts'
import { createFanOut } from './fan-out.ts'
import { openSubscription } from './subscription.ts'

/** What is used of a node-redis client that only subscribes, connected. Whoever created it closes it. */
export interface RedisSubscriberLike {
  subscribe(channel: string, listener: (message: Uint8Array) => void, bufferMode: true): Promise<unknown>
  unsubscribe(channel: string, listener: (message: Uint8Array) => void, bufferMode: true): Promise<unknown>
  on(event: 'ready', listener: () => void): unknown
  off(event: 'ready', listener: () => void): unknown
}

/** Options of `redisPubSub`. */
export interface RedisPubSubOptions extends PubSubBounds {
  /** The client that publishes; it may do other things besides. */
  readonly publisher: RedisClientLike
  /** The client that subscribes, and does nothing else. */
  readonly subscriber: RedisSubscriberLike
  readonly buffer: RedisBufferLike
  /** What the channels in Redis begin with, 0 to 512 bytes. Default: `rockstar:`. */
  readonly channelPrefix?: string
}

const name = 'redis'
/** How long the end waits for Redis to hear of it, in milliseconds. */
const leaveTimeoutMs = 5000

/**
 * Makes channels over Redis. A channel is subscribed to in Redis once for each object, however many listen. When the
 * connection of the subscriber was cut and is back, every subscription gets `gap(null)`.
 *
 * Redis itself cuts off a subscriber that reads too slowly (`client-output-buffer-limit pubsub`); listeners that are
 * slow do not make it so, their mailboxes drop.
 */
export function redisPubSub(options: RedisPubSubOptions): PubSub {
  const { publisher, subscriber, buffer, channelPrefix = 'rockstar:' } = options
  if (channelPrefix !== '') encodeKey(name, channelPrefix, { maxKeyBytes: 512 })
  const limits = readLimits(options)
  const fanOut = createFanOut(name, limits.maxSubscriptions)
  const waits = createWaits(name)
  const leaving = createWaits(name)
  /** What Redis was told to send, with its listener. */
  const joined = new Map<string, (message: Uint8Array) => void>()
  /** The last thing that a channel waits for: joining and leaving take turns. */
  const turns = new Map<string, Promise<void>>()

  /** Brings Redis to what the subscriptions want by then. */
  function settle(channel: string): Promise<void> {
    const before = turns.get(channel) ?? Promise.resolve()
    const turn = before.catch(() => undefined).then(() => joinOrLeave(channel))
    turns.set(channel, turn)
    const forget = (): void => {
      if (turns.get(channel) === turn) turns.delete(channel)
    }
    turn.then(forget, forget)
    return turn
  }
  async function joinOrLeave(channel: string): Promise<void> {
    const full = channelPrefix + channel
    const old = joined.get(channel)
    if (fanOut.has(channel) === (old !== undefined)) return
    if (old !== undefined) {
      await subscriber.unsubscribe(full, old, true)
      joined.delete(channel)
      return
    }
    // The client cuts messages out of what its socket gave.
    const listener = (message: Uint8Array): void => fanOut.deliver(channel, new Uint8Array(message))
    await subscriber.subscribe(full, listener, true)
    joined.set(channel, listener)
  }
  function onReady(): void {
    fanOut.missAll()
  }
  subscriber.on('ready', onReady)

  return {
    name,
    capabilities: new Set(['shared'] as const),
    limits,
    async publish(channel, message, given = {}) {
      checkChannel(name, channel)
      const bytes = encodeValue(name, message, limits.maxMessageBytes)
      const sent = buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      await waits.run(given, (wait) =>
        publisher.sendCommand(['PUBLISH', channelPrefix + channel, sent], { abortSignal: wait.signal }),
      )
    },
    async subscribe(channel, listener, given = {}) {
      waits.enter(given)
      checkChannel(name, channel)
      const registration = fanOut.add(channel, listener, given)
      try {
        await waits.run(given, () => settle(channel))
      } catch (error) {
        registration.remove()
        // Redis may still do it later: then it is undone.
        settle(channel).catch(() => undefined)
        throw error
      }
      return openSubscription(given.signal, async () => {
        if (registration.remove()) await waits.run({}, () => settle(channel))
      })
    },
    async close() {
      if (!waits.close()) return
      subscriber.off('ready', onReady)
      const channels = fanOut.channels()
      fanOut.clear()
      const left = leaving.run({ timeoutMs: leaveTimeoutMs }, () => Promise.all(channels.map(settle)))
      // A server that is away has nothing to be told.
      await left.catch(() => undefined)
    },
  }
}
