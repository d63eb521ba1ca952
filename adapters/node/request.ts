import { HttpError } from '../../src/errors/index.ts'
import { FlatHeaders } from './headers.ts'
import type { Incoming } from './incoming.ts'
import { natives } from './natives.ts'
import { readAll, toWebStream } from './request-body.ts'

/**
 * A `Request` over what came on the wire. Nothing is computed before it is asked for; most requests are answered
 * without a URL, a `Headers` or a stream. What this class cannot answer itself it asks of a native request, made once.
 */
export class NodeRequest {
  readonly #incoming: Incoming
  #url: string | null = null
  #headers: FlatHeaders | null = null
  #abort: AbortController | null = null
  #native: Request | null = null
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | null = null
  #used = false

  constructor(incoming: Incoming) {
    this.#incoming = incoming
  }

  get method(): string {
    return this.#incoming.method
  }

  get wireTarget(): string {
    return this.#incoming.target
  }

  get wireHost(): string {
    return this.#incoming.host
  }

  get url(): string {
    if (this.#url === null) {
      const { encrypted, host, target } = this.#incoming
      const origin = `${encrypted ? 'https' : 'http'}://${host === '' ? 'localhost' : host}`
      this.#url = new URL(target === '*' ? origin : origin + target).href
    }
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= new FlatHeaders(this.#incoming.list(), false)
    return asHeaders(this.#headers)
  }

  /** One field by its lower-case name, without building `headers`. */
  header(name: string): string | null {
    return this.#incoming.header(name) ?? null
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      const abort = new AbortController()
      this.#abort = abort
      this.#incoming.onGone(() => abort.abort(new HttpError(499, 'CLIENT_GONE', 'The client went away')))
    }
    return this.#abort.signal
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#native !== null) return this.#native.body
    if (this.#stream === null && !this.#used) {
      const source = this.#incoming.openBody()
      if (source !== null) this.#stream = toWebStream(source, () => void (this.#used = true))
    }
    return this.#stream
  }

  get bodyUsed(): boolean {
    return this.#native === null ? this.#used : this.#native.bodyUsed
  }

  /** Reads the whole body, at most `maxBytes`; the errors are those of `Platform.readBody`. */
  readBody(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#used || this.#stream !== null || this.#native !== null) {
      return Promise.reject(new HttpError(500, 'BODY_USED', 'Expected a body that was not read before; read it once and keep the value'))
    }
    this.#used = true
    return readAll(this.#incoming, maxBytes)
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#native !== null || this.#stream !== null) return new Uint8Array(await this.toNative().arrayBuffer())
    if (this.#used) throw new TypeError('Body is unusable: Body has already been read')
    this.#used = true
    return readAll(this.#incoming, Number.MAX_SAFE_INTEGER)
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes()
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  formData(): Promise<FormData> {
    return this.toNative().formData()
  }

  blob(): Promise<Blob> {
    return this.toNative().blob()
  }

  clone(): Request {
    return this.toNative().clone()
  }

  /** The native request: the same for all who ask. Takes the body over. */
  toNative(): Request {
    if (this.#native === null) {
      const { Request } = natives()
      const { method } = this
      const init: RequestInit & { duplex: 'half' } = { method, headers: this.#pairs(), signal: this.signal, duplex: 'half' }
      if (method !== 'GET' && method !== 'HEAD') init.body = this.body
      this.#native = new Request(this.url, init)
    }
    return this.#native
  }

  /** The other end of the connection. */
  peer(): ReturnType<Incoming['peer']> {
    return this.#incoming.peer()
  }

  earlyHints(links: readonly string[]): boolean {
    return this.#incoming.earlyHints(links)
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

  #pairs(): [string, string][] {
    const list = this.#incoming.list()
    const pairs: [string, string][] = []
    for (let index = 1; index < list.length; index += 2) pairs.push([list[index - 1] ?? '', list[index] ?? ''])
    return pairs
  }
}

/** The class has every member of the interface; its iterators are those of the standard. */
function asHeaders(headers: FlatHeaders): Headers {
  return headers as unknown as Headers
}
