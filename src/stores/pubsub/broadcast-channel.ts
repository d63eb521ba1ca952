import { encodeValue } from '../key-value/check.ts'
import { createWaits } from '../key-value/wait.ts'
import { checkChannel, readLimits, type PubSubBounds } from './check.ts'
import type { PubSub } from './contract.ts'
import { createFanOut } from './fan-out.ts'
import { openSubscription } from './subscription.ts'

/** What is used of a `BroadcastChannel`. Whoever made it closes it. */
export interface BroadcastChannelLike {
  postMessage(message: unknown): void
  addEventListener(type: 'message' | 'messageerror', listener: (event: BroadcastEventLike) => void): void
  removeEventListener(type: 'message' | 'messageerror', listener: (event: BroadcastEventLike) => void): void
}

/** What is used of its events. */
export interface BroadcastEventLike {
  readonly data: unknown
}

/** Options of `broadcastPubSub`. */
export interface BroadcastPubSubOptions extends PubSubBounds {}

const name = 'broadcast-channel'

/**
 * Makes channels over one `BroadcastChannel`, which reaches the threads of a process (Node, Bun) or the isolates of a
 * deployment (Deno Deploy), not other processes of a machine. All channels go through it, so that every thread gets
 * every message, and drops what nobody subscribed to. What others post on it is ignored.
 */
export function broadcastPubSub(
  broadcast: BroadcastChannelLike,
  options: BroadcastPubSubOptions = {},
): PubSub {
  const limits = readLimits(options)
  const fanOut = createFanOut(name, limits.maxSubscriptions)
  const waits = createWaits(name)

  function onMessage({ data }: BroadcastEventLike): void {
    if (!isPosted(data) || data.message.byteLength > limits.maxMessageBytes) return
    fanOut.deliver(data.channel, data.message)
  }
  function onUnreadable(): void {
    fanOut.missAll()
  }
  broadcast.addEventListener('message', onMessage)
  broadcast.addEventListener('messageerror', onUnreadable)

  return {
    name,
    capabilities: new Set(['shared'] as const),
    limits,
    async publish(channel, message, given = {}) {
      checkChannel(name, channel)
      const bytes = encodeValue(name, message, limits.maxMessageBytes)
      await waits.run(given, async () => {
        broadcast.postMessage({ kind: 'rockstar.message', channel, message: bytes })
        // It does not give its own messages back.
        fanOut.deliver(channel, bytes)
      })
    },
    async subscribe(channel, listener, given = {}) {
      waits.enter(given)
      checkChannel(name, channel)
      const registration = fanOut.add(channel, listener, given)
      return openSubscription(given.signal, async () => void registration.remove())
    },
    async close() {
      if (!waits.close()) return
      broadcast.removeEventListener('message', onMessage)
      broadcast.removeEventListener('messageerror', onUnreadable)
      fanOut.clear()
    },
  }
}

interface Posted {
  readonly channel: string
  readonly message: Uint8Array<ArrayBuffer>
}

function isPosted(data: unknown): data is Posted {
  return (
    typeof data === 'object' &&
    data !== null &&
    'kind' in data &&
    data.kind === 'rockstar.message' &&
    'channel' in data &&
    typeof data.channel === 'string' &&
    'message' in data &&
    data.message instanceof Uint8Array
  )
}
