import { RockstarError } from '../../errors/index.ts'
import type { KeyValueCapability, KeyValueData, KeyValueLimits, KeyValueListOptions } from './contract.ts'
import { cursorError, tooLargeError, unsupportedError } from './error.ts'

/** Longest key of any store in bytes of UTF-8. */
export const longestKeyBytes: number = 512
/** Largest value of a store that names no other bound, in bytes. */
export const defaultMaxValueBytes: number = 1024 * 1024
/** Longest TTL in milliseconds, about 34 years: in seconds it is within 32 bits, as Workers KV wants it. */
export const maxTtlMs: number = 2 ** 40

const maxKeysAtOnce = 100
const maxPageKeys = 1000

/** The bytes of a key. `STORE_KEY_INVALID` for one that no store may take. */
export function encodeKey(
  store: string,
  key: string,
  limits: Pick<KeyValueLimits, 'maxKeyBytes'>,
): Uint8Array<ArrayBuffer> {
  const bytes = encodeName(key, limits.maxKeyBytes)
  if (bytes !== null) return bytes
  throw new RockstarError(
    'STORE_KEY_INVALID',
    `Expected a key of 1 to ${limits.maxKeyBytes} bytes of UTF-8 without NUL for ${store}, got ${JSON.stringify(String(key).slice(0, 80))}`,
  )
}

/** The bytes of 1 to `maxBytes` bytes of well-formed text without NUL, where some backends end a text; else null. */
export function encodeName(name: string, maxBytes: number): Uint8Array<ArrayBuffer> | null {
  // A code unit has at least one byte: a text that is too long by its units need not be encoded.
  if (name === '' || name.length > maxBytes || name.includes('\0') || !name.isWellFormed()) return null
  const bytes = new TextEncoder().encode(name)
  return bytes.byteLength > maxBytes ? null : bytes
}

/** Are there few enough keys to be read at once? `RangeError` if not. */
export function checkKeyCount(keys: readonly string[]): void {
  if (keys.length > maxKeysAtOnce) {
    throw new RangeError(
      `Expected at most ${maxKeysAtOnce} keys at once, got ${keys.length}; read them in parts`,
    )
  }
}

/** The bytes of a value, in memory of their own: the caller may write into its own afterwards. */
export function encodeValue(store: string, data: KeyValueData, maxBytes: number): Uint8Array<ArrayBuffer> {
  if (typeof data === 'string' && data.length > maxBytes) throw tooLargeError(store, data.length, maxBytes)
  const sizeBytes = typeof data === 'string' ? 0 : data.byteLength
  if (sizeBytes > maxBytes) throw tooLargeError(store, sizeBytes, maxBytes)
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data)
  if (bytes.byteLength > maxBytes) throw tooLargeError(store, bytes.byteLength, maxBytes)
  return bytes
}

/** When a value that is written at `nowMs` ends, in milliseconds since the Unix epoch; null for never. */
export function readTtl(
  store: string,
  ttlMs: number | undefined,
  limits: Pick<KeyValueLimits, 'minTtlMs' | 'ttlStepMs'>,
): number | null {
  if (ttlMs === undefined) return null
  if (!(Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= maxTtlMs)) {
    throw new RangeError(`Expected ttlMs in whole milliseconds from 1 to ${maxTtlMs}, got ${ttlMs}`)
  }
  if (ttlMs < limits.minTtlMs) {
    throw unsupportedError(
      store,
      `a ttlMs below ${limits.minTtlMs}`,
      'keep the value longer, or use another store',
    )
  }
  return Math.ceil(ttlMs / limits.ttlStepMs) * limits.ttlStepMs
}

/** `RangeError` unless a counter can be moved by `by`. */
export function checkStep(by: number): void {
  if (!Number.isSafeInteger(by)) {
    throw new RangeError(`Expected by to be an integer within ±(2^53-1), got ${by}`)
  }
}

/** A list that was asked for, complete. */
export interface ListRequest {
  readonly prefix: string
  readonly cursor: string | null
  readonly limit: number
}

/** Reads the options of a list. */
export function readListOptions(
  store: string,
  options: KeyValueListOptions,
  limits: KeyValueLimits,
): ListRequest {
  const { prefix = '', cursor = null, limit = maxPageKeys } = options
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= maxPageKeys)) {
    throw new RangeError(`Expected limit from 1 to ${maxPageKeys}, got ${limit}`)
  }
  if (prefix !== '') encodeKey(store, prefix, limits)
  return { prefix, cursor, limit }
}

/** The key that a page ended with, of stores whose cursor is that key. */
export function readKeyCursor(store: string, request: ListRequest, limits: KeyValueLimits): string | null {
  const { cursor, prefix } = request
  if (cursor === null) return null
  if (encodeName(cursor, limits.maxKeyBytes) === null || !cursor.startsWith(prefix)) throw cursorError(store)
  return cursor
}

/** The integer that a value is as a counter, or null. Only what `String(integer)` writes is one. */
export function parseCounter(bytes: Uint8Array): number | null {
  if (bytes.byteLength === 0 || bytes.byteLength > 17) return null
  const text = String.fromCharCode(...bytes)
  const value = /^-?[0-9]+$/.test(text) ? Number(text) : Number.NaN
  // Leading zeros and "-0" fail here; Redis takes them for text as well.
  return Number.isSafeInteger(value) && String(value) === text ? value : null
}

/** Are these the same bytes? */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && left.every((byte, index) => byte === right[index])
}

/** The refusal of what a store does not claim, with the same advice everywhere. */
export function refuse(store: string, capability: KeyValueCapability): never {
  throw unsupportedError(store, capability, 'use one that has it: memory, redis or sql')
}
