import type { CacheCodec } from './contract.ts'
import type { Entry } from './entry.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A value as it is kept. */
export type Encoded = Pick<Entry, 'kind' | 'codec' | 'payload'>

/** Turns values into what is kept, and back. */
export interface Values {
  /** `TypeError` for what cannot be expressed. */
  encode(value: unknown): Promise<Encoded>
  /** A value of the caller's own; null when it cannot be read: another codec, damaged bytes. */
  decode(encoded: Encoded): Promise<Decoded | null>
}

/** A value that was read, so that null and undefined are values, too. */
export interface Decoded {
  readonly value: unknown
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const nothing: Bytes = new Uint8Array(0)

/** Makes the translation of one cache. */
export function createValues(codec: CacheCodec | null): Values {
  if (codec !== null && !/^[A-Za-z0-9-]{1,32}$/.test(codec.name)) {
    throw new RangeError('Expected codec.name of 1 to 32 letters, digits and hyphens')
  }
  return {
    async encode(value) {
      if (value === null) return { kind: 'null', codec: '', payload: nothing }
      if (value === undefined) return { kind: 'undefined', codec: '', payload: nothing }
      // Text that is not well-formed would change as UTF-8; JSON has escapes for it.
      if (typeof value === 'string' && value.isWellFormed())
        return { kind: 'text', codec: '', payload: encoder.encode(value) }
      if (value instanceof Uint8Array) return { kind: 'bytes', codec: '', payload: new Uint8Array(value) }
      if (codec === null) return { kind: 'json', codec: '', payload: encoder.encode(toJson(value)) }
      return { kind: 'codec', codec: codec.name, payload: new Uint8Array(await codec.encode(value)) }
    },
    async decode({ kind, codec: written, payload }) {
      try {
        switch (kind) {
          case 'null':
            return { value: null }
          case 'undefined':
            return { value: undefined }
          case 'text':
            return { value: decoder.decode(payload) }
          case 'bytes':
            return { value: payload.slice() }
          case 'json':
            return { value: JSON.parse(decoder.decode(payload)) }
          case 'codec':
            return codec === null || codec.name !== written
              ? null
              : { value: await codec.decode(payload.slice()) }
          case 'gone':
            return null
        }
      } catch {
        return null
      }
    },
  }
}

function toJson(value: unknown): string {
  const text: unknown = JSON.stringify(value)
  if (typeof text === 'string') return text
  throw new TypeError(`Expected a value that JSON can express, got ${typeof value}`)
}
