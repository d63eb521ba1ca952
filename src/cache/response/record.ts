import type { Field } from './fields.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** An answer as it is kept. */
export interface ResponseRecord {
  readonly status: number
  readonly fields: readonly Field[]
  readonly body: Bytes
  /** When it was made, in milliseconds since the Unix epoch, and how old it was then. */
  readonly madeMs: number
  readonly ageMs: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Writes a record: length of the notes (32 bits), the notes as JSON, the body. */
export function formatRecord({ ageMs, body, fields, madeMs, status }: ResponseRecord): Bytes {
  const notes = encoder.encode(JSON.stringify([status, madeMs, ageMs, fields]))
  const bytes = new Uint8Array(4 + notes.byteLength + body.byteLength)
  new DataView(bytes.buffer).setUint32(0, notes.byteLength)
  bytes.set(notes, 4)
  bytes.set(body, 4 + notes.byteLength)
  return bytes
}

/** Reads a record; null for anything that `formatRecord` would not write. */
export function parseRecord(value: unknown): ResponseRecord | null {
  if (!(value instanceof Uint8Array) || value.byteLength < 4) return null
  const notesEnd = 4 + new DataView(value.buffer, value.byteOffset).getUint32(0)
  if (notesEnd > value.byteLength) return null
  try {
    const notes: unknown = JSON.parse(decoder.decode(value.subarray(4, notesEnd)))
    if (!Array.isArray(notes)) return null
    const [status, madeMs, ageMs, fields] = notes
    if (!Number.isInteger(status) || !Number.isFinite(madeMs) || !Number.isFinite(ageMs)) return null
    if (!isFieldList(fields)) return null
    // A value of the cache is a copy of our own, in memory that is not shared.
    return { status, madeMs, ageMs, fields, body: value.slice(notesEnd) as Bytes }
  } catch {
    return null
  }
}

function isFieldList(value: unknown): value is readonly Field[] {
  return (
    Array.isArray(value) &&
    value.every(
      (one: unknown) =>
        Array.isArray(one) && one.length === 2 && one.every((text) => typeof text === 'string'),
    )
  )
}
