import { RockstarError } from '../../src/errors/index.ts'
import type { HeaderList, ResponseBody } from '../../src/platform/index.ts'
import { amendList } from './field-list.ts'
import { FlatHeaders } from './headers.ts'
import { asNative, natives } from './natives.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** What the listeners send. */
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
  static {
    Object.defineProperty(this.prototype, asNative, { value: NodeResponse.#giveNative })
  }

  readonly #body: ResponseBody
  readonly #status: number
  readonly #statusText: string
  #list: HeaderList
  #headers: FlatHeaders | null = null
  #native: Response | null = null
  #isUsed = false

  /**
   * The native response: the same for all who ask. Takes the body over. Each object has this property itself, because an
   * object that has a function cannot be cloned by `structuredClone`, just as a native response cannot.
   */
  readonly toNative: () => Response = NodeResponse.#giveNative

  constructor(body: ResponseBody, status: number, list: HeaderList, statusText = '') {
    this.#body = body
    this.#status = status
    this.#list = list
    this.#statusText = statusText
  }

  /** What is to be sent. Throws `BODY_USED` when the body was read by somebody before. */
  capture(): Captured {
    if (this.bodyUsed) throw bodyUsed()
    const native = this.#native
    // A native body that nobody has touched holds the same as the text that it was made of.
    const body =
      native === null || (isWhole(this.#body) && native.body?.locked !== true) ? this.#body : native.body
    return { body, status: this.#status, headers: this.#fields() }
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
    this.#headers ??= new FlatHeaders(this.#list, 'response')
    // The class has every member of the interface.
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

  get body(): ReadableStream<Bytes> | null {
    return this.#body === null ? null : this.toNative().body
  }

  get bodyUsed(): boolean {
    return this.#native === null ? this.#isUsed : this.#native.bodyUsed
  }

  async text(): Promise<string> {
    const body = this.#take()
    if (body === null) return this.toNative().text()
    if (typeof body !== 'string') return new TextDecoder().decode(body)
    // Encoding and decoding changes only a byte order mark and lone surrogates.
    const isPlain = body.isWellFormed() && !body.startsWith('\uFEFF')
    return isPlain ? body : new TextDecoder().decode(new TextEncoder().encode(body))
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Bytes> {
    const body = this.#take()
    if (body === null) return new Uint8Array(await this.toNative().arrayBuffer())
    return typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)
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

  /** UTF-8 as it comes; newer Nodes have it. */
  textStream(): ReadableStream<string> {
    return (this.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream())
  }

  clone(): Response {
    if (this.#native === null && !this.#isUsed && isWhole(this.#body)) {
      return asResponse(new NodeResponse(this.#body, this.#status, this.#fields(), this.#statusText))
    }
    return this.toNative().clone()
  }

  static #giveNative(this: NodeResponse): Response {
    if (this.#native === null) {
      const init = { status: this.#status, statusText: this.#statusText, headers: toPairs(this.#fields()) }
      const native = new (natives().Response)(this.#body, init)
      if (this.#isUsed) native.arrayBuffer().catch(() => undefined)
      this.#native = native
    }
    return this.#native
  }

  get [Symbol.toStringTag](): string {
    return 'Response'
  }

  /** A body that need not be read natively, for one who reads it; null for any other, and for one read before. */
  #take(): string | Bytes | null {
    if (this.#native !== null || this.#isUsed) return null
    const body = this.#body
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) return null
    this.#isUsed = true
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

/** What is to be sent: of our own response without building the native one, of any other through its interface. */
export function toCaptured(response: Response): Captured {
  if (response instanceof NodeResponse) return response.capture()
  if (response.bodyUsed) throw bodyUsed()
  const headers: string[] = []
  // Those of a third party need not be in lower case.
  for (const [name, value] of response.headers) headers.push(name.toLowerCase(), value)
  return { body: response.body, status: response.status, headers }
}

/** Is it a body that is there as a whole? */
export function isWhole(body: ResponseBody): body is string | Bytes | null {
  return typeof body === 'string' || body === null || body instanceof Uint8Array
}

/** The class has every member of the interface, and passes for the native one where `installFetchGlobals` ran. */
export function asResponse(response: NodeResponse): Response {
  // Proven by the test that holds it against every member of the native prototype.
  return response as unknown as Response
}

function toPairs(list: HeaderList): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 1; index < list.length; index += 2) pairs.push([list[index - 1] ?? '', list[index] ?? ''])
  return pairs
}

function bodyUsed(): RockstarError {
  return new RockstarError(
    'BODY_USED',
    'Expected a response whose body was not read; clone it before reading',
  )
}
