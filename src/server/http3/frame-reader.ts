import { readVarint, varintLength } from './varint.ts'

/** What is to be done with the payload of a frame. */
export type PayloadUse = 'skip' | 'whole' | 'pieces'

/** What hears of the frames of one stream. What it throws comes out of `push`. */
export interface FrameHandler {
  /**
   * A frame begins. `type` and `length` from 2^53 on are rounded. Who wants it whole has looked at its length: so much
   * memory it may take.
   */
  onFrame(type: number, length: number): PayloadUse
  /** A payload, or a piece of one. Valid until it returns. A whole one may be empty, a piece is not. */
  onPayload(bytes: Uint8Array): void
}

/** Type and length take 16 bytes at most. */
const maxHeadBytes = 16
/** What a payload that comes in parts gets at first, in bytes. */
const firstStore = 1_024

/** Cuts the bytes of a stream into frames (RFC 9114 §7.1), however they come. */
export class FrameReader {
  readonly #handler: FrameHandler
  /** A head that has come in part; null between them. */
  #head: Uint8Array | null = null
  #headLength = 0
  /** Bytes of the payload that are still to come. */
  #left = 0
  #use: PayloadUse = 'skip'
  /** A whole payload that has come in part. Grows with what came, never with what was announced. */
  #store: Uint8Array | null = null
  #stored = 0
  #isStopped = false

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  /** Would the stream be cut within a frame if it ended now? */
  get isWithinFrame(): boolean {
    return !this.#isStopped && (this.#left > 0 || this.#headLength > 0)
  }

  /** Takes no notice of anything from now on. */
  stop(): void {
    this.#isStopped = true
    this.#store = null
    this.#head = null
  }

  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.#isStopped) {
      at = this.#left > 0 ? this.#readPayload(bytes, at) : this.#readHead(bytes, at)
    }
  }

  #readHead(bytes: Uint8Array, at: number): number {
    if (this.#headLength > 0) return this.#completeHead(bytes, at)
    const size = headSize(bytes, at, bytes.length)
    if (size === 0) return this.#completeHead(bytes, at)
    this.#begin(bytes, at)
    return at + size
  }

  /** Byte by byte: a head that is cut is rare, and short. */
  #completeHead(bytes: Uint8Array, at: number): number {
    this.#head ??= new Uint8Array(maxHeadBytes)
    const head = this.#head
    for (let index = at; index < bytes.length; index++) {
      head[this.#headLength++] = bytes[index] ?? 0
      if (headSize(head, 0, this.#headLength) === 0) continue
      this.#headLength = 0
      this.#begin(head, 0)
      return index + 1
    }
    return bytes.length
  }

  #begin(bytes: Uint8Array, at: number): void {
    const type = readVarint(bytes, at)
    const length = readVarint(bytes, at + varintLength(bytes[at] ?? 0))
    this.#use = this.#handler.onFrame(type, length)
    this.#left = length
    if (length === 0 && this.#use === 'whole' && !this.#isStopped) this.#handler.onPayload(new Uint8Array(0))
  }

  #readPayload(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    const count = end - at
    this.#left -= count
    if (this.#use === 'pieces') this.#handler.onPayload(bytes.subarray(at, end))
    else if (this.#use === 'whole') this.#collect(bytes.subarray(at, end))
    return end
  }

  #collect(piece: Uint8Array): void {
    if (this.#left === 0 && this.#stored === 0) {
      this.#handler.onPayload(piece)
      return
    }
    const needed = this.#stored + piece.length
    let store = this.#store ?? new Uint8Array(0)
    if (needed > store.length) {
      const room = Math.min(needed + this.#left, Math.max(needed, store.length * 2, firstStore))
      const grown = new Uint8Array(room)
      grown.set(store.subarray(0, this.#stored))
      store = grown
    }
    store.set(piece, this.#stored)
    if (this.#left > 0) {
      this.#store = store
      this.#stored = needed
      return
    }
    this.#store = null
    this.#stored = 0
    this.#handler.onPayload(store.subarray(0, needed))
  }
}

/** Bytes of the head of a frame that begins at `at`; 0 if not all of them are there. */
function headSize(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0
  const typeSize = varintLength(bytes[at] ?? 0)
  if (at + typeSize >= end) return 0
  const size = typeSize + varintLength(bytes[at + typeSize] ?? 0)
  return at + size <= end ? size : 0
}
