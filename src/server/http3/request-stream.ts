import type { ByteWriter } from './byte-writer.ts'
import type { QuicAddress, QuicStream, QuicStreamHandler } from './contract.ts'
import { connectionError, h3, Http3Error, malformed, streamError } from './error-code.ts'
import type { ExchangeStream } from './exchange.ts'
import { Exchange } from './exchange.ts'
import { frameType, isMisplaced } from './frame.ts'
import type { FrameHandler, PayloadUse } from './frame-reader.ts'
import { FrameReader } from './frame-reader.ts'
import { ProgressWatch } from './progress-watch.ts'
import { decodeFieldSection } from './qpack-decoder.ts'
import { RequestBody } from './request-body.ts'
import { RequestHead, RequestTrailers } from './request-head.ts'
import type { RequestOwner } from './request-owner.ts'
import { writeResponseHead } from './response-head.ts'
import { SendSide } from './send-side.ts'

/** What may come next on a request stream (RFC 9114 §4.1). */
type Phase = 'header' | 'content' | 'end'

/** A rest of a body that nobody has read is taken and thrown away if it has at most so many bytes. */
const maxUnreadBytes = 65_536

/** One request stream (RFC 9114 §6.1): the frames that come, and what becomes of the stream. */
export class RequestStream implements QuicStreamHandler, FrameHandler, ExchangeStream {
  readonly send: SendSide
  readonly #stream: QuicStream
  readonly #owner: RequestOwner
  readonly #frames: FrameReader
  readonly #body: RequestBody
  #phase: Phase = 'header'
  #frameType = 0
  #head: RequestHead | null = null
  #trailers: readonly string[] = []
  /** Bytes of all DATA frames that have begun. */
  #announced = 0
  #exchange: Exchange | null = null
  /** Nothing more will come, or is listened to. */
  #isReadOver = false
  /** Was it answered without the app? */
  #isRefused = false
  #isReleased = false
  /** Grows with what comes. */
  #received = 0
  readonly #watch: ProgressWatch

  constructor(stream: QuicStream, owner: RequestOwner) {
    this.#stream = stream
    this.#owner = owner
    this.#watch = new ProgressWatch(owner.now())
    this.#frames = new FrameReader(this)
    this.#body = new RequestBody(stream, owner)
    this.send = new SendSide(stream, () => this.#onSendOver())
  }

  get id(): number {
    return this.#stream.id
  }

  get remote(): QuicAddress {
    return this.#owner.remote
  }

  get writer(): ByteWriter {
    return this.#owner.writer
  }

  get maxPeerSectionBytes(): number {
    return this.#owner.maxPeerSectionBytes
  }

  onData(bytes: Uint8Array, fin: boolean): void {
    if (this.#isReadOver) return
    this.#received++
    try {
      this.#frames.push(bytes)
      if (fin && !this.#isReadOver) this.#onEnd()
      if (this.#exchange === null && this.#head !== null && !this.#isRefused) this.#deliver(this.#head)
      this.#release()
    } catch (error) {
      this.#onError(error)
    }
  }

  onReset(): void {
    if (this.#isReadOver) return
    this.#stopListening()
    if (!this.send.isComplete) this.#onCancel()
    this.#release()
  }

  onStopSending(): void {
    if (this.send.isOver) return
    this.#onCancel()
    this.#stopReading(h3.requestCancelled)
    this.#release()
  }

  onWritable(): void {
    this.send.flush()
  }

  onFrame(type: number, length: number): PayloadUse {
    this.#frameType = type
    if (type === frameType.data) return this.#onDataFrame(length)
    if (type === frameType.headers) return this.#onHeadersFrame(length)
    if (isMisplaced(type)) {
      throw connectionError(h3.frameUnexpected, `A frame of type ${type} is on a request stream`)
    }
    this.#owner.takeNoise(1 + length / 1_024)
    return 'skip'
  }

  onPayload(bytes: Uint8Array): void {
    if (this.#frameType === frameType.data) this.#body.push(bytes)
    else if (this.#phase === 'header') this.#onHeader(bytes)
    else this.#onTrailers(bytes)
  }

  /** Cuts both directions. */
  abort(code: number): void {
    this.#stopReading(code)
    this.send.reset(code)
    if (!this.send.isComplete) this.#exchange?.cut()
    this.#release()
  }

  onSettled(): void {
    this.#release()
  }

  onFailure(error: unknown): void {
    this.#owner.onFailure(error)
  }

  /** The connection is over. */
  cut(): void {
    this.#stopListening()
    this.send.cut()
    if (!this.send.isComplete) this.#exchange?.cut()
    this.#release()
  }

  /** To be called now and then: gives up what makes no progress. */
  sweep(now: number): void {
    const { limits } = this.#owner
    if (this.#head === null && !this.#isReadOver) {
      if (this.#watch.age(now) >= limits.headTimeoutMs) this.#refuse(408)
      return
    }
    const isAwaitingClient =
      this.send.isBlocked || (!this.#isReadOver && (this.#body.isAwaited || this.send.isOver))
    this.#watch.look(now, this.#received + this.send.progress, isAwaitingClient)
    if (this.#watch.age(now) >= limits.stallTimeoutMs) this.abort(h3.requestCancelled)
  }

  #onDataFrame(length: number): PayloadUse {
    if (this.#phase !== 'content')
      throw connectionError(h3.frameUnexpected, 'DATA is not behind a header section')
    if (length === 0) this.#owner.takeNoise(1)
    this.#announced += length
    const expected = this.#head?.contentLength ?? null
    if (expected !== null && this.#announced > expected)
      throw malformed('The body is longer than Content-Length')
    if (expected !== null || !this.send.isOver) return 'pieces'
    // The answer is complete, and a body of unknown length comes for which nobody waited.
    this.#stopReading(h3.noError)
    return 'skip'
  }

  #onHeadersFrame(length: number): PayloadUse {
    if (this.#phase === 'end') throw connectionError(h3.frameUnexpected, 'HEADERS are behind trailers')
    if (this.#phase === 'content' && this.#head?.method === 'CONNECT') {
      // §4.4
      throw connectionError(h3.frameUnexpected, 'HEADERS are on a tunnel')
    }
    if (length <= this.#owner.limits.maxFieldSectionBytes) return 'whole'
    this.#onTooLarge()
    return 'skip'
  }

  /** A field section is larger than we take (RFC 9114 §4.2.2). */
  #onTooLarge(): void {
    if (this.#phase === 'content') throw streamError(h3.excessiveLoad, 'The trailers are too large')
    this.#refuse(431)
  }

  #onHeader(bytes: Uint8Array): void {
    const head = new RequestHead()
    if (!decodeFieldSection(bytes, this.#owner.limits.maxFieldSectionBytes, head)) {
      this.#onTooLarge()
      return
    }
    head.complete(this.#owner.allowsExtendedConnect)
    this.#head = head
    this.#phase = 'content'
    if (head.method === 'CONNECT' && head.protocol === null) this.#refuse(501)
  }

  #onTrailers(bytes: Uint8Array): void {
    const trailers = new RequestTrailers()
    if (!decodeFieldSection(bytes, this.#owner.limits.maxFieldSectionBytes, trailers)) {
      this.#onTooLarge()
      return
    }
    this.#trailers = trailers.fields
    this.#phase = 'end'
  }

  #onEnd(): void {
    if (this.#frames.isWithinFrame) {
      throw connectionError(h3.frameError, 'A request stream ends within a frame')
    }
    if (this.#head === null)
      throw streamError(h3.requestIncomplete, 'A request stream ends without a request')
    const { contentLength } = this.#head
    if (contentLength !== null && this.#body.received !== contentLength) {
      throw malformed('The body is shorter than Content-Length')
    }
    this.#isReadOver = true
    if (this.#exchange !== null) this.#exchange.trailers = this.#trailers
    this.#body.end()
  }

  /** Hands the request over when all that came with its header section is known. */
  #deliver(head: RequestHead): void {
    const isEmpty = this.#isReadOver && this.#body.received === 0
    const exchange = new Exchange(this, head, this.#body, !isEmpty && head.contentLength !== 0)
    if (this.#isReadOver) exchange.trailers = this.#trailers
    this.#exchange = exchange
    this.#owner.onRequest(exchange)
  }

  /** Answers without the app. */
  #refuse(status: number): void {
    const { writer, maxPeerSectionBytes } = this.#owner
    this.#isRefused = true
    this.#frames.stop()
    writeResponseHead(writer, status, [], { contentLength: 0, maxBytes: Math.max(maxPeerSectionBytes, 128) })
    this.send.write(writer.written, true)
    this.#stopReading(h3.noError)
    this.#release()
  }

  #onSendOver(): void {
    if (!this.send.isComplete) return
    if (!this.#isReadOver && this.#exchange !== null) {
      this.#body.discard()
      // §4.1: the answer is complete before the request is. A small rest is simply taken.
      if (!this.#hasSmallRest()) this.#stopReading(h3.noError)
    }
    this.#release()
  }

  /** Is little missing of the request, or only its end, which may come by itself? */
  #hasSmallRest(): boolean {
    const { method = '', contentLength = null } = this.#head ?? {}
    if (contentLength !== null) return contentLength - this.#body.received <= maxUnreadBytes
    return (method === 'GET' || method === 'HEAD') && !this.#frames.isWithinFrame
  }

  /** The client gave the request up (RFC 9114 §4.1.1). */
  #onCancel(): void {
    this.send.reset(this.#exchange === null ? h3.requestRejected : h3.requestCancelled)
    this.#exchange?.cut()
    this.#owner.onSpoiled()
  }

  #onError(error: unknown): void {
    if (!(error instanceof Http3Error)) {
      this.#owner.onFailure(error)
      this.abort(h3.internalError)
    } else if (error.isConnectionError) {
      this.#owner.endConnection(error)
    } else {
      this.abort(error.code)
      this.#owner.onSpoiled()
    }
  }

  #stopReading(code: number): void {
    if (this.#isReadOver) return
    this.#stream.stopSending(code)
    this.#stopListening()
  }

  #stopListening(): void {
    this.#isReadOver = true
    this.#frames.stop()
    this.#body.discard()
  }

  #release(): void {
    if (this.#isReleased || !this.#isReadOver || !this.send.isOver) return
    if (this.#exchange !== null && !this.#exchange.isSettled) return
    this.#isReleased = true
    this.#owner.onOver(this.id, this.#exchange)
  }
}
