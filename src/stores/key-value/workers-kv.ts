import {
  checkKeyCount,
  defaultMaxValueBytes,
  encodeKey,
  encodeValue,
  longestKeyBytes,
  readListOptions,
  readTtl,
  refuse,
} from './check.ts'
import type { KeyValueLimits, KeyValueStore } from './contract.ts'
import { cursorError } from './error.ts'
import { createWaits } from './wait.ts'

/** What is used of a Workers KV namespace, as it stands in `env`. */
export interface KvNamespaceLike {
  get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null>
  put(key: string, value: Uint8Array<ArrayBuffer>, options?: { expirationTtl?: number }): Promise<void>
  delete(key: string): Promise<void>
  list(options: { prefix?: string; limit?: number; cursor?: string }): Promise<KvPageLike>
}

/** One page of `list`. */
export interface KvPageLike {
  readonly keys: readonly { readonly name: string }[]
  readonly list_complete: boolean
  readonly cursor?: string
}

/** Options of `workersKeyValue`. */
export interface WorkersKeyValueOptions {
  /** What the keys in the namespace begin with; a key may be that much shorter than 512 bytes. 0 to 256 bytes. Default: none. */
  readonly keyPrefix?: string
  /** Largest value in bytes, 1 to 25 MiB. Default: 1 MiB. */
  readonly maxValueBytes?: number
}

const name = 'workers-kv'
const mostValueBytes = 25 * 1024 * 1024
const longestPrefixBytes = 256

/**
 * Makes a store over a namespace of Workers KV: for what is read much more often than written, and may be old.
 *
 * - A write is seen elsewhere within a minute or more, and even in the same place not at once: no `read-your-writes`,
 *   hence no `increment` and no `compareAndSet`. Counters, locks and sessions belong into a Durable Object or D1.
 * - Cloudflare takes one write a second of one key; more are `STORE_FAILED`.
 * - A TTL is 60 seconds or more, in whole seconds.
 * - `getMany` is one request for each key, which count as the runtime bounds them.
 */
export function workersKeyValue(
  namespace: KvNamespaceLike,
  options: WorkersKeyValueOptions = {},
): KeyValueStore {
  const { keyPrefix = '', maxValueBytes = defaultMaxValueBytes } = options
  const prefixBytes =
    keyPrefix === '' ? 0 : encodeKey(name, keyPrefix, { maxKeyBytes: longestPrefixBytes }).byteLength
  if (!(Number.isInteger(maxValueBytes) && maxValueBytes >= 1 && maxValueBytes <= mostValueBytes)) {
    throw new RangeError(`Expected maxValueBytes from 1 to ${mostValueBytes}, got ${maxValueBytes}`)
  }
  const limits: KeyValueLimits = {
    maxKeyBytes: longestKeyBytes - prefixBytes,
    maxValueBytes,
    minTtlMs: 60_000,
    ttlStepMs: 1000,
  }
  const waits = createWaits(name)

  function nameOf(key: string): string {
    encodeKey(name, key, limits)
    const full = keyPrefix + key
    // The namespace refuses these two: they would be resolved away in the path of its own requests.
    if (full === '.' || full === '..') encodeKey(name, '', limits)
    return full
  }
  async function read(full: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const memory = await namespace.get(full, 'arrayBuffer')
    return memory === null ? null : new Uint8Array(memory)
  }

  return {
    name,
    capabilities: new Set(['ttl', 'list', 'list-order', 'shared'] as const),
    limits,
    async get(key, given = {}) {
      const full = nameOf(key)
      return waits.run(given, () => read(full))
    },
    async getMany(keys, given = {}) {
      checkKeyCount(keys)
      const names = keys.map(nameOf)
      return waits.run(given, () => Promise.all(names.map(read)))
    },
    async set(key, value, given = {}) {
      const full = nameOf(key)
      const bytes = encodeValue(name, value, maxValueBytes)
      const ttlMs = readTtl(name, given.ttlMs, limits)
      await waits.run(given, () =>
        namespace.put(full, bytes, ttlMs === null ? {} : { expirationTtl: ttlMs / 1000 }),
      )
    },
    async delete(key, given = {}) {
      const full = nameOf(key)
      await waits.run(given, () => namespace.delete(full))
    },
    async increment() {
      return refuse(name, 'increment')
    },
    async compareAndSet() {
      return refuse(name, 'compare-and-set')
    },
    async list(given = {}) {
      const { prefix, cursor, limit } = readListOptions(name, given, limits)
      if (cursor !== null && !/^[\x21-\x7e]{1,4096}$/.test(cursor)) throw cursorError(name)
      const full = keyPrefix + prefix
      const page = await waits.run(given, () =>
        namespace.list({
          limit,
          ...(full === '' ? {} : { prefix: full }),
          ...(cursor === null ? {} : { cursor }),
        }),
      )
      const keys = page.keys.map((key) => key.name.slice(keyPrefix.length))
      return { keys, cursor: page.list_complete ? null : (page.cursor ?? null) }
    },
    async close() {
      waits.close()
    },
  }
}
