import { RockstarError } from '../../errors/index.ts'
import type { PubSubListener, PubSubSubscribeOptions } from './contract.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'

/** The subscriptions of one object, by channel. */
export interface FanOut {
  /** Adds one. `STORE_FULL` above the bound, `RangeError` for an option out of range. */
  add(channel: string, listener: PubSubListener, options: PubSubSubscribeOptions): Registration
  has(channel: string): boolean
  channels(): readonly string[]
  /** Hands a message to every subscription of a channel. */
  deliver(channel: string, message: Uint8Array<ArrayBuffer>): void
  /** Tells all subscriptions that messages may have been lost. */
  missAll(): void
  /** Ends all. */
  clear(): void
}

/** One subscription. */
export interface Registration {
  /** Ends it. Returns false if it had ended before. */
  remove(): boolean
}

const defaultQueuedMessages = 1000
const maxQueuedMessagesBound = 1_000_000
const defaultQueuedBytes = 8 * 1024 * 1024

/** Makes an empty set of subscriptions. */
export function createFanOut(store: string, maxSubscriptions: number): FanOut {
  const byChannel = new Map<string, Set<Mailbox>>()
  let count = 0

  function remove(channel: string, mailbox: Mailbox): boolean {
    mailbox.close()
    const mailboxes = byChannel.get(channel)
    if (mailboxes?.delete(mailbox) !== true) return false
    count -= 1
    if (mailboxes.size === 0) byChannel.delete(channel)
    return true
  }

  return {
    add(channel, listener, options) {
      const { maxQueuedMessages = defaultQueuedMessages, maxQueuedBytes = defaultQueuedBytes } = options
      checkBound('maxQueuedMessages', maxQueuedMessages, maxQueuedMessagesBound)
      checkBound('maxQueuedBytes', maxQueuedBytes, Number.MAX_SAFE_INTEGER)
      if (count >= maxSubscriptions) {
        throw new RockstarError(
          'STORE_FULL',
          `Expected at most ${maxSubscriptions} subscriptions of ${store}, got one more; end some, or raise maxSubscriptions`,
        )
      }
      const mailbox = createMailbox(listener, { maxQueuedMessages, maxQueuedBytes })
      const mailboxes = byChannel.get(channel) ?? new Set()
      byChannel.set(channel, mailboxes.add(mailbox))
      count += 1
      return { remove: () => remove(channel, mailbox) }
    },
    has: (channel) => byChannel.has(channel),
    channels: () => [...byChannel.keys()],
    deliver(channel, message) {
      for (const mailbox of byChannel.get(channel) ?? []) mailbox.push(message)
    },
    missAll() {
      for (const mailboxes of byChannel.values()) for (const mailbox of mailboxes) mailbox.miss(null)
    },
    clear() {
      for (const mailboxes of byChannel.values()) for (const mailbox of mailboxes) mailbox.close()
      byChannel.clear()
      count = 0
    },
  }
}

function checkBound(option: string, value: number, most: number): void {
  if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
    throw new RangeError(`Expected ${option} to be an integer from 1 to ${most}, got ${value}`)
  }
}
