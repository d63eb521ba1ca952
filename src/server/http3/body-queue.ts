type Bytes = Uint8Array<ArrayBuffer>

interface Chunk {
  bytes: Bytes
  /** How many of the bytes are filled. */
  length: number
}

/** Room of a chunk that gathers small pieces, in bytes. */
const gatherRoom = 4_096

/**
 * The bytes of a body that wait for their reader.
 *
 * Security: pieces of a few bytes share a chunk, so that what is kept costs little more than the bytes themselves.
 */
export class BodyQueue {
  #chunks: Chunk[] = []
  #next = 0
  /** Bytes that wait. */
  size = 0

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    this.size += bytes.length
    const last = this.#next < this.#chunks.length ? this.#chunks.at(-1) : undefined
    if (last !== undefined && last.length + bytes.length <= last.bytes.length) {
      last.bytes.set(bytes, last.length)
      last.length += bytes.length
      return
    }
    // The first is often the only one.
    const room = last === undefined ? bytes.length : Math.max(bytes.length, gatherRoom)
    const chunk = { bytes: new Uint8Array(room), length: bytes.length }
    chunk.bytes.set(bytes)
    this.#chunks.push(chunk)
  }

  /** The next bytes, which are the caller's; null if none are there. */
  shift(): Bytes | null {
    const chunk = this.#chunks[this.#next]
    if (chunk === undefined) return null
    this.#next++
    if (this.#next === this.#chunks.length) {
      this.#chunks = []
      this.#next = 0
    }
    this.size -= chunk.length
    return chunk.length === chunk.bytes.length ? chunk.bytes : chunk.bytes.slice(0, chunk.length)
  }

  clear(): void {
    this.#chunks = []
    this.#next = 0
    this.size = 0
  }
}
