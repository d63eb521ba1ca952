import { RockstarError } from '../../errors/index.ts'
import type { SqlDriver, SqlResult, SqlRow } from '../contract.ts'
import { parseCounter } from './check.ts'
import type { KeyValueCapability } from './contract.ts'

/** The parameters that write a value. */
export interface WrittenRow {
  readonly key: Uint8Array<ArrayBuffer>
  readonly value: Uint8Array<ArrayBuffer> | null
  readonly number: number | null
  readonly expires_at: number | null
  readonly [name: string]: Uint8Array<ArrayBuffer> | number | null
}

/** A counter as it stands in its row. */
export interface CounterRow {
  readonly value: number
  readonly endMs: number | null
}

/** What a store over this driver can do: counters need rows back from a write, or statements that run as one. */
export function capabilitiesOf(driver: SqlDriver): ReadonlySet<KeyValueCapability> {
  const needed = driver.dialect === 'mysql' ? 'batch' : 'returning'
  const atomic: readonly KeyValueCapability[] = driver.capabilities.has(needed)
    ? ['increment', 'compare-and-set']
    : []
  return new Set([...atomic, 'ttl', 'list', 'list-order', 'read-your-writes', 'shared'] as const)
}

/** The row of a value. What is a counter goes where it can be added to. */
export function rowOf(
  key: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  endMs: number | null,
): WrittenRow {
  const number = parseCounter(bytes)
  return { key, value: number === null ? bytes : null, number, expires_at: endMs }
}

/** The key of a row. */
export function keyOf(row: SqlRow): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(row['item_key']))
}

/** The value of a row. */
export function valueOf(row: SqlRow): Uint8Array<ArrayBuffer> {
  const number = row['item_number'] ?? null
  return number === null ? bytesOf(row['item_value']) : new TextEncoder().encode(String(number))
}

/** The counter that a statement returned; null when it changed none. */
export function rowAfter(result: SqlResult | undefined): CounterRow | null {
  const row = result?.rows[0]
  return row === undefined ? null : { value: Number(row['item_number']), endMs: endOf(row) }
}

/** The counter that a row became, which was read before it was written; null when it was none, or became too large. */
export function sumAfter(
  result: SqlResult | undefined,
  step: { readonly by: number; readonly now: number; readonly expires_at: number | null },
  refresh: boolean,
): CounterRow | null {
  const row = result?.rows[0]
  if (row === undefined) return null
  const endMs = endOf(row)
  if (endMs !== null && endMs <= step.now) return { value: step.by, endMs: step.expires_at }
  const number = row['item_number'] ?? null
  const value = number === null ? Number.NaN : Number(number) + step.by
  return Number.isSafeInteger(value) ? { value, endMs: refresh ? step.expires_at : endMs } : null
}

/** The least bytes that are above all that begin with the prefix. No byte of UTF-8 is 0xff, so one more always fits. */
export function endOfPrefix(prefix: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(prefix)
  if (bytes.byteLength === 0) return new Uint8Array([0xff])
  bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) + 1
  return bytes
}

function endOf(row: SqlRow): number | null {
  const endMs = row['expires_at'] ?? null
  return endMs === null ? null : Number(endMs)
}

function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  throw new RockstarError(
    'STORE_FAILED',
    `Expected bytes in the table rockstar_key_values, got ${typeof value}; see whether something else wrote there`,
  )
}
