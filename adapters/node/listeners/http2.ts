import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import type { HeaderList, Peer } from '../../../src/platform/index.ts'
import type { HandlerOptions } from '../handler.ts'
import { logFailure, toBodyStream, toCaptured } from '../handler.ts'
import type { Incoming } from '../incoming.ts'
import { peerOf } from '../peer.ts'
import { pump } from '../pump.ts'
import { NodeRequest } from '../request.ts'
import type { Captured } from '../response.ts'
import { isHost } from '../target.ts'

/** Answers the streams of `node:http2`. */
export type Http2Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]) => void

const endStream = 1
const noError = 0
const internalError = 2
const refusedStream = 7

/** Fields that belong to one HTTP/1.1 connection (RFC 9113 §8.2.2). */
const connectionFields = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

/** Makes the handler. It is synchronous as long as the app is. */
export function createHttp2Handler(options: HandlerOptions): Http2Handler {
  const { app, platform, activity } = options

  function send(exchange: Http2Exchange, response: Response): void {
    try {
      exchange.send(response)
    } catch (error) {
      logFailure(platform, error)
      exchange.crash()
    }
  }

  function crash(exchange: Http2Exchange, error: unknown): void {
    logFailure(platform, error)
    exchange.crash()
  }

  return (stream, headers, flags, rawHeaders) => {
    // A reset stream must not end the process.
    stream.on('error', ignore)
    if (activity.draining) {
      stream.close(refusedStream)
      return
    }
    activity.active++
    activity.total++
    const exchange = new Http2Exchange(stream, headers, (flags & endStream) === 0, rawHeaders, options)
    const refusal = exchange.refusal()
    if (refusal !== 0) {
      exchange.refuse(refusal)
      return
    }
    try {
      const answer = app.fetch(exchange.request(), platform)
      if (answer instanceof Promise) {
        answer.then(
          (settled) => send(exchange, settled),
          (error: unknown) => crash(exchange, error),
        )
      } else {
        send(exchange, answer)
      }
    } catch (error) {
      crash(exchange, error)
    }
  }
}

/** One request and its response, as Node has them. */
class Http2Exchange implements Incoming {
  readonly target: string
  readonly host: string
  readonly #stream: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #hasBody: boolean
  readonly #rawHeaders: string[]
  readonly #options: HandlerOptions

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, hasBody: boolean, rawHeaders: string[], options: HandlerOptions) {
    this.#stream = stream
    this.#headers = headers
    this.#hasBody = hasBody
    this.#rawHeaders = rawHeaders
    this.#options = options
    this.target = headers[':path'] ?? ''
    this.host = headers[':authority'] ?? headers.host ?? ''
  }

  get method(): string {
    return this.#headers[':method'] ?? 'GET'
  }

  get encrypted(): boolean {
    return 'encrypted' in (this.#stream.session?.socket ?? {})
  }

  get contentLength(): number | null {
    const text = this.#headers['content-length']
    return text === undefined ? null : Number(text)
  }

  /** The status of a request that the app does not see; 0 for one that it does. */
  refusal(): number {
    if (this.method === 'CONNECT' || this.method === 'TRACE') return 501
    if (this.#rawHeaders.length > (this.#options.maxHeaderFields + 4) * 2) return 431
    return this.target !== '' && isHost(this.host) ? 0 : 400
  }

  request(): Request {
    // The class has every member of the interface; its prototype is linked to the native one on first touch.
    return new NodeRequest(this) as unknown as Request
  }

  openBody(): Readable | null {
    return this.#hasBody ? this.#stream : null
  }

  header(name: string): string | undefined {
    const value = this.#headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  list(): HeaderList {
    const list: string[] = []
    let hasHost = false
    for (let index = 1; index < this.#rawHeaders.length; index += 2) {
      const name = this.#rawHeaders[index - 1] ?? ''
      if (name.startsWith(':')) continue
      hasHost ||= name === 'host'
      list.push(name, this.#rawHeaders[index] ?? '')
    }
    return hasHost ? list : ['host', this.host, ...list]
  }

  onGone(listener: () => void): void {
    const stream = this.#stream
    if (stream.destroyed) listener()
    else stream.once('close', () => void ((stream.writableFinished && stream.rstCode === noError) || listener()))
  }

  peer(): Peer {
    return peerOf(this.#stream.session?.socket, this.encrypted, 'HTTP/2')
  }

  earlyHints(links: readonly string[]): boolean {
    const stream = this.#stream
    if (stream.headersSent || stream.destroyed) return false
    stream.additionalHeaders({ ':status': 103, link: [...links] })
    return true
  }

  /** Writes the answer. Throws before anything was written, if Node refuses the head. */
  send(response: Response): void {
    const captured = toCaptured(response)
    const { body, status } = captured
    if (this.#stream.destroyed || this.#stream.closed) {
      toBodyStream(body)?.cancel().catch(ignore)
      this.#end()
    } else if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
      const hasBody = body !== null && this.method !== 'HEAD'
      const length = status === 204 || status === 304 ? -1 : lengthOf(body)
      this.#stream.respond(this.#fields(captured, length), { endStream: !hasBody })
      if (hasBody) this.#stream.end(body)
      this.#finish()
    } else {
      void this.#sendStream(captured)
    }
  }

  refuse(status: number): void {
    this.#stream.respond({ ':status': status, 'content-length': '0' }, { endStream: true })
    this.#finish()
  }

  /** The answer failed: a bare 500 if nothing was sent, else the stream is reset. */
  crash(): void {
    if (this.#stream.headersSent || this.#stream.destroyed) {
      this.#stream.close(internalError)
      this.#end()
    } else {
      this.refuse(500)
    }
  }

  async #sendStream(captured: Captured): Promise<void> {
    const stream = this.#stream
    const source = toBodyStream(captured.body)
    try {
      if (source === null || this.method === 'HEAD') {
        stream.respond(this.#fields(captured, null), { endStream: true })
        await source?.cancel()
      } else {
        stream.respond(this.#fields(captured, null))
        if (await pump(source, stream)) stream.end()
      }
      this.#finish()
    } catch (error) {
      logFailure(this.#options.platform, error)
      this.crash()
    }
  }

  /** The fields as Node takes them. `length`: of the body in bytes, null when unknown, -1 for none at all. */
  #fields({ status, headers }: Captured, length: number | null): OutgoingHttpHeaders {
    const fields: OutgoingHttpHeaders = { ':status': status }
    const keepsLength = length === null || (this.method === 'HEAD' && length === 0)
    for (let index = 1; index < headers.length; index += 2) {
      const name = headers[index - 1] ?? ''
      if (connectionFields.has(name) || (name === 'content-length' && !keepsLength)) continue
      const before = fields[name]
      const value = headers[index] ?? ''
      if (before === undefined) fields[name] = value
      else fields[name] = Array.isArray(before) ? [...before, value] : [String(before), value]
    }
    if (!keepsLength && length >= 0) fields['content-length'] = String(length)
    return fields
  }

  /** RFC 9113 §8.1: an answer that is complete before the request is tells the client to stop sending. */
  #finish(): void {
    if (this.#hasBody && !this.#stream.readableEnded && !this.#stream.destroyed) {
      this.#stream.once('finish', () => void (this.#stream.readableEnded || this.#stream.close(noError)))
    }
    this.#end()
  }

  #end(): void {
    const { activity } = this.#options
    activity.active--
    if (activity.draining) activity.onEnd?.()
  }
}

function lengthOf(body: string | Uint8Array | null): number {
  if (body === null) return 0
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}

function ignore(): void {
  // The stream's own state says what happened.
}
