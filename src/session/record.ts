import type { SessionRecord } from './contract.ts'
import { tooLargeError } from './errors.ts'

const version = 1
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** How long sessions live, in milliseconds. */
export interface Lifetime {
  readonly idleMs: number
  readonly absoluteMs: number
}

/** A session of nobody, with nothing in it. */
export function emptyRecord(nowMs: number): SessionRecord {
  const nothing: ReadonlyMap<string, string> = new Map()
  return { createdAt: nowMs, seenAt: nowMs, userId: null, label: null, data: nothing, flashes: nothing }
}

/** When a session ends if nobody uses it, in milliseconds since the Unix epoch. */
export function endOf(record: SessionRecord, { idleMs, absoluteMs }: Lifetime): number {
  return Math.min(record.seenAt + idleMs, record.createdAt + absoluteMs)
}

/**
 * A session as text. `STORE_TOO_LARGE` for more than `maxBytes`. Keys stand in lists: in an object one called
 * `__proto__` would be another thing.
 */
export function encodeRecord(record: SessionRecord, maxBytes: number): Uint8Array<ArrayBuffer> {
  const head = JSON.stringify([version, record.createdAt, record.seenAt, record.userId, record.label])
  const bytes = encoder.encode(`[${head},${entriesText(record.data)},${entriesText(record.flashes)}]`)
  if (bytes.length > maxBytes) throw tooLargeError(maxBytes, bytes.length)
  return bytes
}

/** Reads what `encodeRecord` wrote; null for anything else. */
export function decodeRecord(bytes: Uint8Array): SessionRecord | null {
  const value = parse(bytes)
  if (!Array.isArray(value) || value.length !== 3 || !Array.isArray(value[0])) return null
  const [format, createdAt, seenAt, userId, label]: readonly unknown[] = value[0]
  const data = readEntries(value[1])
  const flashes = readEntries(value[2])
  if (format !== version || !isTime(createdAt) || !isTime(seenAt)) return null
  if (!isTextOrNull(userId) || !isTextOrNull(label) || data === null || flashes === null) return null
  return { createdAt, seenAt, userId, label, data, flashes }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return null
  }
}

function entriesText(entries: ReadonlyMap<string, string>): string {
  return `[${[...entries].map(([key, text]) => `${JSON.stringify(key)},${text}`).join(',')}]`
}

/** Keys and values in turn. */
function readEntries(value: unknown): ReadonlyMap<string, string> | null {
  if (!Array.isArray(value) || value.length % 2 !== 0) return null
  const list: readonly unknown[] = value
  const entries = new Map<string, string>()
  for (let index = 0; index < list.length; index += 2) {
    const key = list[index]
    if (typeof key !== 'string') return null
    entries.set(key, JSON.stringify(list[index + 1]))
  }
  return entries
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
