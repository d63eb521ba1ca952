/** Bytes that have come and are not yet used up. Appending single bytes costs as little in all as appending chunks. */
export class ByteWindow {
  #store: Uint8Array = new Uint8Array(0)
  #start = 0
  #end = 0
  /** Is the store this window's own, so that it may be written to? */
  #isOwn = false

  /** What is there. Valid until the next call; a part of it stays valid when it is dropped. */
  get bytes(): Uint8Array {
    return this.#store.subarray(this.#start, this.#end)
  }

  /** Adds bytes behind the others. A chunk that meets an empty window is taken as it is, without a copy. */
  append(chunk: Uint8Array): void {
    const length = this.#end - this.#start
    if (length === 0) {
      this.#store = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#isOwn = false
      return
    }
    if (!this.#isOwn || this.#end + chunk.length > this.#store.length) {
      // Room for as much again: the next single bytes need no copy of all.
      const store = new Uint8Array(length * 2 + chunk.length)
      store.set(this.#store.subarray(this.#start, this.#end))
      this.#store = store
      this.#start = 0
      this.#end = length
      this.#isOwn = true
    }
    this.#store.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Forgets the first `length` bytes. */
  drop(length: number): void {
    this.#start += length
  }
}

/** A text to look for, and how far to go on for each byte under its last one. */
export interface Needle {
  readonly bytes: Uint8Array
  readonly skips: Uint8Array
}

/** Prepares a search for ASCII text of 1 to 255 characters. */
export function createNeedle(text: string): Needle {
  const bytes = new TextEncoder().encode(text)
  const last = bytes.length - 1
  const skips = new Uint8Array(256).fill(bytes.length)
  for (let index = 0; index < last; index++) skips[bytes[index] ?? 0] = last - index
  return { bytes, skips }
}

/**
 * Where the needle begins in `bytes`, at or behind `from`, or -1. Horspool's search, but it compares from the front:
 * a needle whose first byte stands nowhere else in it (CR before a boundary) is then found in linear time whatever the
 * bytes are, since no two attempts get past the first byte at the same place.
 */
export function findNeedle(bytes: Uint8Array, needle: Needle, from = 0): number {
  const { bytes: wanted, skips } = needle
  const last = wanted.length - 1
  for (let at = from; at + last < bytes.length; at += skips[bytes[at + last] ?? 0] ?? 1) {
    let length = 0
    while (length <= last && bytes[at + length] === wanted[length]) length++
    if (length > last) return at
  }
  return -1
}
