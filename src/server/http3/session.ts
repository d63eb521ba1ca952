import type { Clock } from '../../platform/contract.ts'
import { Budget } from './budget.ts'
import { ByteWriter } from './byte-writer.ts'
import type {
  Http3Limits,
  Http3Session,
  Http3SessionOptions,
  QuicAddress,
  QuicClosure,
  QuicConnection,
  QuicConnectionHandler,
  QuicStream,
  QuicStreamHandler,
} from './contract.ts'
import { ControlStream } from './control-stream.ts'
import { connectionError, h3 } from './error-code.ts'
import type { Http3Error } from './error-code.ts'
import type { Exchange } from './exchange.ts'
import { frameType, streamType } from './frame.ts'
import { resolveHttp3Limits } from './limits.ts'
import { DecoderStream, EncoderStream } from './qpack-streams.ts'
import { RefusedStream } from './refused-stream.ts'
import type { RequestOwner } from './request-owner.ts'
import { RequestStream } from './request-stream.ts'
import { SendSide } from './send-side.ts'
import type { PeerSettings } from './settings.ts'
import { writeSettings } from './settings.ts'
import type { StreamReader, UnidirectionalOwner } from './unidirectional-stream.ts'
import { isSingleton, UnidirectionalStream } from './unidirectional-stream.ts'
import { varintSize } from './varint.ts'

/**
 * Speaks HTTP/3 (RFC 9114) on a connection, as its server. To be called in the turn of `onConnection`. Has no dynamic
 * table of QPACK, and pushes nothing. Throws `RangeError` for a limit out of its range.
 */
export function createHttp3Session(connection: QuicConnection, options: Http3SessionOptions): Http3Session {
  const session = new Session(connection, options)
  session.start()
  return session
}

/** How often streams are looked at: so many times within the shortest of the bounds in time. */
const sweepsPerBound = 4
const maxSweepMs = 5_000
/** So much without effect is allowed besides for each request that was answered. */
const noisePerRequest = 4

class Session implements Http3Session, QuicConnectionHandler, RequestOwner, UnidirectionalOwner {
  readonly limits: Http3Limits
  readonly writer: ByteWriter = new ByteWriter()
  readonly allowsExtendedConnect: boolean
  bufferedBytes = 0
  maxPeerSectionBytes: number = Infinity
  isClosed = false
  readonly #connection: QuicConnection
  readonly #options: Http3SessionOptions
  readonly #clock: Clock
  readonly #requests = new Map<number, RequestStream>()
  /** Types of the streams that there is one of. */
  readonly #opened = new Set<number>()
  readonly #noise: Budget
  readonly #resets: Budget
  #control: SendSide | null = null
  /** The first id that no request has had. */
  #nextId = 0
  #isDraining = false
  #idleSince: number
  #reason = ''
  #hasEnded = false
  #stopSweeping: () => void = () => undefined

  constructor(connection: QuicConnection, options: Http3SessionOptions) {
    this.limits = resolveHttp3Limits(options.limits)
    this.allowsExtendedConnect = options.allowExtendedConnect ?? false
    this.#connection = connection
    this.#options = options
    this.#clock = options.clock
    this.#idleSince = this.now()
    this.#noise = new Budget(this.limits.noiseBurst, this.limits.noisePerSecond, () => this.now())
    this.#resets = new Budget(this.limits.resetBurst, this.limits.resetsPerSecond, () => this.now())
  }

  get activeRequests(): number {
    return this.#requests.size
  }

  get remote(): QuicAddress {
    return this.#connection.remote
  }

  now(): number {
    return this.#clock.monotonic()
  }

  /**
   * RFC 9114 §7.2.4.2: SETTINGS are the first thing that is sent. Streams for QPACK are not opened, because without a
   * dynamic table nothing would ever be on them (RFC 9204 §4.2).
   */
  start(): void {
    this.#connection.start(this)
    const stream = this.#connection.openUnidirectional(new ControlStreamWatch(this))
    if (stream === null) {
      this.endConnection(connectionError(h3.generalProtocolError, 'The client permits no control stream'))
      return
    }
    this.#control = new SendSide(stream, () => undefined)
    this.writer.reset()
    writeSettings(this.writer, {
      maxFieldSectionBytes: this.limits.maxFieldSectionBytes,
      allowsExtendedConnect: this.allowsExtendedConnect,
      hasGrease: this.#options.grease ?? true,
    })
    this.#control.write(Uint8Array.of(streamType.control), false)
    this.#control.write(this.writer.written, false)
    this.#sweepLater()
  }

  onStream(stream: QuicStream): QuicStreamHandler {
    if (this.isClosed) return new RefusedStream()
    // RFC 9000 §2.1: a client's unidirectional streams leave 2.
    if (stream.id % 4 === 2) return new UnidirectionalStream(stream, this)
    this.#nextId = this.#isDraining ? this.#nextId : Math.max(this.#nextId, stream.id + 4)
    if (stream.id >= this.#nextId || this.#requests.size >= this.limits.maxConcurrentRequests) {
      return this.#reject(stream)
    }
    const request = new RequestStream(stream, this)
    this.#requests.set(stream.id, request)
    return request
  }

  onClose(closure: QuicClosure): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#cutAll()
    this.#options.onClose?.({ ...closure, reason: this.#reason })
  }

  drain(): void {
    if (this.isClosed || this.#isDraining) return
    this.#sendGoaway()
    this.#closeWhenDone()
  }

  close(code: number = h3.noError): void {
    if (this.isClosed) return
    this.#sendGoaway()
    this.#connection.close(code, '', { delivers: false })
    this.#cutAll()
  }

  openReader(type: number): StreamReader | null {
    if (type === streamType.push)
      throw connectionError(h3.streamCreationError, 'A client opened a push stream')
    if (!isSingleton(type)) {
      this.takeNoise(1)
      return null
    }
    if (this.#opened.has(type)) {
      throw connectionError(h3.streamCreationError, 'A control stream or a stream of QPACK is there twice')
    }
    this.#opened.add(type)
    if (type === streamType.control) return new ControlStream(this)
    return type === streamType.qpackEncoder ? new EncoderStream(this) : new DecoderStream(this)
  }

  onSettings({ maxFieldSectionBytes }: PeerSettings): void {
    this.maxPeerSectionBytes = maxFieldSectionBytes
  }

  takeNoise(count: number): void {
    if (!this.#noise.take(count)) throw connectionError(h3.excessiveLoad, 'Too much that has no effect')
  }

  onSpoiled(): void {
    if (this.#resets.take(1)) return
    this.endConnection(connectionError(h3.excessiveLoad, 'Too many requests were given up or malformed'))
  }

  onRequest(exchange: Exchange): void {
    this.#options.onRequest(exchange)
  }

  onOver(id: number, exchange: Exchange | null): void {
    this.#requests.delete(id)
    if (this.#requests.size === 0) this.#idleSince = this.now()
    if (exchange !== null) {
      // A busy client has more to say, for example how urgent each request is (RFC 9218 §7.2).
      if (!exchange.isGone) this.#noise.give(noisePerRequest)
      this.#options.onRequestEnd?.(exchange)
    }
    this.#closeWhenDone()
  }

  onFailure(error: unknown): void {
    this.#options.onFailure?.(error)
  }

  endConnection(error: Http3Error): void {
    if (this.isClosed) return
    this.#reason = error.message
    this.#connection.close(error.code, error.message, { delivers: false })
    this.#cutAll()
  }

  /** The client has room for more on our control stream. */
  flushControl(): void {
    this.#control?.flush()
  }

  #reject(stream: QuicStream): QuicStreamHandler {
    // RFC 9114 §4.1.1: nothing was done, the client may send it again elsewhere.
    stream.reset(h3.requestRejected)
    stream.stopSending(h3.requestRejected)
    if (!this.#noise.take(1)) {
      this.endConnection(connectionError(h3.excessiveLoad, 'Too many requests beside those that are allowed'))
    }
    return new RefusedStream()
  }

  #sendGoaway(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    this.writer.reset()
    this.writer.frameHead(frameType.goaway, varintSize(this.#nextId))
    this.writer.varint(this.#nextId)
    this.#control?.write(this.writer.written, false)
  }

  #closeWhenDone(): void {
    if (!this.#isDraining || this.isClosed || this.#requests.size > 0) return
    this.#connection.close(h3.noError, '', { delivers: true })
    this.#cutAll()
  }

  #cutAll(): void {
    this.isClosed = true
    this.#stopSweeping()
    this.#control?.cut()
    for (const request of this.#requests.values()) request.cut()
  }

  #sweepLater(): void {
    const { headTimeoutMs, stallTimeoutMs, idleTimeoutMs } = this.limits
    const bound = Math.min(headTimeoutMs, stallTimeoutMs, idleTimeoutMs)
    const delayMs = Math.min(maxSweepMs, Math.ceil(bound / sweepsPerBound))
    this.#stopSweeping = this.#clock.schedule(delayMs, () => this.#sweep())
  }

  #sweep(): void {
    if (this.isClosed) return
    const now = this.now()
    for (const request of this.#requests.values()) request.sweep(now)
    if (this.#requests.size === 0 && now - this.#idleSince >= this.limits.idleTimeoutMs) this.drain()
    if (!this.isClosed) this.#sweepLater()
  }
}

/** Our control stream, on which only we send. */
class ControlStreamWatch implements QuicStreamHandler {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  onData(): void {
    // The client cannot send on it.
  }

  onReset(): void {
    // The client cannot send on it.
  }

  onStopSending(): void {
    // RFC 9114 §6.2.1
    const message = 'The client asks to close the control stream'
    this.#session.endConnection(connectionError(h3.closedCriticalStream, message))
  }

  onWritable(): void {
    this.#session.flushControl()
  }
}
