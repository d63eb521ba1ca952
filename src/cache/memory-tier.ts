import type { Diagnostics } from '../diagnostics/contract.ts'
import type { Clock, RandomSource } from '../platform/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'
import { memoryKeyValue } from '../stores/key-value/index.ts'
import type { PubSub, PubSubSubscription } from '../stores/pubsub/contract.ts'
import type { CacheMemoryOptions } from './contract.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The tier in memory, and the channel that keeps it right. */
export interface MemoryTier {
  /** What is in memory; null for each that is not. None as long as nobody would tell what is no longer right. */
  readMany(keys: readonly string[]): Promise<readonly (Bytes | null)[]>
  /**
   * A mark of this moment, for `fill`: what was read from the store before something was invalidated must not come into
   * memory after it.
   */
  mark(): number
  fill(key: string, bytes: Bytes, mark: number): Promise<void>
  /** Drops what was changed, here and in all other processes. */
  drop(keys: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** What a tier is made of. */
export interface MemoryTierOptions {
  /** Null: no values are kept here, but other processes are told. */
  readonly memory: CacheMemoryOptions | null
  readonly channel: string
  /** Null where there is none: then time alone bounds what is old. */
  readonly openPubSub: (() => Promise<PubSub | null>) | null
  readonly clock: Clock
  readonly diagnostics: Diagnostics
  readonly random: RandomSource
  /** Hears which keys another process changed; null when that is not known. */
  readonly onDrop: (keys: readonly string[] | null) => void
}

/** After how long a subscription that failed is tried again, in milliseconds. */
const retryMs = 5000
/** Most keys of one message: names of at most 256 bytes are within the 64 KiB that every channel takes. */
const keysPerMessage = 200
const decoder = new TextDecoder()

/** Makes the tier. Nothing is opened before it is first used. */
export function createMemoryTier(options: MemoryTierOptions): MemoryTier {
  const { channel, clock, diagnostics, memory, onDrop, openPubSub } = options
  const id = options.random.uuid()
  const ttlMs = inRange('memory.ttlMs', memory?.ttlMs ?? 30_000, 86_400_000)
  const { maxEntries = 10_000, maxBytes = 16 * 1024 * 1024 } = memory ?? {}
  let values = createValues()
  let marks = 0
  let pubSub: Promise<PubSub | null> | null = null
  let subscription: Promise<PubSubSubscription | null> | null = null
  let isHearing = false
  let isClosed = false
  let retryAtMs = -Infinity

  function createValues(): KeyValueStore {
    // What is larger than a sixteenth of the tier would push out too much of it.
    const maxValueBytes = Math.max(1024, Math.floor(maxBytes / 16))
    return memoryKeyValue({ maxEntries, maxBytes, maxValueBytes, now: () => clock.now() })
  }
  function flush(): void {
    marks += 1
    values = createValues()
    onDrop(null)
  }
  async function dropHere(keys: readonly string[]): Promise<void> {
    marks += 1
    for (const key of keys) await values.delete(key)
  }
  function report(error: unknown): void {
    diagnostics.emit({
      kind: 'cache.channel-failed',
      level: 'warn',
      message: 'The channel that tells other processes what is no longer right failed',
      error,
    })
  }
  function open(): Promise<PubSub | null> {
    pubSub ??= openPubSub === null ? Promise.resolve(null) : openPubSub()
    pubSub.catch(() => (pubSub = null))
    return pubSub
  }
  async function subscribe(): Promise<PubSubSubscription | null> {
    const opened = await open()
    if (isClosed) return null
    if (opened === null) {
      isHearing = true
      return null
    }
    const made = await opened.subscribe(channel, {
      async message(message) {
        const heard = parseMessage(message)
        if (heard === null) return flush()
        if (heard.from === id) return
        await dropHere(heard.keys)
        onDrop(heard.keys)
      },
      gap: flush,
      error: report,
    })
    isHearing = true
    return made
  }
  /** May memory be used? Begins to listen when it is first asked. */
  function isRight(): boolean {
    if (memory === null || isClosed) return false
    if (openPubSub === null || isHearing) return true
    if (subscription === null && clock.monotonic() >= retryAtMs) {
      subscription = subscribe()
      subscription.catch((error: unknown) => {
        retryAtMs = clock.monotonic() + retryMs
        subscription = null
        report(error)
      })
    }
    return false
  }

  return {
    async readMany(keys) {
      return isRight() ? values.getMany(keys) : keys.map(() => null)
    },
    mark: () => marks,
    async fill(key, bytes, mark) {
      if (mark !== marks || !isRight()) return
      // One that is too large is left to the store.
      await values.set(key, bytes, { ttlMs }).catch(() => undefined)
    },
    async drop(keys) {
      await dropHere(keys)
      if (openPubSub === null || isClosed) return
      try {
        const opened = await open()
        for (let from = 0; opened !== null && from < keys.length; from += keysPerMessage) {
          const part = keys.slice(from, from + keysPerMessage)
          await opened.publish(channel, JSON.stringify([id, ...part]), { timeoutMs: 1000 })
        }
      } catch (error) {
        report(error)
      }
    },
    async close() {
      isClosed = true
      isHearing = false
      await (await subscription?.catch(() => null))?.unsubscribe().catch(report)
      await values.close()
    },
  }
}

interface Heard {
  readonly from: string
  readonly keys: readonly string[]
}

/** Null for a message that cannot be read: another version's, perhaps. */
function parseMessage(message: Bytes): Heard | null {
  try {
    const list: unknown = JSON.parse(decoder.decode(message))
    if (!Array.isArray(list) || !list.every((text) => typeof text === 'string')) return null
    const [from = '', ...keys] = list
    return { from, keys }
  } catch {
    return null
  }
}

function inRange(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new RangeError(`Expected ${name} from 1 to ${most}, got ${value}`)
}
