import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { HeaderList, Peer } from '../../../src/platform/index.ts'
import type { HandlerOptions } from '../handler.ts'
import { logFailure, toBodyStream, toCaptured } from '../handler.ts'
import type { Incoming } from '../incoming.ts'
import { peerOf } from '../peer.ts'
import { pump } from '../pump.ts'
import { NodeRequest } from '../request.ts'
import type { Captured } from '../response.ts'
import { isHost, parseTarget } from '../target.ts'

/** Answers the requests of `node:http`, and those of HTTP/1.1 on a server of `node:http2`. */
export type Http1Handler = (message: IncomingMessage, response: ServerResponse) => void

/** A body that nobody read is read to its end up to this size, so that the connection can be kept. */
const maxUnreadBytes = 65_536
/** How long a connection that will be closed still takes what the client is sending, in milliseconds. */
const lingerMs = 1000

/** Makes the handler. It is synchronous as long as the app is, and writes head and body at once where it can. */
export function createHttp1Handler(options: HandlerOptions): Http1Handler {
  const { app, platform, activity } = options

  function send(exchange: Http1Exchange, response: Response): void {
    try {
      exchange.send(response)
    } catch (error) {
      logFailure(platform, error)
      exchange.crash()
    }
  }

  return (message, response) => {
    activity.active++
    activity.total++
    const exchange = new Http1Exchange(message, response, options)
    const refusal = exchange.refusal()
    if (refusal !== 0) return exchange.refuse(refusal)
    try {
      const answer = app.fetch(exchange.request(), platform)
      if (answer instanceof Promise) {
        answer.then(
          (settled) => send(exchange, settled),
          (error: unknown) => {
            logFailure(platform, error)
            exchange.crash()
          },
        )
      } else {
        send(exchange, answer)
      }
    } catch (error) {
      logFailure(platform, error)
      exchange.crash()
    }
  }
}

/** One request and its response, as Node has them. */
class Http1Exchange implements Incoming {
  readonly target: string
  readonly host: string
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #options: HandlerOptions
  readonly #hosts: number
  /** Does the message have a body (RFC 9112 §6.3)? */
  readonly #hasBody: boolean
  readonly #expects: boolean
  #opened = false

  constructor(message: IncomingMessage, response: ServerResponse, options: HandlerOptions) {
    this.#message = message
    this.#response = response
    this.#options = options
    const url = message.url ?? '/'
    const { rawHeaders } = message
    let host = ''
    let hosts = 0
    let hasBody = false
    let expects = false
    // One pass by length, then by name, instead of the object with all fields that Node would build.
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      switch (name.length) {
        case 4:
          if (name.toLowerCase() === 'host') {
            host = rawHeaders[index + 1] ?? ''
            hosts++
          }
          break
        case 6:
          expects ||= name.toLowerCase() === 'expect'
          break
        case 14:
          hasBody ||= name.toLowerCase() === 'content-length' && rawHeaders[index + 1] !== '0'
          break
        case 17:
          hasBody ||= name.toLowerCase() === 'transfer-encoding'
          break
      }
    }
    if (url.charCodeAt(0) === 47) {
      this.target = url
    } else {
      const parsed = parseTarget(url)
      this.target = parsed.target
      host = parsed.authority ?? host
    }
    this.host = host
    this.#hosts = hosts
    this.#hasBody = hasBody
    this.#expects = expects
  }

  get method(): string {
    return this.#message.method ?? 'GET'
  }

  get encrypted(): boolean {
    return 'encrypted' in this.#message.socket
  }

  get contentLength(): number | null {
    const text = this.#message.headers['content-length']
    return text === undefined ? null : Number(text)
  }

  /** The status of a request that the app does not see; 0 for one that it does. */
  refusal(): number {
    if (this.method === 'TRACE') return 501
    if (this.#message.rawHeaders.length > this.#options.maxHeaderFields * 2) return 431
    // RFC 9112 §3.2: exactly one valid `Host` in HTTP/1.1, at most one in HTTP/1.0.
    if (this.#hosts > 1 || (this.#hosts === 0 && this.#message.httpVersionMinor === 1)) return 400
    return isHost(this.host) || (this.host === '' && this.#hosts === 0) ? 0 : 400
  }

  request(): Request {
    // The class has every member of the interface; its prototype is linked to the native one on first touch.
    return new NodeRequest(this) as unknown as Request
  }

  openBody(): Readable | null {
    if (!this.#hasBody) return null
    this.#opened = true
    if (this.#expects && !this.#response.headersSent) this.#response.writeContinue()
    return this.#message
  }

  header(name: string): string | undefined {
    const value = this.#message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  list(): HeaderList {
    const { rawHeaders } = this.#message
    const list: string[] = []
    for (let index = 1; index < rawHeaders.length; index += 2) {
      list.push((rawHeaders[index - 1] ?? '').toLowerCase(), rawHeaders[index] ?? '')
    }
    return list
  }

  onGone(listener: () => void): void {
    const response = this.#response
    if (response.destroyed && !response.writableFinished) listener()
    else response.once('close', () => void (response.writableFinished || listener()))
  }

  peer(): Peer {
    return peerOf(this.#message.socket, this.encrypted, `HTTP/${this.#message.httpVersion}`)
  }

  earlyHints(links: readonly string[]): boolean {
    const response = this.#response
    if (response.headersSent || response.destroyed || this.#message.httpVersionMinor === 0) return false
    response.writeEarlyHints({ link: [...links] })
    return true
  }

  /** Writes the answer. Throws before anything was written, if Node refuses the head. */
  send(response: Response): void {
    const captured = toCaptured(response)
    if (this.#response.destroyed) {
      toBodyStream(captured.body)?.cancel().catch(() => undefined)
      return this.#end()
    }
    const { body } = captured
    if (body === null || typeof body === 'string' || body instanceof Uint8Array) this.#sendWhole(captured, body)
    else void this.#sendStream(captured)
  }

  /** An answer without the app. */
  refuse(status: number): void {
    this.#response.shouldKeepAlive = false
    this.#sendWhole({ body: null, status, headers: [] }, null)
  }

  /** The answer failed: a bare 500 if nothing was sent, else the connection is cut. */
  crash(): void {
    if (this.#response.headersSent || this.#response.destroyed) {
      this.#response.destroy()
      this.#end()
    } else {
      this.refuse(500)
    }
  }

  #sendWhole({ status, headers }: Captured, body: string | Uint8Array | null): void {
    const response = this.#response
    const fields = this.#fields(headers, status === 204 || status === 304 ? -1 : lengthOf(body))
    const lingers = this.#mustLinger()
    if (lingers) response.shouldKeepAlive = false
    response.writeHead(status, fields)
    if (lingers && body !== null && this.method !== 'HEAD') {
      response.write(body)
      this.#linger()
    } else if (body === null || this.method === 'HEAD') {
      response.end()
    } else {
      response.end(body)
    }
    this.#end()
  }

  async #sendStream(captured: Captured): Promise<void> {
    const response = this.#response
    const source = toBodyStream(captured.body)
    try {
      if (this.#mustLinger()) response.shouldKeepAlive = false
      response.writeHead(captured.status, this.#fields(captured.headers, null))
      if (source === null || this.method === 'HEAD') {
        await source?.cancel()
        response.end()
      } else if (await pump(source, response)) {
        response.end()
      }
    } catch (error) {
      logFailure(this.#options.platform, error)
      this.crashQuietly()
    } finally {
      this.#end()
    }
  }

  /** RFC 9112 §8: a body that cannot be completed is told by cutting the connection. */
  crashQuietly(): void {
    if (this.#response.headersSent) this.#response.destroy()
    else this.#response.writeHead(500, ['content-length', '0']).end()
  }

  /** The fields as Node takes them. `length`: of the body in bytes, null when unknown, -1 for none at all. */
  #fields(headers: HeaderList, length: number | null): string[] {
    const fields: string[] = []
    for (let index = 1; index < headers.length; index += 2) {
      const name = headers[index - 1] ?? ''
      // The length that counts is that of what is sent; framing and connection are Node's.
      if (name === 'transfer-encoding' || name === 'connection' || name === 'keep-alive') continue
      if (name === 'content-length' && length !== null && !(this.method === 'HEAD' && length === 0)) continue
      fields.push(name, headers[index] ?? '')
    }
    if (length !== null && length >= 0 && !(this.method === 'HEAD' && length === 0)) fields.push('content-length', String(length))
    if (this.#options.activity.draining) this.#response.shouldKeepAlive = false
    return fields
  }

  /** Is there more of the request's body under way than is worth reading for the sake of the connection? */
  #mustLinger(): boolean {
    if (!this.#hasBody || this.#message.complete) return false
    if (this.#expects && !this.#opened) return true
    const length = this.contentLength
    return length === null || length > maxUnreadBytes
  }

  /**
   * Goes on taking what the client sends for a moment, so that it reads the answer instead of a reset
   * (RFC 9112 §9.6), and then closes.
   */
  #linger(): void {
    const message = this.#message
    const response = this.#response
    const timer = setTimeout(() => response.end(), this.#expects && !this.#opened ? 0 : lingerMs)
    message.resume()
    message.once('close', () => {
      clearTimeout(timer)
      response.end()
    })
    message.once('end', () => {
      clearTimeout(timer)
      response.end()
    })
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
