import { assertStatus } from '../../http/index.ts'
import type { HeaderList } from '../../platform/contract.ts'
import type { ByteWriter } from './byte-writer.ts'
import type {
  Http3Body,
  Http3BodyReader,
  Http3Exchange,
  Http3ResponseOptions,
  QuicAddress,
} from './contract.ts'
import { h3 } from './error-code.ts'
import { bodyAborted } from './request-body.ts'
import type { RequestBody } from './request-body.ts'
import type { RequestHead } from './request-head.ts'
import { pumpBody, toBytes, writeData } from './response-body.ts'
import { writeResponseHead } from './response-head.ts'
import type { SendSide } from './send-side.ts'

/** What an exchange needs of its stream. */
export interface ExchangeStream {
  readonly id: number
  readonly remote: QuicAddress
  readonly writer: ByteWriter
  readonly send: SendSide
  /** Bytes of a header section that the client takes. */
  readonly maxPeerSectionBytes: number
  /** Cuts both directions. */
  abort(code: number): void
  /** The exchange was answered or aborted. */
  onSettled(): void
  /** An answer could not be completed. */
  onFailure(error: unknown): void
}

/** One request as the app sees it. */
export class Exchange implements Http3Exchange {
  readonly hasBody: boolean
  readonly method: string
  readonly headers: HeaderList
  trailers: HeaderList = []
  isGone = false
  isAnswered = false
  /** Was it answered or aborted, even in vain? */
  isSettled = false
  readonly #head: RequestHead
  readonly #body: RequestBody
  readonly #stream: ExchangeStream
  #owesContinue: boolean
  #reader: Http3BodyReader | null = null
  #listeners: Set<() => void> | null = null

  constructor(stream: ExchangeStream, head: RequestHead, body: RequestBody, hasBody: boolean) {
    this.#stream = stream
    this.#head = head
    this.#body = body
    this.hasBody = hasBody
    this.method = head.method ?? ''
    this.headers = head.fields
    this.#owesContinue = head.expectsContinue && hasBody && body.received === 0
  }

  get id(): number {
    return this.#stream.id
  }

  get remote(): QuicAddress {
    return this.#stream.remote
  }

  get scheme(): string {
    return this.#head.scheme ?? ''
  }

  get authority(): string {
    return this.#head.authority
  }

  get path(): string {
    return this.#head.path ?? ''
  }

  get protocol(): string | null {
    return this.#head.protocol
  }

  get contentLength(): number | null {
    return this.#head.contentLength
  }

  read(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#owesContinue && this.#body.received === 0) this.informational(100, [])
    return this.#body.read()
  }

  discardBody(): void {
    this.#body.discard()
  }

  informational(status: number, headers: HeaderList): boolean {
    if (!Number.isInteger(status) || status < 100 || status > 199 || status === 101) {
      throw new RangeError('Expected a status from 100 to 199, without 101, which HTTP/3 does not have')
    }
    const { send, writer, maxPeerSectionBytes } = this.#stream
    if (this.isSettled || send.isOver) return false
    writeResponseHead(writer, status, headers, { contentLength: null, maxBytes: maxPeerSectionBytes })
    if (status === 100) this.#owesContinue = false
    send.write(writer.written, false)
    return true
  }

  respond(status: number, headers: HeaderList, body: Http3Body, options?: Http3ResponseOptions): void {
    if (this.isSettled) throw new TypeError('Expected one answer to a request')
    assertStatus(status)
    const { send, writer, maxPeerSectionBytes } = this.#stream
    if (send.isOver) {
      discard(body)
      this.#settle()
      return
    }
    const bytes = isReader(body) ? null : toBytes(body ?? '')
    // An answer to HEAD may say how long the body would be that it does not have.
    const isMute = body === null && this.method === 'HEAD'
    const length = bytes === null || isMute ? announcedLength(headers) : bytes.length
    writeResponseHead(writer, status, headers, {
      contentLength: this.#mayNameLength(status) ? (status === 205 ? 0 : length) : null,
      maxBytes: maxPeerSectionBytes,
    })
    this.isAnswered = true
    const isBodyless = this.method === 'HEAD' || status === 204 || status === 205 || status === 304
    if (isBodyless || bytes?.length === 0) {
      discard(body)
      send.write(writer.written, true)
    } else if (bytes !== null) {
      writeData(send, writer, bytes, true)
    } else if (isReader(body)) {
      send.write(writer.written, false)
      this.#pump(body, length, options)
    }
    this.#settle()
  }

  abort(code: number = h3.internalError): void {
    this.#stream.abort(code)
    this.#settle()
  }

  onGone(listener: () => void): () => void {
    if (this.isGone) {
      listener()
      return () => undefined
    }
    this.#listeners ??= new Set()
    const listeners = this.#listeners
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** The client went away, or the stream was cut, before the answer was complete. */
  cut(): void {
    if (this.isGone) return
    this.isGone = true
    this.#body.fail(bodyAborted())
    this.#cancelReader(new Error('The client went away'))
    const listeners = this.#listeners
    this.#listeners = null
    for (const listener of listeners ?? []) {
      try {
        listener()
      } catch (error) {
        this.#stream.onFailure(error)
      }
    }
  }

  /** RFC 9110 §8.6, §9.3.6 */
  #mayNameLength(status: number): boolean {
    return status !== 204 && status !== 304 && !(this.method === 'CONNECT' && status < 300)
  }

  #pump(reader: Http3BodyReader, expectedBytes: number | null, options: Http3ResponseOptions = {}): void {
    const { send, writer, maxPeerSectionBytes } = this.#stream
    this.#reader = reader
    const target = {
      send,
      writer,
      expectedBytes,
      trailers: options.trailers,
      maxTrailerBytes: maxPeerSectionBytes,
    }
    pumpBody(reader, target).then(
      () => {
        if (send.isComplete) this.#reader = null
      },
      (error: unknown) => {
        // A body that is the request's own fails when its client goes away; that is no failure of the answer.
        if (send.isOver) return
        this.#cancelReader(error)
        this.#stream.abort(h3.internalError)
        this.#stream.onFailure(error)
      },
    )
  }

  #cancelReader(reason: unknown): void {
    const reader = this.#reader
    this.#reader = null
    if (reader !== null) cancel(reader, reason)
  }

  #settle(): void {
    this.isSettled = true
    this.#stream.onSettled()
  }
}

function isReader(body: Http3Body): body is Http3BodyReader {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array)
}

function discard(body: Http3Body): void {
  if (isReader(body)) cancel(body, new Error('The client does not take the body'))
}

function cancel(reader: Http3BodyReader, reason: unknown): void {
  try {
    reader.cancel(reason).catch(() => undefined)
  } catch {
    // Whoever reads for the app may fail as he likes; nobody waits for him.
  }
}

/** What the fields say of a body that is read, in bytes; null if nothing. */
function announcedLength(headers: HeaderList): number | null {
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] ?? ''
    if (headers[index] === 'content-length' && /^\d{1,15}$/.test(value)) return Number(value)
  }
  return null
}
