import type { HeaderList, ResponseBody } from '../../src/platform/index.ts'
import { amendList, FlatHeaders } from './headers.ts'
import { natives } from './natives.ts'

/** What the writers send. */
export interface Captured {
  readonly body: ResponseBody
  readonly status: number
  readonly headers: HeaderList
}

/**
 * A `Response` that remembers what it was made of, so that Node can send it without building the native one, which
 * costs more than the rest of a request. A native one is made when somebody asks for what only it can give.
 */
export class NodeResponse {
  #body: ResponseBody
  readonly #status: number
  readonly #statusText: string
  #list: HeaderList
  #headers: FlatHeaders | null = null
  #native: Response | null = null
  #used = false

  constructor(body: ResponseBody, status: number, list: HeaderList, statusText = '') {
    this.#body = body
    this.#status = status
    this.#list = list
    this.#statusText = statusText
  }

  /** What is to be sent, or null once a native response has taken over or the body was read. */
  capture(): Captured | null {
    if (this.#native !== null || this.#used) return null
    return { body: this.#body, status: this.#status, headers: this.#fields() }
  }

  /** See `AmendableResponse`. */
  amend(fields: HeaderList): void {
    if (this.#headers === null) this.#list = amendList(this.#list, fields)
    else this.#headers.amend(fields)
  }

  get status(): number {
    return this.#status
  }

  get statusText(): string {
    return this.#statusText
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299
  }

  get headers(): Headers {
    this.#headers ??= new FlatHeaders(this.#list, true)
    // The class has every member of the interface; its iterators are those of the standard.
    return this.#headers as unknown as Headers
  }

  get type(): ResponseType {
    return 'default'
  }

  get url(): string {
    return ''
  }

  get redirected(): boolean {
    return false
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#body === null ? null : this.toNative().body
  }

  get bodyUsed(): boolean {
    return this.#native === null ? this.#used : this.#native.bodyUsed
  }

  async text(): Promise<string> {
    const body = this.#take()
    if (typeof body === 'string') return body
    if (body === null) return ''
    return body instanceof Uint8Array ? new TextDecoder().decode(body) : this.toNative().text()
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const body = this.#take()
    if (typeof body === 'string') return new TextEncoder().encode(body)
    if (body === null) return new Uint8Array(0)
    return body instanceof Uint8Array ? body.slice() : new Uint8Array(await this.toNative().arrayBuffer())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes()
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer
  }

  async blob(): Promise<Blob> {
    return this.toNative().blob()
  }

  async formData(): Promise<FormData> {
    return this.toNative().formData()
  }

  clone(): Response {
    if (this.#used) throw new TypeError('Expected a response whose body was not read; clone it before')
    const body = this.#body
    if (this.#native === null && (body === null || typeof body === 'string' || body instanceof Uint8Array)) {
      return asResponse(new NodeResponse(body, this.#status, this.#fields(), this.#statusText))
    }
    return this.toNative().clone()
  }

  /** The native response: the same for all who ask. Takes the body over. */
  toNative(): Response {
    if (this.#native === null) {
      const { Response } = natives()
      const headers = new (natives().Headers)()
      const fields = this.#fields()
      for (let index = 1; index < fields.length; index += 2) headers.append(fields[index - 1] ?? '', fields[index] ?? '')
      const native = new Response(this.#body, { status: this.#status, statusText: this.#statusText, headers })
      if (this.#used) void native.body?.cancel().catch(() => undefined)
      this.#native = native
    }
    return this.#native
  }

  get [Symbol.toStringTag](): string {
    return 'Response'
  }

  /** The body for one who reads it here; a second reader gets a TypeError, as the Fetch Standard has it. */
  #take(): ResponseBody | ReadableStream {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    if (this.#native !== null) return this.#native.body
    const body = this.#body
    if (body === null || typeof body === 'string' || body instanceof Uint8Array) this.#used = body !== null
    return body
  }

  #fields(): HeaderList {
    return this.#headers === null ? this.#list : this.#headers.list
  }
}

/** Makes the cheapest response that Node can send. */
export function createNodeResponse(body: ResponseBody, status: number, headers: HeaderList): Response {
  return asResponse(new NodeResponse(body, status, headers))
}

function asResponse(response: NodeResponse): Response {
  // The class has every member of the interface, and its prototype is linked to the native one on first touch.
  return response as unknown as Response
}
