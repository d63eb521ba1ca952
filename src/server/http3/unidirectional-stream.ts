import type { QuicStream, QuicStreamHandler } from './contract.ts'
import { connectionError, h3, Http3Error } from './error-code.ts'
import { streamType } from './frame.ts'
import { readVarint, varintLength } from './varint.ts'

/** What takes the bytes behind the type of a stream. */
export interface StreamReader {
  push(bytes: Uint8Array): void
}

/** What the client's unidirectional streams need of their connection. */
export interface UnidirectionalOwner {
  /** The reader for a stream of this type; null for one that is unknown. Throws for one that is not allowed. */
  openReader(type: number): StreamReader | null
  /** Counts what has no effect; throws when there is too much of it. */
  takeNoise(count: number): void
  onFailure(error: unknown): void
  endConnection(error: Http3Error): void
}

/** A varint (RFC 9000 §16). */
const maxTypeBytes = 8

/** A unidirectional stream of the client (RFC 9114 §6.2). */
export class UnidirectionalStream implements QuicStreamHandler {
  readonly #stream: QuicStream
  readonly #owner: UnidirectionalOwner
  #typeBytes: number[] | null = []
  #reader: StreamReader | null = null
  #isOver = false

  constructor(stream: QuicStream, owner: UnidirectionalOwner) {
    this.#stream = stream
    this.#owner = owner
  }

  onData(bytes: Uint8Array, fin: boolean): void {
    if (this.#isOver) return
    this.#guard(() => {
      const from = this.#readType(bytes)
      if (from < bytes.length) this.#reader?.push(from === 0 ? bytes : bytes.subarray(from))
      if (fin) this.#onEnd()
    })
  }

  onReset(): void {
    if (!this.#isOver) this.#guard(() => this.#onEnd())
  }

  onStopSending(): void {
    // Nothing is sent on it.
  }

  onWritable(): void {
    // Nothing is sent on it.
  }

  /** Takes what belongs to the type; returns where the rest begins. */
  #readType(bytes: Uint8Array): number {
    const type = this.#typeBytes
    if (type === null) return 0
    for (let index = 0; index < bytes.length; index++) {
      type.push(bytes[index] ?? 0)
      if (type.length < varintLength(type[0] ?? 0) && type.length < maxTypeBytes) continue
      this.#typeBytes = null
      this.#open(readVarint(Uint8Array.from(type), 0))
      return index + 1
    }
    return bytes.length
  }

  #open(type: number): void {
    this.#reader = this.#owner.openReader(type)
    if (this.#reader !== null) return
    // §6.2: what is on it cannot be understood.
    this.#isOver = true
    this.#stream.stopSending(h3.streamCreationError)
  }

  /** Closing one before its type is known is allowed (RFC 9114 §6.2), closing one that the connection needs is not. */
  #onEnd(): void {
    this.#isOver = true
    if (this.#reader !== null) {
      throw connectionError(h3.closedCriticalStream, 'A control stream or a stream of QPACK was closed')
    }
    this.#owner.takeNoise(1)
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof Http3Error) {
        this.#owner.endConnection(error)
        return
      }
      this.#owner.onFailure(error)
      this.#owner.endConnection(connectionError(h3.internalError, 'Internal error'))
    }
  }
}

/** Is it a type that the client may open once (RFC 9114 §6.2.1, RFC 9204 §4.2)? */
export function isSingleton(type: number): boolean {
  return type === streamType.control || type === streamType.qpackEncoder || type === streamType.qpackDecoder
}
