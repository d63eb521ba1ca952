import { encodeValue } from '../key-value/check.ts'
import { createWaits } from '../key-value/wait.ts'
import { checkChannel, readLimits, type PubSubBounds } from './check.ts'
import type { PubSub } from './contract.ts'
import { createFanOut } from './fan-out.ts'
import { openSubscription } from './subscription.ts'

/** Options of `memoryPubSub`. */
export interface MemoryPubSubOptions extends PubSubBounds {}

const name = 'memory'

/** Makes channels within this process: for one process, and for tests. */
export function memoryPubSub(options: MemoryPubSubOptions = {}): PubSub {
  const limits = readLimits(options)
  const fanOut = createFanOut(name, limits.maxSubscriptions)
  const waits = createWaits(name)
  return {
    name,
    capabilities: new Set(),
    limits,
    async publish(channel, message, given = {}) {
      waits.enter(given)
      checkChannel(name, channel)
      fanOut.deliver(channel, encodeValue(name, message, limits.maxMessageBytes))
    },
    async subscribe(channel, listener, given = {}) {
      waits.enter(given)
      checkChannel(name, channel)
      const registration = fanOut.add(channel, listener, given)
      return openSubscription(given.signal, async () => void registration.remove())
    },
    async close() {
      if (waits.close()) fanOut.clear()
    },
  }
}
