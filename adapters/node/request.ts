import { HttpError } from '../../src/errors/index.ts'
import { readStreamedBody } from '../../src/http/index.ts'
import type { Peer, SocketOptions } from '../../src/platform/index.ts'
import { FlatHeaders } from './headers.ts'
import type { Incoming } from './incoming.ts'
import { asNative, natives } from './natives.ts'
import { readAll, spentStream, toWebStream } from './request-body.ts'

type Bytes = Uint8Array<ArrayBuffer>

/**
 * A `Request` over what came on the wire. Nothing is computed before it is asked for; most requests are answered
 * without a URL, a `Headers` or a stream. What this class cannot answer itself it asks of a native request, made once.
 */
export class NodeRequest {
  static {
    Object.defineProperty(this.prototype, asNative, { value: NodeRequest.#giveNative })
  }

  readonly #incoming: Incoming
  #url: string | null = null
  #headers: FlatHeaders | null = null
  #abort: AbortController | null = null
  #native: Request | null = null
  #stream: ReadableStream<Bytes> | null = null
  #isUsed = false

  /**
   * The native request: the same for all who ask. Takes the body over. Each object has this property itself, because an
   * object that has a function cannot be cloned by `structuredClone`, just as a native request cannot.
   */
  readonly toNative: () => Request = NodeRequest.#giveNative

  constructor(incoming: Incoming) {
    this.#incoming = incoming
  }

  get method(): string {
    return this.#incoming.method
  }

  /** See `WireRequest`. */
  get wireTarget(): string {
    return this.#incoming.target
  }

  /** See `WireRequest`. */
  get wireHost(): string {
    return this.#incoming.host
  }

  /** Throws `BAD_REQUEST` when host and target make no URL: a host of the right characters may still be none. */
  get url(): string {
    if (this.#url === null) {
      const { encrypted, host, target } = this.#incoming
      const origin = `${encrypted ? 'https' : 'http'}://${host === '' ? 'localhost' : host}`
      const url = URL.parse(target === '*' ? origin : origin + target)
      if (url === null) throw new HttpError(400, 'BAD_REQUEST', 'Expected a host and a path that make a URL')
      // Fetch Standard: the URL of an incoming request has no fragment.
      url.hash = ''
      this.#url = url.href
    }
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= new FlatHeaders(this.#incoming.rawHeaders, 'request')
    // The class has every member of the interface.
    return this.#headers as unknown as Headers
  }

  /** Aborts when the client goes away before the answer is complete. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      const abort = new AbortController()
      this.#abort = abort
      this.#incoming.onGone(() => abort.abort(new HttpError(499, 'CLIENT_GONE', 'The client went away')))
    }
    return this.#abort.signal
  }

  get body(): ReadableStream<Bytes> | null {
    if (this.#native !== null) return this.#native.body
    if (this.#stream === null && this.#incoming.hasBody) {
      this.#stream = this.#isUsed
        ? spentStream()
        : toWebStream(this.#incoming, () => void (this.#isUsed = true))
    }
    return this.#stream
  }

  get bodyUsed(): boolean {
    return this.#native === null ? this.#isUsed : this.#native.bodyUsed
  }

  /** Reads the whole body, at most `maxBytes`; the errors are those of `Platform.readBody`. */
  readBody(maxBytes: number): Promise<Bytes> {
    if (!this.#isUntouched()) {
      const body = this.bodyUsed ? null : this.body
      if (body !== null && !body.locked)
        return readStreamedBody(body, this.headers.get('content-length'), maxBytes)
      return Promise.reject(
        new HttpError(
          500,
          'BODY_USED',
          'Expected a body that was not read before; read it once and keep the value',
        ),
      )
    }
    this.#isUsed = this.#incoming.hasBody
    return readAll(this.#incoming, maxBytes)
  }

  async bytes(): Promise<Bytes> {
    if (!this.#isUntouched()) return new Uint8Array(await this.#anyBody().arrayBuffer())
    this.#isUsed = this.#incoming.hasBody
    return readAll(this.#incoming, Number.MAX_SAFE_INTEGER)
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async formData(): Promise<FormData> {
    return this.#anyBody().formData()
  }

  async blob(): Promise<Blob> {
    return this.#anyBody().blob()
  }

  /** UTF-8 as it comes; newer Nodes have it. */
  textStream(): ReadableStream<string> {
    const { body } = this
    if (body === null) return new Blob([]).stream().pipeThrough(new TextDecoderStream())
    return body.pipeThrough(new TextDecoderStream())
  }

  clone(): Request {
    return this.toNative().clone()
  }

  static #giveNative(this: NodeRequest): Request {
    if (this.#native === null) {
      const init: RequestInit & { duplex: 'half' } = {
        method: this.method,
        headers: [...this.headers],
        signal: this.signal,
        duplex: 'half',
      }
      // The Fetch Standard has no body with these methods.
      if (this.method !== 'GET' && this.method !== 'HEAD') init.body = this.#isUsed ? '' : this.body
      const native = new (natives().Request)(this.url, init)
      if (this.#isUsed) native.arrayBuffer().catch(() => undefined)
      this.#native = native
    }
    return this.#native
  }

  /** See `Platform.peer`. */
  peer(): Peer | null {
    return this.#incoming.peer()
  }

  /** See `Platform.earlyHints`. */
  earlyHints(links: readonly string[]): boolean {
    return this.#incoming.earlyHints(links)
  }

  /** See `Platform.upgradeWebSocket`. */
  upgradeWebSocket(options: SocketOptions): Response {
    return this.#incoming.upgrade(options)
  }

  get cache(): RequestCache {
    return 'default'
  }

  get credentials(): RequestCredentials {
    return 'same-origin'
  }

  get destination(): RequestDestination {
    return ''
  }

  get duplex(): 'half' {
    return 'half'
  }

  get integrity(): string {
    return ''
  }

  get isHistoryNavigation(): boolean {
    return false
  }

  get isReloadNavigation(): boolean {
    return false
  }

  get keepalive(): boolean {
    return false
  }

  get mode(): RequestMode {
    return 'cors'
  }

  get redirect(): RequestRedirect {
    return 'follow'
  }

  get referrer(): string {
    return 'about:client'
  }

  get referrerPolicy(): ReferrerPolicy {
    return ''
  }

  get [Symbol.toStringTag](): string {
    return 'Request'
  }

  #isUntouched(): boolean {
    return this.#native === null && this.#stream === null && !this.#isUsed
  }

  /** What reads the body natively, with the native errors for one that was read or is locked. */
  #anyBody(): Request | Response {
    if (this.#native !== null || this.#isUsed) return this.toNative()
    // A body that came with GET exists on the wire, but not on a native request.
    const { headers } = this
    const type = headers.get('content-type')
    return new (natives().Response)(this.body, type === null ? {} : { headers: { 'content-type': type } })
  }
}
