import { RockstarError } from '../../errors/index.ts'

/** A value and its end, as Deno KV holds them: one array of bytes, the end first. */
export interface Envelope {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** In milliseconds since the Unix epoch; null for never. */
  readonly endMs: number | null
}

const headBytes = 8

/** Puts a value and its end together. The end is a double, Infinity for never. */
export function sealEnvelope(envelope: Envelope): Uint8Array<ArrayBuffer> {
  const sealed = new Uint8Array(headBytes + envelope.bytes.byteLength)
  new DataView(sealed.buffer).setFloat64(0, envelope.endMs ?? Infinity)
  sealed.set(envelope.bytes, headBytes)
  return sealed
}

/** Takes them apart; null for a value that is not there or has ended. `STORE_FAILED` for one of somebody else. */
export function openEnvelope(value: unknown, nowMs: number): Envelope | null {
  if (value === null || value === undefined) return null
  const endMs = readEnd(value)
  if (endMs <= nowMs) return null
  // `readEnd` throws for anything but bytes.
  return {
    bytes: new Uint8Array(value as Uint8Array).slice(headBytes),
    endMs: endMs === Infinity ? null : endMs,
  }
}

/** Has the value not ended? */
export function isAlive(value: unknown, nowMs: number): boolean {
  return readEnd(value) > nowMs
}

function readEnd(value: unknown): number {
  if (value instanceof Uint8Array && value.byteLength >= headBytes) {
    return new DataView(value.buffer, value.byteOffset).getFloat64(0)
  }
  throw new RockstarError(
    'STORE_FAILED',
    `Expected a value that this store wrote in Deno KV, got ${typeof value}; use another keyPrefix than others do`,
  )
}
