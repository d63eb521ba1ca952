import type { KeyValueCapability, KeyValueData, KeyValueStore } from '../../src/stores/key-value/index.ts'

/** Makes parts of a store that lie out of one that does not. */
type Lie = (honest: KeyValueStore) => Partial<KeyValueStore>

/** What is wrong with a store, how it is made so, and the case that must fail. */
export const lies: readonly (readonly [what: string, lie: Lie, caughtBy: string])[] = [
  [
    'increments that read and write apart',
    (honest) => ({
      async increment(key, by) {
        const old = await readText(honest, key)
        await honest.set(key, String(Number(old ?? 0) + by))
        return { value: Number(old ?? 0) + by, ttlMs: null }
      },
    }),
    'of 50 increments at once none is lost, and each gives another number',
  ],
  [
    'comparisons that read and write apart',
    (honest) => ({
      async compareAndSet(key, expected, next, options) {
        const old = await readText(honest, key)
        if (old !== (expected === null ? null : textOf(expected))) return false
        if (next === null) await honest.delete(key)
        else await honest.set(key, next, options)
        return true
      },
    }),
    'of 50 that want what is not there, one gets it',
  ],
  [
    'a comparison that takes an empty value for none',
    (honest) => ({
      compareAndSet: async (key, expected, next, options) =>
        honest.compareAndSet(
          key,
          expected === '' && (await honest.get(key)) === null ? null : expected,
          next,
          options,
        ),
    }),
    'compareAndSet tells bytes, an empty value, numbers and none apart',
  ],
  [
    'a TTL that is not kept',
    (honest) => ({ set: (key, value) => honest.set(key, value) }),
    'a value is there until its TTL has passed, and not after',
  ],
  [
    'a TTL that is cut short',
    (honest) => ({
      set: (key, value, options) =>
        honest.set(key, value, {
          ...options,
          ttlMs: options?.ttlMs === undefined ? undefined : Math.ceil(options.ttlMs / 10),
        }),
    }),
    'a value is there until its TTL has passed, and not after',
  ],
  [
    'a TTL that stays when a value is overwritten',
    (honest) => {
      const ends = new Map<string, number>()
      return {
        async set(key, value, options) {
          const ttlMs = options?.ttlMs ?? ends.get(key)
          if (ttlMs !== undefined) ends.set(key, ttlMs)
          await honest.set(key, value, { ttlMs })
        },
      }
    },
    'of the TTL of an old value nothing is left',
  ],
  [
    'a TTL that begins anew with each increment',
    (honest) => ({
      increment: (key, by, options) => honest.increment(key, by, { ...options, refreshTtl: true }),
    }),
    'a counter keeps the TTL that it was made with, unless it is refreshed',
  ],
  [
    'a least TTL that is raised in silence',
    (honest) => ({
      limits: { ...honest.limits, minTtlMs: 60_000 },
      set: (key, value, options) =>
        honest.set(
          key,
          value,
          options?.ttlMs === undefined ? {} : { ttlMs: Math.max(60_000, options.ttlMs) },
        ),
    }),
    'a TTL that is no number of milliseconds in range is refused',
  ],
  [
    'counters beyond what a number holds',
    (honest) => ({
      async increment(key, by, options) {
        if (Math.abs(by) > 2 ** 52) return { value: by, ttlMs: null }
        return honest.increment(key, by, options)
      },
    }),
    'a counter does not leave ±(2^53-1)',
  ],
  [
    'values that are taken for numbers',
    (honest) => ({
      set: (key, value, options) =>
        honest.set(
          key,
          typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
            ? String(Number(value))
            : value,
          options,
        ),
    }),
    'text that looks like a number comes back as it went',
  ],
  [
    'bytes that are taken for text',
    (honest) => ({ set: (key, value, options) => honest.set(key, textOf(value), options) }),
    'every byte comes back as it went, and so does no byte',
  ],
  [
    'keys that are normalised',
    (honest) => ({
      set: (key, value) => honest.set(key.normalize(), value),
      get: (key) => honest.get(key.normalize()),
    }),
    'keys are compared byte by byte',
  ],
  [
    'a prefix that is a pattern',
    (honest) => ({
      async list(options = {}) {
        const { prefix = '', ...rest } = options
        const page = await honest.list({ ...rest, limit: 1000 })
        const pattern = new RegExp(
          `^${prefix
            .replace(/[\\^$.+()|[\]]/g, '\\$&')
            .replaceAll('*', '.*')
            .replaceAll('?', '.')}`,
          'u',
        )
        return { keys: page.keys.filter((key) => pattern.test(key)), cursor: null }
      },
    }),
    'a prefix is taken as it is, whatever it looks like',
  ],
  [
    'an order of UTF-16',
    (honest) => ({
      async list(options = {}) {
        const page = await honest.list({ ...options, limit: 1000 })
        return { ...page, keys: page.keys.toSorted() }
      },
    }),
    'a list is in the order of the UTF-8 bytes of its keys, each once',
  ],
  [
    'a cursor that counts',
    (honest) => ({
      async list(options = {}) {
        const { keys } = await honest.list({ prefix: options.prefix ?? '' })
        const from = Number(options.cursor ?? 0)
        const to = from + (options.limit ?? 1000)
        return { keys: keys.slice(from, to), cursor: to < keys.length ? String(to) : null }
      },
    }),
    'what is there throughout is listed, whatever is written between pages',
  ],
  [
    'a page above its limit',
    (honest) => ({ list: (options) => honest.list({ ...options, limit: 1000 }) }),
    'no page has more keys than its limit',
  ],
  [
    'an order of getMany that is its own',
    (honest) => ({ getMany: async (keys, options) => (await honest.getMany(keys, options)).toReversed() }),
    'getMany reads in the order of its keys',
  ],
  [
    'memory that is handed out',
    (honest) => {
      const held = new Map<string, Uint8Array<ArrayBuffer> | null>()
      return {
        async get(key) {
          if (!held.has(key)) held.set(key, await honest.get(key))
          return held.get(key) ?? null
        },
      }
    },
    'a store keeps no memory of its callers, and hands out none of its own',
  ],
  [
    'a signal that is not heard',
    (honest) => ({ set: (key, value) => honest.set(key, value) }),
    'a signal that is aborted already keeps everything from happening',
  ],
  [
    'a bound that is not kept',
    (honest) => ({ limits: { ...honest.limits, maxValueBytes: 1000 } }),
    'the largest value is taken; a larger one is refused, and the old one stays',
  ],
  [
    'a bound that is not reached',
    (honest) => ({ limits: { ...honest.limits, maxKeyBytes: 511 } }),
    'the longest key is taken; a longer, an empty and a malformed one are refused everywhere',
  ],
  [
    'reads that are old',
    (honest) => ({
      async set(key, value, options) {
        setTimeout(() => void honest.set(key, value, options), 20)
      },
    }),
    'what was set is read; a string is UTF-8',
  ],
  [
    'a claim to be shared',
    () => ({ capabilities: new Set<KeyValueCapability>(['shared']) }),
    'what one object writes, another one over the same data reads',
  ],
  [
    'a close that does not close',
    () => ({ close: () => Promise.resolve() }),
    'a closed store refuses everything',
  ],
  [
    'an error without a code',
    (honest) => ({
      get: (key, options) =>
        honest.get(key, options).catch((error: unknown) => {
          throw new Error('boom', { cause: error })
        }),
    }),
    'closing twice is closing once',
  ],
]

async function readText(store: KeyValueStore, key: string): Promise<string | null> {
  const bytes = await store.get(key)
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

function textOf(data: KeyValueData): string {
  return typeof data === 'string' ? data : new TextDecoder().decode(data)
}
