import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { assertHeaderValue } from '../../../src/http/index.ts'
import type { HeaderList, Peer } from '../../../src/platform/index.ts'
import type { BodyReader, Exchange, HandlerOptions } from '../handler.ts'
import {
  announcedLength,
  answer,
  assertFinal,
  discard,
  isBodyless,
  lengthOf,
  logFailure,
  maxUnreadBytes,
  readerOf,
} from '../handler.ts'
import type { Incoming } from '../incoming.ts'
import { peerOf } from '../peer.ts'
import { pump } from '../pump.ts'
import { NodeRequest } from '../request.ts'
import type { Captured } from '../response.ts'
import { isWhole, toCaptured } from '../response.ts'
import { isHost } from '../target.ts'
import { refuseHandshake } from './upgrade.ts'

/** Answers the streams of `node:http2`: for its `stream` event, without the compatibility API. */
export type Http2Handler = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
) => void

/** The flag END_STREAM of a HEADERS frame (RFC 9113 §6.2). */
const endStream = 1
/** Error codes (RFC 9113 §7). */
const noError = 0
const refusedStream = 7

/** Fields that belong to one HTTP/1.1 connection (RFC 9113 §8.2.2). */
const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** Makes the handler. It is synchronous as long as the app is. */
export function createHttp2Handler(options: HandlerOptions): Http2Handler {
  const { activity } = options
  function onClose(): void {
    activity.active--
    if (activity.draining) activity.onEnd?.()
  }
  return (stream, headers, flags, rawHeaders) => {
    // A stream that is reset must not end the process.
    stream.on('error', ignore)
    if (activity.draining) {
      // RFC 9113 §8.7: the client knows that it may try again elsewhere.
      stream.close(refusedStream)
      return
    }
    activity.active++
    activity.total++
    stream.on('close', onClose)
    const exchange = new Http2Exchange(stream, headers, (flags & endStream) === 0, rawHeaders, options)
    const refusal = exchange.refusal()
    if (refusal === 0) answer(exchange, options)
    else exchange.refuse(refusal)
  }
}

/** One request and its response, as Node has them. */
class Http2Exchange implements Incoming, Exchange {
  readonly target: string
  readonly host: string
  readonly method: string
  readonly hasBody: boolean
  readonly rawHeaders: HeaderList
  readonly #stream: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #options: HandlerOptions

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    hasBody: boolean,
    rawHeaders: readonly string[],
    options: HandlerOptions,
  ) {
    const authority = headers[':authority']
    this.target = headers[':path'] ?? ''
    this.host = authority ?? headers.host ?? ''
    this.method = headers[':method'] ?? ''
    this.hasBody = hasBody
    // RFC 9113 §8.3.1: what reads `Host` finds the authority there.
    this.rawHeaders =
      headers.host === undefined && authority !== undefined ? ['host', authority, ...rawHeaders] : rawHeaders
    this.#stream = stream
    this.#headers = headers
    this.#options = options
  }

  get encrypted(): boolean {
    return this.#stream.session?.encrypted ?? false
  }

  get contentLength(): number | null {
    const text = this.#headers['content-length']
    return text === undefined ? null : Number(text)
  }

  /** The status of a request that the app does not see; 0 for one that it does. */
  refusal(): number {
    if (this.method === 'CONNECT' || this.method === 'TRACE') return 501
    if (this.rawHeaders.length > (this.#options.maxHeaderFields + controlFields) * 2) return 431
    return this.target !== '' && isHost(this.host) && this.#hasOneHost() ? 0 : 400
  }

  request(): Request {
    // The class has every member of the interface.
    return new NodeRequest(this) as unknown as Request
  }

  openBody(): Readable {
    const stream = this.#stream
    // RFC 9110 §10.1.1
    if (this.#headers.expect !== undefined && !stream.headersSent && !stream.destroyed) {
      stream.additionalHeaders({ ':status': 100 })
    }
    return stream
  }

  onGone(listener: () => void): () => void {
    const stream = this.#stream
    if (this.#isGone()) {
      listener()
      return () => undefined
    }
    const onClose = (): void => {
      if (!stream.writableFinished || stream.rstCode !== noError) listener()
    }
    stream.once('close', onClose)
    return () => void stream.off('close', onClose)
  }

  peer(): Peer | null {
    return peerOf(this.#stream.session?.socket, this.#options.isUnixSocket ?? false, this.encrypted, 'HTTP/2')
  }

  earlyHints(links: readonly string[]): boolean {
    const stream = this.#stream
    if (stream.headersSent || this.#isGone()) return false
    for (const link of links) assertHeaderValue('link', link)
    stream.additionalHeaders({ ':status': 103, link: [...links] })
    return true
  }

  upgrade(): Response {
    return refuseHandshake()
  }

  send(response: Response): void {
    const captured = toCaptured(response)
    const { body, status } = captured
    const stream = this.#stream
    if (this.#isGone()) {
      discard(body)
    } else if (isBodyless(status) || this.method === 'HEAD') {
      discard(body)
      const length = body !== null && isWhole(body) ? lengthOf(body) : announcedLength(captured)
      stream.respond(toFields(captured, length), { endStream: true })
      this.#finish()
    } else if (isWhole(body)) {
      const length = lengthOf(body)
      stream.respond(toFields(captured, length), { endStream: length === 0 })
      if (length !== 0) stream.end(body)
      this.#finish()
    } else {
      this.#sendStream(captured, readerOf(body)).catch((error: unknown) => {
        logFailure(this.#options.platform, error)
        this.crash()
      })
    }
  }

  /** An answer without the app. */
  refuse(status: number): void {
    this.#stream.respond({ ':status': status, 'content-length': '0' }, { endStream: true })
    this.#finish()
  }

  crash(): void {
    const stream = this.#stream
    if (!stream.headersSent && !this.#isGone()) this.refuse(500)
    // Node up to 26 ends the stream before it sends the code of `close`, and an answer that was cut looks whole then.
    // An error resets it with INTERNAL_ERROR at once.
    else stream.destroy(new Error('The answer could not be completed'))
  }

  async #sendStream(captured: Captured, reader: BodyReader): Promise<void> {
    const stream = this.#stream
    const length = announcedLength(captured)
    try {
      stream.respond(toFields(captured, length))
    } catch (error) {
      reader.cancel(error).catch(ignore)
      throw error
    }
    const isSent = await pump(
      reader,
      {
        writable: stream,
        isGone: () => this.#isGone(),
        onGone: (listener) => this.onGone(listener),
        flushHead: ignore,
      },
      length,
    )
    if (!isSent) return
    stream.end()
    this.#finish()
  }

  /**
   * RFC 9113 §8.1: an answer that is complete before the request is tells the client to stop sending. A small rest is
   * taken and thrown away instead, which every client understands.
   */
  #finish(): void {
    const stream = this.#stream
    if (!this.hasBody || stream.readableEnded) return
    stream.removeAllListeners('data').removeAllListeners('readable')
    const { contentLength } = this
    if (contentLength !== null && contentLength <= maxUnreadBytes) stream.resume()
    // Node 22 and 26 would reset the stream before a head that has no body behind it.
    else setImmediate(closeStream, stream)
  }

  #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed
  }

  /** RFC 9113 §8.3.1: `Host` beside `:authority` must not name another host. */
  #hasOneHost(): boolean {
    const { rawHeaders, host } = this
    for (let index = 0; index < rawHeaders.length; index += 2) {
      if (rawHeaders[index] === 'host' && rawHeaders[index + 1] !== host) return false
    }
    return true
  }
}

function closeStream(stream: ServerHttp2Stream): void {
  if (!stream.destroyed) stream.close(noError)
}

/** `:method`, `:scheme`, `:authority`, `:path`, and the `host` that stands for `:authority`. */
const controlFields = 5

/**
 * The fields as Node takes them. `length`: of the body in bytes, or null when unknown. Security: Node checks the values
 * of HTTP/1.1 but not these, and a proxy that translates to HTTP/1.1 would split a header with CR and LF in it.
 */
function toFields({ status, headers }: Captured, length: number | null): OutgoingHttpHeaders {
  assertFinal(status)
  // Without a prototype, for a field may have any name.
  const fields: OutgoingHttpHeaders = Object.create(null)
  fields[':status'] = status
  for (let index = 1; index < headers.length; index += 2) {
    const name = headers[index - 1] ?? ''
    if (name === 'content-length' || connectionFields.has(name)) continue
    const value = headers[index] ?? ''
    assertHeaderValue(name, value)
    const before = fields[name]
    if (before === undefined) fields[name] = name === 'set-cookie' ? [value] : value
    else if (Array.isArray(before)) before.push(value)
    else fields[name] = `${before}, ${value}`
  }
  // RFC 9110 §8.6
  if (length !== null && status !== 204 && status !== 304) fields['content-length'] = String(length)
  return fields
}

function ignore(): void {
  // What happened to a stream is told by its own state.
}
