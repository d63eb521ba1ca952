import {
  checkKeyCount,
  checkStep,
  defaultMaxValueBytes,
  encodeKey,
  encodeValue,
  longestKeyBytes,
  readListOptions,
  readTtl,
} from './check.ts'
import type { KeyValueLimits, KeyValueOptions, KeyValuePage, KeyValueStore } from './contract.ts'
import { counterError } from './error.ts'
import type { RedisSend } from './redis-reply.ts'
import { readArray, readBytes } from './redis-reply.ts'
import { compareScript, incrementScript } from './redis-scripts.ts'
import { scanPage } from './redis-scan.ts'
import type { Wait } from './wait.ts'
import { createWaits } from './wait.ts'

/** What is used of a node-redis client (`redis` 5 and 6), connected. Whoever created it closes it. */
export interface RedisClientLike {
  sendCommand(args: readonly (string | Uint8Array)[], options?: RedisCommandOptionsLike): Promise<unknown>
}

/** What is used of the options of a command. */
export interface RedisCommandOptionsLike {
  readonly abortSignal?: AbortSignal
  /** By the first byte of a RESP reply. */
  readonly typeMapping?: Readonly<Record<number, unknown>>
}

/** The runtime's `Buffer`, the only bytes that node-redis takes: global on Node and Bun, else of `node:buffer`. */
export interface RedisBufferLike {
  from(memory: ArrayBuffer, byteOffset: number, length: number): Uint8Array
}

/** Options of `redisKeyValue`. */
export interface RedisKeyValueOptions {
  readonly buffer: RedisBufferLike
  /** What the keys in Redis begin with, 0 to 512 bytes. A hash tag (`{app}:`) keeps them in one slot. Default: `rockstar:`. */
  readonly keyPrefix?: string
  /** Largest value in bytes, 1 to 2^29. Default: 1 MiB. */
  readonly maxValueBytes?: number
}

const name = 'redis'
/** RESP3: the first byte of a string that has its length before it. */
const blobString = 36

/**
 * Makes a store over Redis 6.2 or later, or what speaks as it does. Increments and comparisons are scripts, so a user
 * of Redis with an access list needs `EVAL`. A value is a plain Redis string, and a counter is what `INCRBY` knows.
 *
 * - A list walks over the whole database with `SCAN`, a bounded stretch for each page.
 * - What is written is as durable as Redis is set up to be, and is evicted where `maxmemory-policy` says so.
 * - A client that reads from replicas breaks `read-your-writes`.
 */
export function redisKeyValue(client: RedisClientLike, options: RedisKeyValueOptions): KeyValueStore {
  const { buffer, keyPrefix = 'rockstar:', maxValueBytes = defaultMaxValueBytes } = options
  if (keyPrefix !== '') encodeKey(name, keyPrefix, { maxKeyBytes: longestKeyBytes })
  if (!(Number.isInteger(maxValueBytes) && maxValueBytes >= 1 && maxValueBytes <= 2 ** 29)) {
    throw new RangeError(`Expected maxValueBytes from 1 to ${2 ** 29}, got ${maxValueBytes}`)
  }
  const limits: KeyValueLimits = { maxKeyBytes: longestKeyBytes, maxValueBytes, minTtlMs: 1, ttlStepMs: 1 }
  const typeMapping = { [blobString]: buffer }
  const waits = createWaits(name)

  function sender(wait: Wait): RedisSend {
    return (...args) => client.sendCommand(args, { abortSignal: wait.signal, typeMapping })
  }
  function keyOf(key: string): string {
    encodeKey(name, key, limits)
    return keyPrefix + key
  }
  function bufferOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
    return buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  function valueOf(value: string | Uint8Array): Uint8Array {
    return bufferOf(encodeValue(name, value, maxValueBytes))
  }
  async function run<Value>(
    given: KeyValueOptions,
    work: (send: RedisSend) => Promise<Value>,
  ): Promise<Value> {
    return waits.run(given, (wait) => work(sender(wait)))
  }

  return {
    name,
    capabilities: new Set([
      'increment',
      'compare-and-set',
      'ttl',
      'list',
      'read-your-writes',
      'shared',
    ] as const),
    limits,
    async get(key, given = {}) {
      const redisKey = keyOf(key)
      return run(given, async (send) => readBytes(await send('GET', redisKey)))
    },
    async getMany(keys, given = {}) {
      checkKeyCount(keys)
      const redisKeys = keys.map(keyOf)
      return run(given, async (send) =>
        redisKeys.length === 0 ? [] : readArray(await send('MGET', ...redisKeys)).map(readBytes),
      )
    },
    async set(key, value, given = {}) {
      const redisKey = keyOf(key)
      const bytes = valueOf(value)
      const ttlMs = readTtl(name, given.ttlMs, limits)
      const ending = ttlMs === null ? [] : ['PX', String(ttlMs)]
      await run(given, (send) => send('SET', redisKey, bytes, ...ending))
    },
    async delete(key, given = {}) {
      const redisKey = keyOf(key)
      await run(given, (send) => send('UNLINK', redisKey))
    },
    async increment(key, by, given = {}) {
      const redisKey = keyOf(key)
      checkStep(by)
      const ttlMs = String(readTtl(name, given.ttlMs, limits) ?? '')
      const refresh = given.refreshTtl === true ? '1' : '0'
      const reply = await run(given, (send) =>
        send('EVAL', incrementScript, '1', redisKey, String(by + 0), ttlMs, refresh),
      )
      if (reply === null) throw counterError(name)
      const [digits, restMs] = readArray(reply)
      const value = Number(new TextDecoder().decode(readBytes(digits) ?? undefined))
      // Redis says -1 of what does not end, and may say 0 within the last millisecond.
      return { value, ttlMs: Number(restMs) < 0 ? null : Math.max(1, Number(restMs)) }
    },
    async compareAndSet(key, expected, next, given = {}) {
      const redisKey = keyOf(key)
      const wanted = expected === null ? ['0', ''] : ['1', valueOf(expected)]
      const written = next === null ? ['0', ''] : ['1', valueOf(next)]
      const ttlMs = String(readTtl(name, given.ttlMs, limits) ?? '')
      return run(given, async (send) => {
        const reply = await send('EVAL', compareScript, '1', redisKey, ...wanted, ...written, ttlMs)
        return Number(reply) === 1
      })
    },
    async list(given = {}): Promise<KeyValuePage> {
      const request = readListOptions(name, given, limits)
      return run(given, (send) => scanPage(send, keyPrefix, request))
    },
    async close() {
      waits.close()
    },
  }
}
