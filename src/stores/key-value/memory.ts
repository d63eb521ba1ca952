import { compareKeys } from '../object/memory.ts'
import {
  checkKeyCount,
  checkStep,
  defaultMaxValueBytes,
  encodeKey,
  encodeValue,
  longestKeyBytes,
  parseCounter,
  readKeyCursor,
  readListOptions,
  readTtl,
  sameBytes,
} from './check.ts'
import type { KeyValueLimits, KeyValueOptions, KeyValueStore } from './contract.ts'
import { counterError } from './error.ts'
import { createMemoryEntries } from './memory-entries.ts'
import { createWaits } from './wait.ts'

/** Options of `memoryKeyValue`. */
export interface MemoryKeyValueOptions {
  /** Most values at a time, 1 to 2^24. Default: 100,000. */
  readonly maxEntries?: number
  /**
   * Bytes of all values together, 4,096 to 2^53-1; each counts with its key (two bytes a code unit) and 100 more.
   * Default: 64 MiB.
   */
  readonly maxBytes?: number
  /** Largest value in bytes, 1 to 2^31-1. Default: 1 MiB, or what `maxBytes` has room for. */
  readonly maxValueBytes?: number
  /** The time, in milliseconds since the Unix epoch. Default: the runtime's. */
  readonly now?: () => number
}

const name = 'memory'

/**
 * Makes a store in memory: for one process, for tests, and for what may be lost. It evicts: when it is full, the value
 * goes that was neither read nor written for the longest time. What has ended is dropped when it is asked for, and a
 * few are looked for at each write; there is no timer.
 *
 * Security: who can make it write many keys can make it forget others. Counters that guard something, such as those
 * of a rate limit, belong into a store of their own, with room for more keys than can come in the time of a window.
 */
export function memoryKeyValue(options: MemoryKeyValueOptions = {}): KeyValueStore {
  const { maxEntries = 100_000, maxBytes = 64 * 1024 * 1024, now = Date.now } = options
  checkRange('maxEntries', maxEntries, 1, 2 ** 24)
  checkRange('maxBytes', maxBytes, 4096, Number.MAX_SAFE_INTEGER)
  const room = maxBytes - 2 * longestKeyBytes - 100
  const { maxValueBytes = Math.min(defaultMaxValueBytes, room) } = options
  checkRange('maxValueBytes', maxValueBytes, 1, Math.min(2 ** 31 - 1, room))
  const limits: KeyValueLimits = { maxKeyBytes: longestKeyBytes, maxValueBytes, minTtlMs: 1, ttlStepMs: 1 }
  const entries = createMemoryEntries(maxEntries, maxBytes, now)
  const waits = createWaits(name)

  function enter(key: string, given: KeyValueOptions): void {
    waits.enter(given)
    encodeKey(name, key, limits)
  }
  function endOf(ttlMs: number | undefined): number {
    const rounded = readTtl(name, ttlMs, limits)
    return rounded === null ? Infinity : now() + rounded
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
    ] as const),
    limits,
    async get(key, given = {}) {
      enter(key, given)
      return entries.read(key)?.bytes.slice() ?? null
    },
    async getMany(keys, given = {}) {
      waits.enter(given)
      checkKeyCount(keys)
      for (const key of keys) encodeKey(name, key, limits)
      return keys.map((key) => entries.read(key)?.bytes.slice() ?? null)
    },
    async set(key, value, given = {}) {
      enter(key, given)
      const bytes = encodeValue(name, value, maxValueBytes)
      entries.write(key, { bytes, endMs: endOf(given.ttlMs) })
    },
    async delete(key, given = {}) {
      enter(key, given)
      entries.remove(key)
    },
    async increment(key, by, given = {}) {
      enter(key, given)
      checkStep(by)
      const wantedEndMs = endOf(given.ttlMs)
      const old = entries.read(key)
      const sum = old === undefined ? by : (parseCounter(old.bytes) ?? Number.NaN) + by
      if (!Number.isSafeInteger(sum)) throw counterError(name)
      const endMs = old === undefined || given.refreshTtl === true ? wantedEndMs : old.endMs
      entries.write(key, { bytes: new TextEncoder().encode(String(sum)), endMs })
      return { value: sum + 0, ttlMs: endMs === Infinity ? null : endMs - now() }
    },
    async compareAndSet(key, expected, next, given = {}) {
      enter(key, given)
      const wanted = expected === null ? null : encodeValue(name, expected, maxValueBytes)
      const bytes = next === null ? null : encodeValue(name, next, maxValueBytes)
      const endMs = endOf(given.ttlMs)
      const old = entries.read(key)?.bytes ?? null
      if (wanted === null || old === null ? wanted !== old : !sameBytes(wanted, old)) return false
      if (bytes === null) entries.remove(key)
      else entries.write(key, { bytes, endMs })
      return true
    },
    async list(given = {}) {
      waits.enter(given)
      const request = readListOptions(name, given, limits)
      const after = readKeyCursor(name, request, limits) ?? ''
      const { prefix, limit } = request
      const found = entries.keys().filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0)
      const keys = found.sort(compareKeys).slice(0, limit)
      return { keys, cursor: keys.length < found.length ? (keys.at(-1) ?? null) : null }
    },
    async close() {
      if (waits.close()) entries.clear()
    },
  }
}

function checkRange(option: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new RangeError(`Expected ${option} to be an integer from ${least} to ${most}, got ${value}`)
  }
}
