import type { Diagnostics } from '../diagnostics/index.ts'
import { RockstarError } from '../errors/index.ts'
import { assertHeaderValue, assertStatus, safeLocation, toHeaderName } from '../http/index.ts'
import type { HeaderList, Platform, ResponseBody } from '../platform/index.ts'
import { decodeParams } from '../router/index.ts'
import type { Markup } from '../template/index.ts'
import type {
  Context,
  HeaderOptions,
  ProblemOptions,
  RedirectOptions,
  RouteInfo,
  RouteLimits,
  ServiceFactory,
  StateKey,
} from './contract.ts'
import type { Environment } from './environment.ts'
import { problemText } from './problem.ts'
import type { StreamSource } from './stream.ts'
import { isStreamSource, toByteStream } from './stream.ts'

const binary = 'application/octet-stream'
const textHeaders: HeaderList = ['content-type', 'text/plain; charset=utf-8']
const jsonHeaders: HeaderList = ['content-type', 'application/json']
const htmlHeaders: HeaderList = ['content-type', 'text/html; charset=utf-8']
const xmlHeaders: HeaderList = ['content-type', 'application/xml; charset=utf-8']
const problemHeaders: HeaderList = ['content-type', 'application/problem+json']
const noNames: readonly string[] = []
const noValues: readonly (string | undefined)[] = []

/** Header fields that describe a representation (RFC 9110 §8) or how long it may be kept. */
const representation = /^(?:content-|etag$|last-modified$|cache-control$|expires$|location$|accept-ranges$)/

/**
 * One request and the answer to it. A flat object with cheap fields; everything else is made when it is first asked
 * for. Each app derives a class of its own with one getter per service.
 */
export class RequestContext implements Context {
  readonly request: Request
  readonly platform: Platform
  readonly method: string
  readonly path: string
  readonly search: string
  readonly environment: Environment
  /** Set by the dispatcher once the route is known. */
  route: RouteInfo | null = null
  limits: RouteLimits
  paramNames: readonly string[] = noNames
  paramValues: readonly (string | undefined)[] = noValues
  #status = 200
  #pending: string[] | null = null
  #beforeSend: (() => void)[] | null = null
  #params: Record<string, string | undefined> | null = null
  #url: URL | null = null
  #state: Map<StateKey<unknown>, unknown> | null = null
  #abort: AbortController | null = null
  #aborted: unknown = undefined
  #deadline: number | null = null
  #services: unknown[] | null = null

  constructor(request: Request, platform: Platform, environment: Environment, path: string, search: string) {
    this.request = request
    this.platform = platform
    this.environment = environment
    this.method = request.method
    this.path = path
    this.limits = environment.limits
    this.search = search
  }

  get params(): Readonly<Record<string, string | undefined>> {
    this.#params ??= decodeParams(this.paramNames, this.paramValues)
    return this.#params
  }

  get diagnostics(): Diagnostics {
    return this.environment.diagnostics
  }

  get deadline(): number {
    return this.#deadline ?? this.fixDeadline()
  }

  /** Counts the bound from now, unless somebody has looked at the deadline before. */
  fixDeadline(): number {
    const { handlerMs } = this.limits
    this.#deadline ??= handlerMs === 0 ? Infinity : this.platform.clock.monotonic() + handlerMs
    return this.#deadline
  }

  get headers(): Headers {
    return this.request.headers
  }

  get url(): URL {
    if (this.#url === null) {
      const resolve = this.environment.resolveOrigin
      if (resolve === null) {
        this.#url = new URL(this.request.url)
      } else {
        const origin = resolve(this)
        const search = this.search === '' ? '' : `?${this.search}`
        this.#url = new URL(`${origin.scheme}://${origin.host}${this.path}${search}`)
      }
    }
    return this.#url
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      const abort = new AbortController()
      this.#abort = abort
      const source = this.request.signal
      if (this.#aborted !== undefined) abort.abort(this.#aborted)
      else if (source.aborted) abort.abort(source.reason)
      else
        source.addEventListener('abort', () => abort.abort(source.reason), {
          once: true,
          signal: abort.signal,
        })
    }
    return this.#abort.signal
  }

  /** Cuts the request off: the deadline passed, or the server stops. */
  cutOff(reason: unknown): void {
    this.#aborted = reason
    this.#abort?.abort(reason)
  }

  /** Was the request cut off? */
  isCutOff(): boolean {
    return this.#aborted !== undefined
  }

  get<Value>(key: StateKey<Value>): Value | undefined {
    // A key is only ever stored with a value of its own type: `set` sees to it.
    return this.#state?.get(key) as Value | undefined
  }

  set<Value>(key: StateKey<Value>, value: Value): void {
    this.#state ??= new Map()
    this.#state.set(key, value)
  }

  status(code: number): this {
    assertStatus(code)
    this.#status = code
    return this
  }

  header(name: string, value: string, options?: HeaderOptions): this {
    const field = toHeaderName(name)
    assertHeaderValue(field, value)
    const pending = (this.#pending ??= [])
    if (options?.append !== true) {
      for (let index = pending.length - 2; index >= 0; index -= 2) {
        if (pending[index] === field) pending.splice(index, 2)
      }
    }
    pending.push(field, value)
    return this
  }

  text(body: string, status: number = this.#status): Response {
    return this.#make(body, status, textHeaders)
  }

  json(value: unknown, status: number = this.#status): Response {
    return this.#make(toJsonText(value), status, jsonHeaders)
  }

  html(markup: string | Markup, status: number = this.#status): Response {
    return this.#make(String(markup), status, htmlHeaders)
  }

  xml(markup: string | Markup, status: number = this.#status): Response {
    return this.#make(String(markup), status, xmlHeaders)
  }

  stream(source: StreamSource, mediaType: string = binary): Response {
    return this.reply(toByteStream(source), mediaType)
  }

  reply(body: ResponseBody, mediaType: string, status: number = this.#status): Response {
    assertHeaderValue('content-type', mediaType)
    return this.#make(body, status, ['content-type', mediaType])
  }

  redirect(location: string, options: RedirectOptions = {}): Response {
    const target = safeLocation(location, this.url, options.allowOrigins ?? [])
    return this.#make(null, options.status ?? 302, ['location', target])
  }

  problem(status: number, options: ProblemOptions | string = {}): Response {
    return this.#make(problemText(status, options), status, problemHeaders)
  }

  /** Makes a response of a handler's plain value; null for one of which none can be made. */
  replyWith(value: unknown): Response | null {
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
      case 'boolean':
        return this.json(value)
      case 'object':
        return value === null
          ? this.#make(null, this.#status === 200 ? 204 : this.#status, [])
          : this.#answerObject(value)
      default:
        return null
    }
  }

  beforeSend(callback: () => void): void {
    this.#beforeSend ??= []
    this.#beforeSend.push(callback)
  }

  /** The header fields that wait for the answer, or null. Runs what `beforeSend` registered, once. */
  takeHeaders(): HeaderList | null {
    if (this.#beforeSend !== null) {
      const callbacks = this.#beforeSend
      this.#beforeSend = null
      for (const callback of callbacks) callback()
    }
    const pending = this.#pending
    this.#pending = null
    return pending
  }

  /** Forgets what described the representation that did not come about, before an error takes its place. */
  dropRepresentation(): void {
    this.#status = 200
    const pending = this.#pending
    if (pending === null) return
    const kept: string[] = []
    for (let index = 1; index < pending.length; index += 2) {
      const name = pending[index - 1] ?? ''
      if (!representation.test(name)) kept.push(name, pending[index] ?? '')
    }
    this.#pending = kept
  }

  /** One service of the table, built on first use; `index` is its place in the table. */
  serviceAt(index: number, factory: ServiceFactory): unknown {
    const services = (this.#services ??= [])
    return index in services ? services[index] : (services[index] = factory(this))
  }

  #answerObject(value: object): Response {
    if (Array.isArray(value)) return this.json(value)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.json(value)
    if (value instanceof Uint8Array) return this.reply(copyBytes(value), binary)
    if (value instanceof ArrayBuffer) return this.reply(new Uint8Array(value), binary)
    if (isStreamSource(value)) return this.stream(value)
    const tag = Object.prototype.toString.call(value)
    if (tag === '[object Blob]' || tag === '[object File]') {
      // The tag is what the platform's own Blob has; a stranger that claims it is refused by the platform.
      const blob = value as Blob
      return this.reply(blob, blob.type === '' ? binary : blob.type)
    }
    return this.json(value)
  }

  #make(body: ResponseBody, status: number, headers: HeaderList): Response {
    if (status === 200) return this.platform.createResponse(body, 200, headers)
    assertStatus(status)
    // RFC 9110 §15.3.5, §15.3.6, §15.4.5: these have no content, whatever the helper was given.
    if (status === 204 || status === 205 || status === 304)
      return this.platform.createResponse(null, status, [])
    return this.platform.createResponse(body, status, headers)
  }
}

function toJsonText(value: unknown): string {
  const text: unknown = JSON.stringify(value)
  if (typeof text === 'string') return text
  throw new RockstarError(
    'HANDLER_NO_RESPONSE',
    `Expected a value that JSON can express, got ${typeof value}; return null for an empty answer`,
  )
}

function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // A view over a SharedArrayBuffer may change while it is sent.
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : bytes.slice()
}
