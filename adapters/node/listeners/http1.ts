import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { HeaderList, Peer, SocketOptions } from '../../../src/platform/index.ts'
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
import { isHost, parseTarget } from '../target.ts'
import type { Sockets } from '../websocket.ts'
import { onClosed } from './closed.ts'
import { forgetReaders, linger } from './linger.ts'
import { toRawFields } from './raw-fields.ts'
import type { Handshake } from './upgrade.ts'
import { createClosingResponse, createHandshake, refuseHandshake } from './upgrade.ts'

/** Answers the requests of `node:http`. The same function is for its `request` and `checkContinue` events. */
export type Http1Handler = (message: IncomingMessage, response: ServerResponse) => void

/** Makes the handler. It is synchronous as long as the app is, and writes head and body at once where it can. */
export function createHttp1Handler(options: HandlerOptions): Http1Handler {
  return (message, response) => begin(new Http1Exchange(message, response, options), options)
}

/** Makes the handler of handshakes: they go the way of every request, and may end in a WebSocket. */
export function createUpgradeHandler(
  options: HandlerOptions,
  sockets: Sockets,
): (message: IncomingMessage, head: Uint8Array) => void {
  const context = { activity: options.activity, sockets }
  return (message, head) => {
    const response = createClosingResponse(message)
    const exchange = new Http1Exchange(message, response, options)
    exchange.handshake = createHandshake(message, head, response, context)
    begin(exchange, options)
  }
}

function begin(exchange: Http1Exchange, options: HandlerOptions): void {
  const { activity } = options
  activity.active++
  activity.total++
  const refusal = exchange.refusal()
  if (refusal === 0) answer(exchange, options)
  else exchange.refuse(refusal)
}

/** One request and its response, as Node has them. */
class Http1Exchange implements Incoming, Exchange {
  readonly target: string
  readonly host: string
  /** RFC 9112 §6.3 */
  readonly hasBody: boolean
  readonly contentLength: number | null
  /** Of a request that asks for a WebSocket. */
  handshake: Handshake | null = null
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #options: HandlerOptions
  readonly #hasValidHost: boolean
  /** Does the client wait for 100 before it sends the body? */
  #awaitsContinue = false
  #isOpened = false

  constructor(message: IncomingMessage, response: ServerResponse, options: HandlerOptions) {
    this.#message = message
    this.#response = response
    this.#options = options
    const { rawHeaders } = message
    let host = ''
    let hosts = 0
    let hasBody = false
    let contentLength: number | null = null
    // One pass by length, then by name, instead of the object with all fields that Node would build.
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      if (name.length === 4 && name.toLowerCase() === 'host') {
        host = rawHeaders[index + 1] ?? ''
        hosts++
      } else if (name.length === 6 && name.toLowerCase() === 'expect') {
        // RFC 9110 §10.1.1: not in HTTP/1.0. Node itself answers other expectations than 100-continue.
        this.#awaitsContinue = message.httpVersionMinor === 1
      } else if (name.length === 14 && name.toLowerCase() === 'content-length') {
        contentLength = Number(rawHeaders[index + 1])
        hasBody ||= contentLength > 0
      } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
        hasBody = true
      }
    }
    // RFC 9112 §3.2: exactly one valid `Host` in HTTP/1.1, at most one in HTTP/1.0.
    const isMissing = hosts === 0 && message.httpVersionMinor === 0
    let hasValidHost = isMissing || (hosts === 1 && isHost(host))
    const url = message.url ?? ''
    if (url.charCodeAt(0) === slash) {
      this.target = url
    } else {
      const { target, authority } = parseTarget(url)
      this.target = target
      // RFC 9112 §3.2.2: the authority of an absolute form stands above `Host`.
      if (authority !== null) {
        hasValidHost &&= isHost(authority)
        host = authority
      }
    }
    this.host = host
    this.hasBody = hasBody
    this.contentLength = contentLength
    this.#hasValidHost = hasValidHost
  }

  get method(): string {
    return this.#message.method ?? 'GET'
  }

  get encrypted(): boolean {
    return 'encrypted' in this.#message.socket
  }

  get rawHeaders(): HeaderList {
    return this.#message.rawHeaders
  }

  /** The status of a request that the app does not see; 0 for one that it does. */
  refusal(): number {
    // The Fetch API has no TRACE, and RFC 9110 §9.3.8 gives a server no reason to offer it.
    if (this.method === 'TRACE') return 501
    if (this.#message.rawHeaders.length > this.#options.maxHeaderFields * 2) return 431
    return this.#hasValidHost ? 0 : 400
  }

  request(): Request {
    // The class has every member of the interface.
    return new NodeRequest(this) as unknown as Request
  }

  openBody(): Readable {
    if (this.#awaitsContinue && !this.#isOpened && !this.#response.headersSent) this.#response.writeContinue()
    this.#isOpened = true
    return this.#message
  }

  onGone(listener: () => void): () => void {
    if (this.#isGone()) {
      listener()
      return () => undefined
    }
    const response = this.#response
    return onClosed(response, this.#message.socket, () => {
      if (!response.writableFinished) listener()
    })
  }

  peer(): Peer | null {
    const { socket, httpVersion } = this.#message
    return peerOf(socket, this.#options.isUnixSocket ?? false, this.encrypted, `HTTP/${httpVersion}`)
  }

  earlyHints(links: readonly string[]): boolean {
    const response = this.#response
    if (response.headersSent || this.#isGone() || this.#message.httpVersionMinor === 0) return false
    response.writeEarlyHints({ link: [...links] })
    return true
  }

  upgrade(options: SocketOptions): Response {
    return this.handshake === null ? refuseHandshake() : this.handshake.accept(options)
  }

  send(response: Response): void {
    const captured = toCaptured(response)
    const { body, status } = captured
    if (this.handshake?.complete(captured, () => this.#end()) === true) return
    if (this.#isGone()) {
      discard(body)
      this.#end()
    } else if (isBodyless(status)) {
      discard(body)
      this.#sendWhole(captured, null)
    } else if (isWhole(body)) {
      this.#sendWhole(captured, body)
    } else if (this.method === 'HEAD') {
      discard(body)
      this.#writeHead(captured, announcedLength(captured))
      this.#response.end()
      this.#settle()
    } else {
      this.#sendStream(captured, readerOf(body)).catch((error: unknown) => {
        logFailure(this.#options.platform, error)
        this.crash()
      })
    }
  }

  /** An answer without the app, after which the connection is closed. */
  refuse(status: number): void {
    this.#response.shouldKeepAlive = false
    this.#sendWhole({ body: null, status, headers: [] }, null)
  }

  crash(): void {
    if (!this.#response.headersSent && !this.#isGone()) return this.refuse(500)
    // RFC 9112 §8: a body that cannot be completed is told by cutting the connection.
    this.#message.socket.destroy()
    this.#end()
  }

  #sendWhole(captured: Captured, body: string | Uint8Array | null): void {
    const response = this.#response
    const isHead = this.method === 'HEAD'
    // For HEAD, nothing does not mean that GET has nothing.
    const length = isHead && body === null ? announcedLength(captured) : lengthOf(body)
    const lingers = this.hasBody && this.#mustLinger()
    if (lingers) response.shouldKeepAlive = false
    this.#writeHead(captured, length)
    if (lingers) {
      if (body === null || isHead) response.flushHeaders()
      else response.write(body)
      linger(this.#message, response, !this.#awaitsContinue || this.#isOpened)
    } else if (body === null || isHead) {
      response.end()
    } else {
      response.end(body)
    }
    this.#settle()
  }

  async #sendStream(captured: Captured, reader: BodyReader): Promise<void> {
    const response = this.#response
    const length = announcedLength(captured)
    try {
      if (this.hasBody && this.#mustLinger()) response.shouldKeepAlive = false
      this.#writeHead(captured, length)
    } catch (error) {
      reader.cancel(error).catch(() => undefined)
      throw error
    }
    const isSent = await pump(
      reader,
      {
        writable: response,
        isGone: () => this.#isGone(),
        onGone: (listener) => this.onGone(listener),
        flushHead: () => response.flushHeaders(),
      },
      length,
    )
    if (!isSent) return this.#end()
    if (this.hasBody && !response.shouldKeepAlive && this.#mustLinger())
      linger(this.#message, response, !this.#awaitsContinue || this.#isOpened)
    else response.end()
    this.#settle()
  }

  #writeHead(captured: Captured, length: number | null): void {
    assertFinal(captured.status)
    if (this.#options.activity.draining) this.#response.shouldKeepAlive = false
    this.#response.writeHead(captured.status, toRawFields(captured, length))
  }

  /** Is there more of the request's body under way than is worth reading for the sake of the connection? */
  #mustLinger(): boolean {
    if (this.#message.complete) return false
    if (this.#awaitsContinue && !this.#isOpened) return true
    return this.contentLength === null || this.contentLength > maxUnreadBytes
  }

  /** The answer is complete: the request has ended when the system has taken all of it. */
  #settle(): void {
    if (this.hasBody && this.#isOpened && !this.#message.readableEnded) forgetReaders(this.#message)
    if (this.#response.writableFinished) this.#end()
    else onClosed(this.#response, this.#message.socket, () => this.#end())
  }

  #end(): void {
    const { activity } = this.#options
    activity.active--
    if (activity.draining) activity.onEnd?.()
  }

  #isGone(): boolean {
    return this.#response.destroyed || this.#message.socket.destroyed
  }
}

/** The code of `/`. */
const slash = 47
