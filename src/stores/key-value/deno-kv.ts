import {
  checkKeyCount,
  checkStep,
  encodeKey,
  encodeValue,
  longestKeyBytes,
  parseCounter,
  readKeyCursor,
  readListOptions,
  readTtl,
  sameBytes,
} from './check.ts'
import type { KeyValueLimits, KeyValueStore } from './contract.ts'
import { isAlive, openEnvelope, sealEnvelope, type Envelope } from './deno-kv-envelope.ts'
import { counterError } from './error.ts'
import type { Wait } from './wait.ts'
import { createWaits } from './wait.ts'

/** A key of Deno KV. */
export type DenoKvKeyLike = (string | Uint8Array<ArrayBuffer>)[]

/** What is used of a `Deno.Kv`. Whoever opened it closes it. */
export interface DenoKvLike {
  get(key: DenoKvKeyLike): Promise<DenoKvEntryLike>
  getMany(keys: DenoKvKeyLike[]): Promise<readonly DenoKvEntryLike[]>
  set(key: DenoKvKeyLike, value: unknown, options?: { expireIn?: number }): Promise<unknown>
  delete(key: DenoKvKeyLike): Promise<void>
  list(
    selector: { start: DenoKvKeyLike; end: DenoKvKeyLike },
    options: { limit: number; batchSize: number },
  ): AsyncIterable<{ readonly key: readonly unknown[]; readonly value: unknown }>
  atomic(): DenoKvAtomicLike
}

/** An entry; `versionstamp` is null when there is none. */
export interface DenoKvEntryLike {
  readonly value: unknown
  readonly versionstamp: string | null
}

/** What is used of an atomic operation. */
export interface DenoKvAtomicLike {
  check(check: { key: DenoKvKeyLike; versionstamp: string | null }): DenoKvAtomicLike
  set(key: DenoKvKeyLike, value: unknown, options?: { expireIn?: number }): DenoKvAtomicLike
  delete(key: DenoKvKeyLike): DenoKvAtomicLike
  commit(): Promise<{ readonly ok: boolean }>
}

/** Options of `denoKeyValue`. */
export interface DenoKeyValueOptions {
  /** First part of the keys in Deno KV, 1 to 256 bytes. Default: `rockstar`. */
  readonly keyPrefix?: string
  /** The time, in milliseconds since the Unix epoch. Default: the runtime's. */
  readonly now?: () => number
}

const name = 'deno-kv'
/** Deno KV takes 64 KiB with what serialization adds, and the end is stored besides. */
const maxValueBytes = 65_000
/** Deno KV reads ten keys at a time. */
const keysPerRead = 10
const maxBatch = 500

/**
 * Makes a store over Deno KV. Needs `--unstable-kv`.
 *
 * - A value has at most 65,000 bytes.
 * - Deno KV may keep a value beyond its end, so that the end is stored with the value and looked at when it is read.
 *   Processes that share the store keep their time in step.
 * - `increment` and `compareAndSet` write only if nobody else wrote since they read, and begin anew until they do or
 *   their time is up: many at once on one key are slow.
 * - A list reads the values, too.
 */
export function denoKeyValue(kv: DenoKvLike, options: DenoKeyValueOptions = {}): KeyValueStore {
  const { keyPrefix = 'rockstar', now = Date.now } = options
  encodeKey(name, keyPrefix, { maxKeyBytes: 256 })
  const limits: KeyValueLimits = { maxKeyBytes: longestKeyBytes, maxValueBytes, minTtlMs: 1, ttlStepMs: 1 }
  const waits = createWaits(name)

  // Keys are bytes: Deno KV orders text by its own rules.
  function keyOf(key: string): DenoKvKeyLike {
    return [keyPrefix, encodeKey(name, key, limits)]
  }
  function endOf(ttlMs: number | undefined): number | null {
    const rounded = readTtl(name, ttlMs, limits)
    return rounded === null ? null : now() + rounded
  }
  function expiry(endMs: number | null): { expireIn?: number } {
    return endMs === null ? {} : { expireIn: Math.max(1, endMs - now()) }
  }
  /** Reads, decides and writes until nobody else came between; `decide` gives null to leave things as they are. */
  async function change(
    wait: Wait,
    key: DenoKvKeyLike,
    decide: (old: Envelope | null) => Decision | null,
  ): Promise<Decision | null> {
    for (;;) {
      const { value, versionstamp } = await kv.get(key)
      const decision = decide(openEnvelope(value, now()))
      if (decision === null) return null
      const { next } = decision
      const atomic = kv.atomic().check({ key, versionstamp })
      if (next === null) atomic.delete(key)
      else atomic.set(key, sealEnvelope(next), expiry(next.endMs))
      wait.check()
      if ((await atomic.commit()).ok) return decision
      wait.check()
    }
  }

  return {
    name,
    capabilities: new Set([
      'increment',
      'compare-and-set',
      'ttl',
      'list',
      'list-order',
      'read-your-writes',
      'shared',
    ] as const),
    limits,
    async get(key, given = {}) {
      const full = keyOf(key)
      return waits.run(given, async () => openEnvelope((await kv.get(full)).value, now())?.bytes ?? null)
    },
    async getMany(keys, given = {}) {
      checkKeyCount(keys)
      const all = keys.map(keyOf)
      return waits.run(given, async () => {
        const parts = Array.from({ length: Math.ceil(all.length / keysPerRead) }, (_, index) =>
          kv.getMany(all.slice(index * keysPerRead, (index + 1) * keysPerRead)),
        )
        return (await Promise.all(parts)).flat().map(({ value }) => openEnvelope(value, now())?.bytes ?? null)
      })
    },
    async set(key, value, given = {}) {
      const full = keyOf(key)
      const bytes = encodeValue(name, value, maxValueBytes)
      const endMs = endOf(given.ttlMs)
      await waits.run(given, () => kv.set(full, sealEnvelope({ bytes, endMs }), expiry(endMs)))
    },
    async delete(key, given = {}) {
      const full = keyOf(key)
      await waits.run(given, () => kv.delete(full))
    },
    async increment(key, by, given = {}) {
      const full = keyOf(key)
      checkStep(by)
      const wantedEndMs = endOf(given.ttlMs)
      const decision = await waits.run(given, (wait) =>
        change(wait, full, (old) => {
          const sum = old === null ? by + 0 : (parseCounter(old.bytes) ?? Number.NaN) + by
          if (!Number.isSafeInteger(sum)) throw counterError(name)
          const endMs = old === null || given.refreshTtl === true ? wantedEndMs : old.endMs
          return { next: { bytes: new TextEncoder().encode(String(sum)), endMs } }
        }),
      )
      const value = parseCounter(decision?.next?.bytes ?? new Uint8Array(0)) ?? 0
      const endMs = decision?.next?.endMs ?? null
      return { value, ttlMs: endMs === null ? null : Math.max(1, endMs - now()) }
    },
    async compareAndSet(key, expected, next, given = {}) {
      const full = keyOf(key)
      const wanted = expected === null ? null : encodeValue(name, expected, maxValueBytes)
      const bytes = next === null ? null : encodeValue(name, next, maxValueBytes)
      const endMs = endOf(given.ttlMs)
      const decision = await waits.run(given, (wait) =>
        change(wait, full, (old) => {
          const isSame = wanted === null || old === null ? wanted === old : sameBytes(wanted, old.bytes)
          return isSame ? { next: bytes === null ? null : { bytes, endMs } } : null
        }),
      )
      return decision !== null
    },
    async list(given = {}) {
      const request = readListOptions(name, given, limits)
      const after = readKeyCursor(name, request, limits)
      const { prefix, limit } = request
      const start = [keyPrefix, new TextEncoder().encode(after === null ? prefix : `${after}\0`)]
      const selector = { start, end: endOfKeys(keyPrefix, prefix) }
      return waits.run(given, async (wait) => {
        const keys: string[] = []
        let last: string | null = null
        let count = 0
        for await (const entry of kv.list(selector, { limit, batchSize: Math.min(limit, maxBatch) })) {
          wait.check()
          const part = entry.key.at(-1)
          if (!(part instanceof Uint8Array)) continue
          last = new TextDecoder('utf-8', { ignoreBOM: true }).decode(part)
          count += 1
          if (isAlive(entry.value, now())) keys.push(last)
        }
        // What has ended is left out, so a page may be short: only one that Deno could not fill is the last.
        return { keys, cursor: count < limit ? null : last }
      })
    },
    async close() {
      waits.close()
    },
  }
}

/** What becomes of a key. */
interface Decision {
  /** Null deletes. */
  readonly next: Envelope | null
}

/** The first key behind all that begin with the prefix. No byte of UTF-8 is 0xff, so one more always fits. */
function endOfKeys(keyPrefix: string, prefix: string): DenoKvKeyLike {
  const bytes = prefix === '' ? new Uint8Array([0xff]) : new TextEncoder().encode(prefix)
  if (prefix !== '') bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) + 1
  return [keyPrefix, bytes]
}
