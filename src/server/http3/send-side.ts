import type { QuicStream } from './contract.ts'

const nothing = new Uint8Array(0)

/** The sending side of a stream: keeps what the transport does not take yet, and tells when it has. */
export class SendSide {
  readonly #stream: QuicStream
  readonly #onOver: () => void
  /** What waits, in order; the first from `#offset` on. */
  readonly #waiting: Uint8Array[] = []
  #offset = 0
  #isEnding = false
  #onDrain: (() => void) | null = null
  /** Nothing can be written any more: it has ended, or was reset. */
  isOver = false
  /** Did all bytes and the end of the stream go to the transport? */
  isComplete = false
  /** Grows whenever the transport takes something. */
  progress = 0

  /** `onOver` is called once, when the side is over in whatever way. */
  constructor(stream: QuicStream, onOver: () => void) {
    this.#stream = stream
    this.#onOver = onOver
  }

  /** Does something wait for the transport? */
  get isBlocked(): boolean {
    return this.#waiting.length > 0
  }

  /** Writes as much as goes at once. What does not is copied, for the caller may use its bytes again. `fin` is the end. */
  write(bytes: Uint8Array, fin: boolean): void {
    this.#write(bytes, fin, true)
  }

  /** The same for bytes that the caller hands over. */
  give(bytes: Uint8Array, fin: boolean): void {
    this.#write(bytes, fin, false)
  }

  /** Calls `listener` when nothing waits any more, or the side is over; at once if it is so. One at a time. */
  whenDrained(listener: () => void): void {
    if (this.isOver || !this.isBlocked) listener()
    else this.#onDrain = listener
  }

  reset(code: number): void {
    if (this.isOver) return
    this.#stream.reset(code)
    this.cut()
  }

  /** The stream is gone. */
  cut(): void {
    if (this.isOver) return
    this.isOver = true
    this.#waiting.length = 0
    this.#tell()
    this.#onOver()
  }

  /** The transport has room. */
  flush(): void {
    while (!this.isOver) {
      const first = this.#waiting[0]
      if (first === undefined) break
      const isLast = this.#isEnding && this.#waiting.length === 1
      const rest = first.subarray(this.#offset)
      const taken = this.#stream.write(rest, isLast)
      if (taken > 0) this.progress++
      if (taken < rest.length) {
        this.#offset += taken
        return
      }
      this.#offset = 0
      this.#waiting.shift()
      if (isLast) this.#complete()
    }
    this.#tell()
  }

  #write(bytes: Uint8Array, fin: boolean, copies: boolean): void {
    if (this.isOver || this.#isEnding) return
    this.#isEnding = fin
    if (this.#waiting.length > 0) {
      if (bytes.length > 0) this.#waiting.push(copies ? bytes.slice() : bytes)
      return
    }
    const taken = this.#stream.write(bytes, fin)
    if (taken > 0) this.progress++
    if (taken < bytes.length) this.#waiting.push(copies ? bytes.slice(taken) : bytes.subarray(taken))
    else if (fin) this.#complete()
  }

  #complete(): void {
    this.isOver = true
    this.isComplete = true
    this.#tell()
    this.#onOver()
  }

  #tell(): void {
    const listener = this.#onDrain
    this.#onDrain = null
    listener?.()
  }

  /** Ends the stream without further bytes. */
  end(): void {
    this.write(nothing, true)
  }
}
