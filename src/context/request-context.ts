import type { Diagnostics } from '../diagnostics/index.ts'
import { RockstarError } from '../errors/index.ts'
import { assertHeaderValue, assertStatus, toHeaderName } from '../http/index.ts'
import type { HeaderList, Platform, ResponseBody } from '../platform/index.ts'
import type { Match } from '../router/index.ts'
import { decodeParams } from '../router/index.ts'
import type { Markup } from '../template/index.ts'
import type {
  CoreContext,
  HeaderOptions,
  ProblemOptions,
  RouteInfo,
  RouteLimits,
  ServiceFactory,
  StateKey,
} from './contract.ts'
import type { Environment } from './environment.ts'
import { problemText } from './problem.ts'

/** As the Fetch standard writes it, so that native responses have it by themselves. */
const textHeaders: HeaderList = ['content-type', 'text/plain;charset=UTF-8']
const jsonHeaders: HeaderList = ['content-type', 'application/json']
const htmlHeaders: HeaderList = ['content-type', 'text/html; charset=utf-8']
const problemHeaders: HeaderList = ['content-type', 'application/problem+json']

/** Header fields that describe a representation (RFC 9110 §8) or how long it may be kept; no Content-Security-Policy. */
const representation =
  /^(?:content-(?!s)|etag$|last-modified$|cache-control$|expires$|location$|accept-ranges$)/

/** What a context knows of the route that matched. */
export interface MatchedRoute {
  readonly info: RouteInfo
  /** Null where there are none. */
  readonly limits: RouteLimits | null
}

/**
 * One request and the answer to it. A flat object with cheap fields; everything else is made when it is first asked
 * for. Each app derives a class of its own with one getter per service.
 */
export class RequestContext implements CoreContext {
  declare readonly request: Request
  declare readonly platform: Platform
  declare readonly method: string
  declare readonly path: string
  declare readonly search: string
  declare readonly environment: Environment
  /** Set by the dispatcher once the route is known. */
  match: Match<MatchedRoute> | null = null
  #status = 200
  #pending: string[] | null = null
  #beforeSend: (() => void)[] | null = null
  #params: Record<string, string | undefined> | null = null
  #url: URL | null = null
  #state: Map<StateKey<unknown>, unknown> | null = null
  #services: unknown[] | null = null

  constructor(request: Request, platform: Platform, environment: Environment, path: string, search: string) {
    this.request = request
    this.platform = platform
    this.environment = environment
    this.method = request.method
    this.path = path
    this.search = search
  }

  get params(): Readonly<Record<string, string | undefined>> {
    return (this.#params ??= decodeParams(this.match?.names ?? [], this.match?.values ?? []))
  }

  get route(): RouteInfo | null {
    return this.match?.target.info ?? null
  }

  get diagnostics(): Diagnostics {
    return this.environment.diagnostics
  }

  get headers(): Headers {
    return this.request.headers
  }

  get url(): URL {
    return (this.#url ??= new URL(this.href()))
  }

  /** The URL as text, after the rules of trust. */
  protected href(): string {
    return this.request.url
  }

  get signal(): AbortSignal {
    return this.request.signal
  }

  get<Value>(key: StateKey<Value>): Value | undefined {
    // A key is only ever stored with a value of its own type: `set` sees to it.
    return this.#state?.get(key) as Value | undefined
  }

  set<Value>(key: StateKey<Value>, value: Value): void {
    ;(this.#state ??= new Map()).set(key, value)
  }

  status(code: number): this {
    assertStatus(code)
    this.#status = code
    return this
  }

  header(name: string, value: string, options?: HeaderOptions): this {
    const field = toHeaderName(name)
    assertHeaderValue(field, value)
    if (options?.append !== true) this.#drop((other) => other === field)
    ;(this.#pending ??= []).push(field, value)
    return this
  }

  text(body: string, status?: number): Response {
    return this.make(body, textHeaders, status)
  }

  json(value: unknown, status?: number): Response {
    return this.make(toJsonText(value), jsonHeaders, status)
  }

  html(markup: string | Markup, status?: number): Response {
    return this.make(String(markup), htmlHeaders, status)
  }

  reply(body: ResponseBody, mediaType: string, status?: number): Response {
    assertHeaderValue('content-type', mediaType)
    return this.make(body, ['content-type', mediaType], status)
  }

  problem(status: number, options: ProblemOptions | string = {}): Response {
    return this.make(problemText(status, options, this.environment.phraseOf), problemHeaders, status)
  }

  /** Makes a response of a handler's plain value. `HANDLER_NO_RESPONSE` for one of which none can be made. */
  replyWith(value: unknown): Response {
    if (typeof value === 'string') return this.text(value)
    if (value === null) return this.make(null, [], this.#status === 200 ? 204 : this.#status)
    return typeof value === 'object' ? this.replyWithObject(value) : this.json(value)
  }

  beforeSend(callback: () => void): void {
    ;(this.#beforeSend ??= []).push(callback)
  }

  /** The header fields that wait for the answer, or null. Runs what `beforeSend` registered, once. */
  takeHeaders(): HeaderList | null {
    const callbacks = this.#beforeSend
    this.#beforeSend = null
    callbacks?.forEach((callback) => callback())
    const pending = this.#pending
    this.#pending = null
    return pending
  }

  /** Forgets what described the representation that did not come about, before an error takes its place. */
  dropRepresentation(): void {
    this.#status = 200
    this.#drop((name) => representation.test(name))
  }

  /** One service of the table, built on first use; `index` is its place in the table. */
  serviceAt(index: number, factory: ServiceFactory): unknown {
    const services = (this.#services ??= [])
    return index in services ? services[index] : (services[index] = factory(this))
  }

  /** Makes a response of an object. Only what JSON is meant for is taken. */
  protected replyWithObject(value: object): Response {
    if (Array.isArray(value) || 'toJSON' in value || Object.getPrototypeOf(value) === Object.prototype)
      return this.json(value)
    throw noResponse(value)
  }

  #drop(isDropped: (name: string) => boolean): void {
    this.#pending =
      this.#pending?.filter((_, index, list) => !isDropped(list[index - (index % 2)] ?? '')) ?? null
  }

  protected make(body: ResponseBody, headers: HeaderList, status: number = this.#status): Response {
    if (status !== 200) assertStatus(status)
    // RFC 9110 §15.3.5, §15.3.6, §15.4.5: these have no content, whatever the helper was given.
    const isEmpty = status === 204 || status === 205 || status === 304
    return this.platform.createResponse(isEmpty ? null : body, status, isEmpty ? [] : headers)
  }
}

function toJsonText(value: unknown): string {
  const text: unknown = JSON.stringify(value)
  if (typeof text === 'string') return text
  throw noResponse(value)
}

function noResponse(value: unknown): RockstarError {
  return new RockstarError('HANDLER_NO_RESPONSE', `Expected a response or a value, got ${typeof value}`)
}
