import { HttpError } from '../../src/errors/index.ts'
import { bodyUsed, readStreamedBody } from '../../src/http/index.ts'
import type { Peer } from '../../src/platform/index.ts'
import type { Deadline } from './deadline.ts'
import { EventHeaders } from './headers.ts'
import type { Incoming } from './incoming.ts'
import { asNative, delegate, linkLater } from './natives.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The members that only the native request has. */
const nativeMembers = (
  'arrayBuffer blob body bytes cache clone credentials destination duplex formData integrity isHistoryNavigation ' +
  'isReloadNavigation json keepalive mode redirect referrer referrerPolicy text textStream'
).split(' ')

/**
 * A `Request` over an event. It answers what the framework asks itself; everything else is asked of a native request,
 * made once. A function that never needs one saves loading Node's Fetch API: 25 to 50 ms of a cold start.
 */
export class LambdaRequest {
  static {
    Object.defineProperty(this.prototype, asNative, { value: LambdaRequest.#giveNative })
    delegate(this.prototype, nativeMembers)
    linkLater(this.prototype, 'Request')
  }

  readonly #incoming: Incoming
  readonly #deadline: Deadline
  #url: string | null = null
  #headers: EventHeaders | null = null
  #native: Request | null = null
  #isUsed = false

  constructor(incoming: Incoming, deadline: Deadline) {
    this.#incoming = incoming
    this.#deadline = deadline
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

  /** Throws `BAD_REQUEST` when host and target make no URL. */
  get url(): string {
    if (this.#url === null) {
      const { encrypted, host, target } = this.#incoming
      const url = URL.parse(`${encrypted ? 'https' : 'http'}://${host}${target}`)
      if (url === null) throw new HttpError(400, 'BAD_REQUEST', 'Expected a host and a path that make a URL')
      this.#url = url.href
    }
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= new EventHeaders(this.#incoming.headers)
    // The class has every member of the interface: proven by a test over the native prototype.
    return this.#headers as unknown as Headers
  }

  /** Aborts shortly before the function's own timeout. */
  get signal(): AbortSignal {
    return this.#deadline.signal
  }

  get bodyUsed(): boolean {
    return this.#native === null ? this.#isUsed : this.#native.bodyUsed
  }

  /** See `Platform.readBody`. The whole body came with the event. */
  readBody(maxBytes: number): Promise<Bytes> {
    if (this.bodyUsed) return Promise.reject(bodyUsed())
    if (this.#native !== null) return readStreamedBody(this.#native.body, null, maxBytes)
    const { body } = this.#incoming
    if (body === null) return Promise.resolve(new Uint8Array(0))
    if (body.byteLength > maxBytes)
      return Promise.reject(
        new HttpError(413, 'BODY_TOO_LARGE', `Expected a body of at most ${maxBytes} bytes; send less`),
      )
    this.#isUsed = true
    return Promise.resolve(body)
  }

  /** See `Platform.peer`. */
  get peer(): Peer | null {
    return this.#incoming.peer
  }

  /**
   * Security: what turns a request of ours into text would go on with its URL alone, without method, fields and body.
   */
  [Symbol.toPrimitive](): never {
    throw new TypeError(
      'Expected a native request; give new Request() or the library toNative(request) of rockstar-web/lambda',
    )
  }

  get [Symbol.toStringTag](): string {
    return 'Request'
  }

  static #giveNative(this: LambdaRequest): Request {
    if (this.#native === null) {
      const { method, body } = this.#incoming
      const init: RequestInit = { method, headers: [...this.headers], signal: this.signal }
      // The Fetch Standard has no body with these methods.
      if (body !== null && method !== 'GET' && method !== 'HEAD') init.body = body
      const native = new Request(this.url, init)
      if (this.#isUsed) native.arrayBuffer().catch(() => undefined)
      this.#native = native
    }
    return this.#native
  }
}

/** The class has every member of the interface, partly by `delegate`: proven by a test over the native prototype. */
export function asRequest(request: LambdaRequest): Request {
  return request as unknown as Request
}
