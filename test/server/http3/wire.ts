import { ByteWriter } from '../../../src/server/http3/byte-writer.ts'
import { writeField, writeSectionPrefix } from '../../../src/server/http3/qpack-encoder.ts'
import { writeVarint } from '../../../src/server/http3/varint.ts'

/** Bytes of hexadecimal text; white space is none of it. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

export function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  return bytes.slice(0, writeVarint(bytes, 0, value))
}

export function frame(type: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  return concat(varint(type), varint(payload.length), payload)
}

/** A field section of our own encoder: name, value, name, value. */
export function section(fields: readonly string[]): Uint8Array {
  const writer = new ByteWriter()
  writer.reset()
  writeSectionPrefix(writer)
  for (let index = 1; index < fields.length; index += 2) {
    writeField(writer, fields[index - 1] ?? '', fields[index] ?? '')
  }
  return writer.written.slice()
}

/** A field section of literals, with whatever HTTP forbids. */
export function rawSection(fields: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [hex('0000')]
  for (let index = 1; index < fields.length; index += 2) {
    const name = Buffer.from(fields[index - 1] ?? '', 'latin1')
    const value = Buffer.from(fields[index] ?? '', 'latin1')
    parts.push(prefixed(0x20, 7, name.length), name, prefixed(0, 127, value.length), value)
  }
  return concat(...parts)
}

function prefixed(flags: number, mask: number, value: number): Uint8Array {
  if (value < mask) return Uint8Array.of(flags | value)
  const bytes = [flags | mask]
  let rest = value - mask
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

/** The HEADERS frame of a request, whose pseudo-header fields stand first. */
export function headers(fields: readonly string[]): Uint8Array {
  return frame(0x1, rawSection(fields))
}

export const get: readonly string[] = [
  ':method',
  'GET',
  ':scheme',
  'https',
  ':authority',
  'example.com',
  ':path',
  '/',
]

export const post: readonly string[] = [':method', 'POST', ...get.slice(2)]

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
