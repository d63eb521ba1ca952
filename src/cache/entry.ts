type Bytes = Uint8Array<ArrayBuffer>

/** How the payload is to be read. `gone` marks what was deleted, for loads that are still under way. */
export type EntryKind = 'json' | 'text' | 'bytes' | 'null' | 'undefined' | 'codec' | 'gone'

/** What an entry counted on when it was begun: the key of a tag or generation, and its version then. */
export type Witness = readonly [key: string, version: string]

/** A value as it stands in the store. */
export interface Entry {
  readonly kind: EntryKind
  /** The codec that wrote it; empty for none. */
  readonly codec: string
  readonly payload: Bytes
  /** Moments in milliseconds since the Unix epoch. */
  readonly createdMs: number
  readonly freshUntilMs: number
  readonly staleUntilMs: number
  /** Until when it stands in for a load that fails. */
  readonly errorUntilMs: number
  readonly witnesses: readonly Witness[]
}

/** The format. What begins with another byte was written by another version, and is a miss. */
const formatVersion = 1
const headBytes = 6
const kinds: readonly EntryKind[] = ['json', 'text', 'bytes', 'null', 'undefined', 'codec', 'gone']
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Writes an entry: version, kind, length of the notes (32 bits), the notes as JSON, the payload. */
export function formatEntry(entry: Entry): Bytes {
  const { codec, createdMs, errorUntilMs, freshUntilMs, kind, payload, staleUntilMs, witnesses } = entry
  const notes = encoder.encode(
    JSON.stringify([createdMs, freshUntilMs, staleUntilMs, errorUntilMs, codec, witnesses]),
  )
  const bytes = new Uint8Array(headBytes + notes.byteLength + payload.byteLength)
  bytes[0] = formatVersion
  bytes[1] = kinds.indexOf(kind)
  new DataView(bytes.buffer).setUint32(2, notes.byteLength)
  bytes.set(notes, headBytes)
  bytes.set(payload, headBytes + notes.byteLength)
  return bytes
}

/** Reads an entry; null for anything that `formatEntry` would not write. */
export function parseEntry(bytes: Bytes): Entry | null {
  const kind = kinds[bytes[1] ?? -1]
  if (bytes.byteLength < headBytes || bytes[0] !== formatVersion || kind === undefined) return null
  const notesEnd = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(2)
  if (notesEnd > bytes.byteLength) return null
  const notes = parseNotes(bytes.subarray(headBytes, notesEnd))
  if (notes === null || notes.length !== 6) return null
  const [createdMs, freshUntilMs, staleUntilMs, errorUntilMs, codec, witnesses] = notes
  if (!isMoment(createdMs) || !isMoment(freshUntilMs) || !isMoment(staleUntilMs) || !isMoment(errorUntilMs))
    return null
  if (typeof codec !== 'string' || !isWitnessList(witnesses)) return null
  const payload = bytes.subarray(notesEnd)
  return { kind, codec, payload, createdMs, freshUntilMs, staleUntilMs, errorUntilMs, witnesses }
}

/** Until when an entry is of any use, in milliseconds since the Unix epoch. */
export function endOf(entry: Entry): number {
  return Math.max(entry.freshUntilMs, entry.staleUntilMs, entry.errorUntilMs)
}

function parseNotes(bytes: Bytes): unknown[] | null {
  try {
    const notes: unknown = JSON.parse(decoder.decode(bytes))
    return Array.isArray(notes) ? notes : null
  } catch {
    return null
  }
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isWitnessList(value: unknown): value is readonly Witness[] {
  return (
    Array.isArray(value) &&
    value.every(
      (one: unknown) =>
        Array.isArray(one) && one.length === 2 && one.every((text) => typeof text === 'string'),
    )
  )
}
