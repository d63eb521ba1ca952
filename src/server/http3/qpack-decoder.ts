import { connectionError, h3, malformed } from './error-code.ts'
import type { Http3Error } from './error-code.ts'
import { decodeHuffman, huffmanRoom } from './huffman.ts'
import { staticTable, staticTableSize } from './static-table.ts'
import { areFieldName, areFieldValue, readText } from './text.ts'

/** Takes the fields of a section in their order. */
export interface FieldSink {
  /**
   * `name` is a token in lower case, with a colon before it if it is that of a pseudo-header field; `value` has no
   * control characters. May throw an `Http3Error`.
   */
  onField(name: string, value: string): void
}

/** A field counts 32 bytes more than it has (RFC 9114 §4.2.2). */
export const fieldOverheadBytes = 32

/** Keeps nothing from one call to the next: text is made of it at once. */
const scratch = new Uint8Array(4_096)

/**
 * Decodes a field section (RFC 9204 §4.5) for which there is no dynamic table. Returns false as soon as it is larger
 * than `maxBytes`. Throws QPACK_DECOMPRESSION_FAILED for what is no field section, H3_MESSAGE_ERROR for a field that
 * HTTP does not allow.
 */
export function decodeFieldSection(bytes: Uint8Array, maxBytes: number, sink: FieldSink): boolean {
  const decoder = new SectionDecoder(bytes)
  decoder.readPrefix()
  let size = 0
  while (decoder.at < bytes.length) {
    decoder.readField()
    const { name, value } = decoder
    size += name.length + value.length + fieldOverheadBytes
    if (size > maxBytes) return false
    sink.onField(name, value)
  }
  return true
}

class SectionDecoder {
  at = 0
  name = ''
  value = ''
  readonly #bytes: Uint8Array
  /** Where the string lies that was read last. */
  #source: Uint8Array
  #from = 0
  #to = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#source = bytes
  }

  /** RFC 9204 §4.5.1: without a dynamic table nothing is required, and a base below zero is an error always. */
  readPrefix(): void {
    if (this.#integer(0xff) !== 0) throw failed('a required insert count')
    const hasSign = ((this.#bytes[this.at] ?? 0) & 0x80) !== 0
    this.#integer(0x7f)
    if (hasSign) throw failed('a negative base')
  }

  readField(): void {
    const first = this.#bytes[this.at] ?? 0
    if (first >= 0x80) {
      // §4.5.2: indexed
      if ((first & 0x40) === 0) throw failed('a reference to the dynamic table')
      const index = this.#staticIndex(0x3f)
      this.name = staticTable[index] ?? ''
      this.value = staticTable[index + 1] ?? ''
      return
    }
    if (first >= 0x40) {
      // §4.5.4: literal with name reference
      if ((first & 0x10) === 0) throw failed('a reference to the dynamic table')
      this.name = staticTable[this.#staticIndex(0x0f)] ?? ''
    } else if (first >= 0x20) {
      // §4.5.6: literal
      this.#readString(0x07)
      this.name = this.#takeName()
    } else {
      // §4.5.3 and §4.5.5
      throw failed('a post-base reference to the dynamic table')
    }
    this.#readString(0x7f)
    this.value = this.#takeValue()
  }

  #takeName(): string {
    const source = this.#source
    const from = this.#from
    const to = this.#to
    const isPseudo = source[from] === 0x3a
    if (!areFieldName(source, isPseudo ? from + 1 : from, to)) {
      throw malformed('A field name is no token in lower case')
    }
    return readText(source, from, to)
  }

  #takeValue(): string {
    if (!areFieldValue(this.#source, this.#from, this.#to)) {
      throw malformed('A field value has a character that HTTP forbids')
    }
    return readText(this.#source, this.#from, this.#to)
  }

  #staticIndex(mask: number): number {
    const index = this.#integer(mask)
    if (index >= staticTableSize) throw failed('an index beyond the static table')
    return index * 2
  }

  /** A string literal (RFC 9204 §4.1.2): the bits of `mask` begin its length, the one above them says Huffman. */
  #readString(mask: number): void {
    const bytes = this.#bytes
    const isHuffman = ((bytes[this.at] ?? 0) & (mask + 1)) !== 0
    const length = this.#integer(mask)
    const from = this.at
    const to = from + length
    if (to > bytes.length) throw failed('a string that is cut off')
    this.at = to
    if (!isHuffman) {
      this.#source = bytes
      this.#from = from
      this.#to = to
      return
    }
    const room = huffmanRoom(length)
    const target = room <= scratch.length ? scratch : new Uint8Array(room)
    const decoded = decodeHuffman(bytes, from, to, target)
    if (decoded === -1) throw failed('a malformed Huffman code')
    this.#source = target
    this.#from = 0
    this.#to = decoded
  }

  #integer(mask: number): number {
    const bytes = this.#bytes
    const value = readPrefixed(bytes, this.at, mask)
    if (value === -1) throw failed('an integer that is cut off or too long')
    this.at += prefixedSize(bytes, this.at, mask)
    return value
  }
}

/** Bytes that may follow the first one of an integer: enough for 62 bits (RFC 9204 §4.1.1). */
const maxContinuation = 9

/**
 * The prefixed integer at `at` (RFC 7541 §5.1), the bits of `mask` of whose first byte are its own; -1 when it is cut
 * off or has more than 10 bytes. From 2^53 on it is rounded.
 */
export function readPrefixed(bytes: Uint8Array, at: number, mask: number): number {
  if (at >= bytes.length) return -1
  let value = (bytes[at] ?? 0) & mask
  if (value < mask) return value
  let scale = 1
  for (let index = at + 1; index <= at + maxContinuation && index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    scale *= 128
  }
  return -1
}

/** Bytes of the prefixed integer at `at`, which is whole. */
export function prefixedSize(bytes: Uint8Array, at: number, mask: number): number {
  if (((bytes[at] ?? 0) & mask) < mask) return 1
  let size = 2
  while ((bytes[at + size - 1] ?? 0) >= 0x80) size++
  return size
}

function failed(what: string): Http3Error {
  return connectionError(h3.qpackDecompressionFailed, `Expected a field section, got ${what}`)
}
