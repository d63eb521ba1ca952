import { readClose } from './close.ts'
import type { FrameReader, FrameReaderOptions, FrameSink, TextDecode } from './contract.ts'
import { decodeUtf8 } from './decode.ts'
import { unmask } from './mask.ts'
import { opcode } from './writer.ts'

/** The longest header of a frame: two bytes, eight of length, four of mask. */
const maxHeaderBytes = 14
/** Longest payload of a control frame (RFC 6455 §5.5). */
const maxControlBytes = 125
/** What a message that comes in parts gets at first, in bytes. */
const firstBytes = 4096

/** Makes the reader of one connection, for the server's side. */
export function createFrameReader(sink: FrameSink, options: FrameReaderOptions): FrameReader {
  return new ClientFrameReader(sink, options)
}

/**
 * Frames that lie whole in a chunk, which is nearly all of them, are read where they lie. Only what is cut by the end
 * of a chunk is copied.
 */
class ClientFrameReader implements FrameReader {
  readonly #sink: FrameSink
  readonly #maxBytes: number
  readonly #decode: TextDecode
  readonly #key = new Uint8Array(4)
  #isOpen = true
  /** The begin of a header that the last chunk cut, and how much of it is there. */
  #header: Uint8Array | null = null
  #headerBytes = 0
  /** The frame under way; -1 left: a header comes next. */
  #kind = 0
  #isFinal = false
  #length = 0
  #left = -1
  /** The fragmented message under way: text, binary, or 0 for none. */
  #messageKind = 0
  /** What came of a message that did not lie whole in a chunk. */
  #body: Uint8Array<ArrayBuffer> | null = null
  #bodyBytes = 0
  #control: Uint8Array | null = null

  constructor(sink: FrameSink, { maxMessageBytes, decode = decodeUtf8 }: FrameReaderOptions) {
    this.#sink = sink
    this.#maxBytes = maxMessageBytes
    this.#decode = decode
  }

  stop(): void {
    this.#isOpen = false
    this.#body = null
    this.#control = null
    this.#header = null
  }

  push(chunk: Uint8Array): void {
    const end = chunk.length
    let at = 0
    while (at < end && this.#isOpen) {
      if (this.#left === -1) {
        const next = this.#headerBytes === 0 ? this.#readHeader(chunk, at, end) : 0
        if (next === 0) {
          at = this.#fillHeader(chunk, at, end)
          continue
        }
        at = next
        // An empty payload may be the end of the chunk.
        if (!this.#isOpen || this.#left === -1) continue
      }
      const take = Math.min(this.#left, end - at)
      this.#takePayload(chunk, at, at + take)
      at += take
    }
  }

  /** Reads the header at `at` if it is there as a whole, and returns where the payload begins; else 0. */
  #readHeader(bytes: Uint8Array, at: number, end: number): number {
    const size = end - at < 2 ? maxHeaderBytes : headerBytes(bytes[at + 1] ?? 0)
    if (end - at < size) return 0
    this.#begin(bytes, at)
    return at + size
  }

  /** Collects the bytes of a header that came in parts. Returns where the chunk goes on. */
  #fillHeader(chunk: Uint8Array, from: number, end: number): number {
    const header = (this.#header ??= new Uint8Array(maxHeaderBytes))
    let at = from
    while (at < end) {
      header[this.#headerBytes++] = chunk[at++] ?? 0
      if (this.#headerBytes === 2 && !this.#check(header[0] ?? 0, header[1] ?? 0)) return end
      if (this.#headerBytes > 2 && this.#headerBytes === headerBytes(header[1] ?? 0)) {
        this.#headerBytes = 0
        this.#begin(header, 0)
        return at
      }
    }
    return at
  }

  /** A header is there. */
  #begin(bytes: Uint8Array, at: number): void {
    const first = bytes[at] ?? 0
    const second = bytes[at + 1] ?? 0
    if (!this.#check(first, second)) return
    let length = second & 0x7f
    let keyAt = at + 2
    if (length > maxControlBytes) {
      const wide = length === 127
      length = readLength(bytes, keyAt, wide ? 8 : 2)
      keyAt += wide ? 8 : 2
      // RFC 6455 §5.2: the shortest form is the only one, and the highest bit of the longest is 0.
      if (length < (wide ? 65_536 : 126) || length >= 2 ** 63)
        return this.#fail(1002, 'The length is not in its shortest form')
    }
    const kind = first & 0x0f
    if (kind < opcode.close) {
      // Told before anything is stored.
      if (length > this.#maxBytes - this.#bodyBytes)
        return this.#fail(1009, `Expected a message of at most ${this.#maxBytes} bytes`)
      if (kind !== opcode.continuation) this.#messageKind = kind
    }
    const key = this.#key
    key[0] = bytes[keyAt] ?? 0
    key[1] = bytes[keyAt + 1] ?? 0
    key[2] = bytes[keyAt + 2] ?? 0
    key[3] = bytes[keyAt + 3] ?? 0
    this.#kind = kind
    this.#isFinal = first > 0x7f
    this.#length = length
    this.#left = length
    if (length === 0) this.#takePayload(bytes, 0, 0)
  }

  /** Are the first two bytes of a header valid? Fails the connection otherwise. */
  #check(first: number, second: number): boolean {
    const kind = first & 0x0f
    if ((first & 0x70) !== 0) return this.#refuse('The reserved bits are not 0')
    if (second < 0x80) return this.#refuse('The frame is not masked')
    if (kind >= opcode.close) {
      if (kind > opcode.pong) return this.#refuse('The opcode is unknown')
      if (first < 0x80) return this.#refuse('A control frame is fragmented')
      if ((second & 0x7f) > maxControlBytes) return this.#refuse('A control frame is too long')
    } else if (kind === opcode.continuation) {
      if (this.#messageKind === 0) return this.#refuse('A continuation of nothing')
    } else if (kind > opcode.binary) return this.#refuse('The opcode is unknown')
    else if (this.#messageKind !== 0) return this.#refuse('A message within another')
    return true
  }

  #takePayload(chunk: Uint8Array, start: number, end: number): void {
    const phase = (this.#length - this.#left) & 3
    this.#left -= end - start
    const isWhole = end - start === this.#length
    const seen = unmask(chunk, start, end, this.#key, phase)
    if (this.#kind >= opcode.close) {
      if (isWhole) this.#endControl(chunk.subarray(start, end))
      else this.#keepControl(chunk, start, end)
    } else if (isWhole && this.#isFinal && this.#bodyBytes === 0) {
      this.#left = -1
      this.#endMessage(chunk, start, end, seen < 0x80)
    } else {
      this.#keep(chunk, start, end)
      if (this.#left > 0) return
      this.#left = -1
      if (this.#isFinal) this.#endBody()
    }
  }

  #keepControl(chunk: Uint8Array, start: number, end: number): void {
    const control = (this.#control ??= new Uint8Array(maxControlBytes))
    control.set(chunk.subarray(start, end), this.#length - this.#left - (end - start))
    if (this.#left === 0) this.#endControl(control.subarray(0, this.#length))
  }

  #endControl(payload: Uint8Array): void {
    this.#left = -1
    if (this.#kind === opcode.ping) return this.#sink.ping(payload)
    if (this.#kind === opcode.pong) return this.#sink.pong()
    const close = readClose(payload, this.#decode)
    if ('invalid' in close) return this.#fail(close.invalid, 'The Close frame is malformed')
    this.stop()
    this.#sink.close(close.code, close.reason)
  }

  /** Keeps a part of a message. What is there grows with what has come, never with what was announced. */
  #keep(chunk: Uint8Array, start: number, end: number): void {
    const needed = this.#bodyBytes + end - start
    let body = this.#body
    if (body === null || body.length < needed) {
      const room = Math.max(needed, Math.min(firstBytes, this.#length), (body?.length ?? 0) * 2)
      const larger = new Uint8Array(Math.min(room, this.#maxBytes))
      if (body !== null) larger.set(body.subarray(0, this.#bodyBytes))
      body = larger
      this.#body = body
    }
    body.set(chunk.subarray(start, end), this.#bodyBytes)
    this.#bodyBytes = needed
  }

  #endBody(): void {
    const body = this.#body ?? new Uint8Array(0)
    const length = this.#bodyBytes
    this.#body = null
    this.#bodyBytes = 0
    if (this.#messageKind === opcode.text) return this.#endMessage(body, 0, length, false)
    this.#messageKind = 0
    this.#sink.message(body.subarray(0, length))
  }

  #endMessage(bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    const kind = this.#messageKind
    this.#messageKind = 0
    // A copy, so that a small message does not hold on to a whole chunk.
    if (kind === opcode.binary) return this.#sink.message(new Uint8Array(bytes.subarray(start, end)))
    const text = this.#decode(bytes, start, end, isAscii)
    if (text === null) this.#fail(1007, 'The text is not UTF-8')
    else this.#sink.message(text)
  }

  #refuse(reason: string): false {
    this.#fail(1002, reason)
    return false
  }

  #fail(code: 1002 | 1007 | 1009, reason: string): void {
    this.stop()
    this.#sink.fail(code, reason)
  }
}

/** The size of a masked header, by its second byte. */
function headerBytes(second: number): number {
  const length = second & 0x7f
  if (length < 126) return 6
  return length === 126 ? 8 : 14
}

function readLength(bytes: Uint8Array, at: number, count: number): number {
  let length = 0
  for (let index = at; index < at + count; index++) length = length * 256 + (bytes[index] ?? 0)
  return length
}
