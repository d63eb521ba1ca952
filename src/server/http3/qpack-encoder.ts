import { assertHeaderValue, toHeaderName } from '../../http/index.ts'
import type { ByteWriter } from './byte-writer.ts'
import { writeHuffman } from './huffman.ts'
import { huffmanLengths } from './huffman-table.ts'
import { fieldOverheadBytes } from './qpack-decoder.ts'
import { staticTable } from './static-table.ts'
import { isBlank, isFieldName, isFieldValue } from './text.ts'

interface StaticName {
  /** The first entry of this name. */
  readonly index: number
  readonly values: ReadonlyMap<string, number>
  /** Security: RFC 9204 §7.1.3: no intermediary is to compress these against what an attacker can choose. */
  readonly isSecret: boolean
}

const secretNames: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
])
const staticNames: ReadonlyMap<string, StaticName> = indexNames()

/** Writes the prefix of a section that refers to no dynamic table (RFC 9204 §4.5.1). */
export function writeSectionPrefix(writer: ByteWriter): void {
  writer.byte(0)
  writer.byte(0)
}

/**
 * Writes a field: as an index, or a literal whose strings are Huffman codes where these are shorter. Names may be those
 * of pseudo-header fields in the static table. Returns what it counts in a section (RFC 9114 §4.2.2). Throws
 * `HEADER_INVALID`, before anything is written of it, for what HTTP forbids.
 */
export function writeField(writer: ByteWriter, name: string, value: string): number {
  const known = staticNames.get(name)
  if (known !== undefined && !known.isSecret) {
    const index = known.values.get(value)
    if (index !== undefined) {
      writer.reserve(2)
      writePrefixed(writer, 0xc0, 0x3f, index)
      return name.length + value.length + fieldOverheadBytes
    }
  }
  const text = isFieldValue(value) ? value : normalizeValue(name, value)
  let field = name
  if (known !== undefined) {
    writer.reserve(text.length + 16)
    writePrefixed(writer, known.isSecret ? 0x70 : 0x50, 0x0f, known.index)
  } else {
    if (!isFieldName(name)) field = toHeaderName(name)
    writer.reserve(field.length + text.length + 16)
    writeString(writer, secretNames.has(field) ? 0x30 : 0x20, 0x07, field)
  }
  writeString(writer, 0x00, 0x7f, text)
  return field.length + text.length + fieldOverheadBytes
}

/** RFC 9110 §5.5: white space around a value is none of it, and a client would refuse it (RFC 9114 §10.3). */
function normalizeValue(name: string, value: string): string {
  assertHeaderValue(name, value)
  let from = 0
  let to = value.length
  while (from < to && isBlank(value.charCodeAt(from))) from++
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--
  return value.slice(from, to)
}

function writeString(writer: ByteWriter, flags: number, mask: number, text: string): void {
  let bits = 0
  for (let index = 0; index < text.length; index++) bits += huffmanLengths[text.charCodeAt(index)] ?? 0
  const size = (bits + 7) >> 3
  if (size < text.length) {
    writePrefixed(writer, flags | (mask + 1), mask, size)
    writer.end = writeHuffman(text, writer.bytes, writer.end)
    return
  }
  writePrefixed(writer, flags, mask, text.length)
  const { bytes } = writer
  for (let index = 0; index < text.length; index++) bytes[writer.end++] = text.charCodeAt(index)
}

/** An integer with a prefix (RFC 7541 §5.1). The room must be there. */
function writePrefixed(writer: ByteWriter, flags: number, mask: number, value: number): void {
  const { bytes } = writer
  if (value < mask) {
    bytes[writer.end++] = flags | value
    return
  }
  bytes[writer.end++] = flags | mask
  let rest = value - mask
  for (; rest >= 0x80; rest >>>= 7) bytes[writer.end++] = (rest & 0x7f) | 0x80
  bytes[writer.end++] = rest
}

function indexNames(): Map<string, StaticName> {
  const names = new Map<string, StaticName & { readonly values: Map<string, number> }>()
  for (let place = 0; place < staticTable.length; place += 2) {
    const name = staticTable[place] ?? ''
    const known = names.get(name) ?? { index: place / 2, values: new Map(), isSecret: secretNames.has(name) }
    known.values.set(staticTable[place + 1] ?? '', place / 2)
    names.set(name, known)
  }
  return names
}
