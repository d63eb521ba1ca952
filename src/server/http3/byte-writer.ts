import { varintSize, writeVarint } from './varint.ts'

/** Room that is kept between two uses, in bytes. */
const keptRoom = 8_192
/** Bytes before the first one, where the head of a frame may be put afterwards. */
const headroom = 16

/** Bytes that are put together to be written. Used again and again; never keeps more than a few KiB. */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1_024)
  end: number = headroom
  #start = headroom

  /** Empties it. */
  reset(): void {
    if (this.bytes.length > keptRoom) this.bytes = new Uint8Array(keptRoom)
    this.#start = headroom
    this.end = headroom
  }

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    const needed = this.end + count
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.end))
    this.bytes = grown
  }

  /** Bytes since `reset`. */
  get length(): number {
    return this.end - this.#start
  }

  /** A window into what was put together, until the next use. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(this.#start, this.end)
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.end++] = value
  }

  varint(value: number): void {
    this.reserve(8)
    this.end = writeVarint(this.bytes, this.end, value)
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.end)
    this.end += bytes.length
  }

  /** Puts the head of a frame before all that there is. Once. */
  prependFrameHead(type: number): void {
    const { length } = this
    this.#start -= varintSize(type) + varintSize(length)
    writeVarint(this.bytes, writeVarint(this.bytes, this.#start, type), length)
  }

  frameHead(type: number, length: number): void {
    this.varint(type)
    this.varint(length)
  }
}
