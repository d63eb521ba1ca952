import type { Diagnostics } from '../diagnostics/contract.ts'
import type { Platform, ResponseBody } from '../platform/contract.ts'
import type { Markup } from '../template/contract.ts'

/** A value that a handler may return instead of a `Response`. */
export type ReplyValue =
  | string
  | number
  | boolean
  | null
  | object
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>

/** What a handler returns. Object or array: JSON. String: text. `null`: 204. Stream or async iterable: a stream. */
export type Reply = Response | ReplyValue

/** Answers a request. */
export type Handler<Ctx = Context> = (ctx: Ctx) => Reply | Promise<Reply>

/** Goes on to the next middleware or the handler. May be called once. */
export type Next = () => Response | Promise<Response>

/**
 * Stands around a handler: answers itself, or returns the result of `next()`, changed or not. Returning nothing is
 * `MIDDLEWARE_NO_RESPONSE`, calling `next()` twice `MIDDLEWARE_NEXT_TWICE`; both name the middleware.
 */
export type Middleware<Ctx = Context> = (ctx: Ctx, next: Next) => Response | Promise<Response>

/** A typed slot for values that a middleware passes on; made by `stateKey()`. */
export interface StateKey<Value> {
  readonly name: string
  /** Only carries the type. */
  readonly value?: Value
}

/** Bounds of one route, complete: the app's, changed by what the route names. See `AppLimits`. */
export interface RouteLimits {
  readonly bodyBytes: number
  readonly jsonDepth: number
  readonly formFields: number
  readonly handlerMs: number
}

/** The route that matched, as logs and metrics name it: bounded in number, unlike paths. */
export interface RouteInfo {
  readonly method: string
  readonly pattern: string
  readonly host: string | null
  readonly name: string | undefined
  readonly tags: readonly string[]
}

/** Sets a header field instead of replacing it, or adds one more. */
export interface HeaderOptions {
  /** Add a further field of that name. Default: false, the field is replaced. */
  readonly append?: boolean
}

/** Options of `ctx.redirect`. */
export interface RedirectOptions {
  /** Default: 302. 303 after a form, 308 for a moved resource. */
  readonly status?: 301 | 302 | 303 | 307 | 308
  /** Origins besides the request's own that the target may have: `https://login.example.com`. Default: none. */
  readonly allowOrigins?: readonly string[]
}

/** Members of problem details (RFC 9457 §3.1) besides `status`. */
export interface ProblemOptions {
  /** A URI reference that names the kind of problem. Default: `about:blank`. */
  readonly type?: string
  /** Default: the phrase of the status. */
  readonly title?: string
  readonly detail?: string
  readonly instance?: string
  /** Further members. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** What a handler of `rockstar-web/core` gets: one request and the answer to it, without what takes more code. */
export interface CoreContext<Params = Readonly<Record<string, string | undefined>>> {
  readonly request: Request
  readonly platform: Platform
  /** Upper case, as it came: HEAD stays HEAD although the handler of GET answers it. */
  readonly method: string
  /** The canonical path, percent-encoded: the same string that the router compared. */
  readonly path: string
  /** The request's URL, with scheme and host as the client used them after the trust rules. */
  readonly url: URL
  /** The decoded parameters of the path and of the host pattern. */
  readonly params: Params
  /** The header fields of the request. */
  readonly headers: Headers
  /** The query of the URL as it came, without `?`. */
  readonly search: string
  /** What matched; null in a middleware that stands around a 404. */
  readonly route: RouteInfo | null
  /** The app's channel for what logs, metrics and traces hear. */
  readonly diagnostics: Diagnostics
  /** Aborts when the client goes away, when the deadline passes, or when the server cuts the request off. */
  readonly signal: AbortSignal
  /** What a middleware passed on under this key, or undefined. */
  get<Value>(key: StateKey<Value>): Value | undefined
  /** Passes a value on to whoever comes later in this request. */
  set<Value>(key: StateKey<Value>, value: Value): void
  /** The status of the answer that a helper or a plain value makes. Default: 200. */
  status(code: number): this
  /**
   * A header field of the answer, whoever makes it. `HEADER_INVALID` for a character that RFC 9110 §5.5 forbids.
   * Fields that describe a representation (`content-*`, `etag`, …) are dropped when the answer becomes an error.
   */
  header(name: string, value: string, options?: HeaderOptions): this
  /** Registers work that may still add header fields (cookies, timings), run once just before the answer leaves. */
  beforeSend(callback: () => void): void
  text(body: string, status?: number): Response
  /** `JSON.stringify` of the value; `undefined` members vanish as they do there. */
  json(value: unknown, status?: number): Response
  /** Sends markup as it is. Escape what came from outside: `html` templates do. */
  html(markup: string | Markup, status?: number): Response
  /** Any body with a media type. */
  reply(body: ResponseBody, mediaType: string, status?: number): Response
  /** Problem details (RFC 9457). */
  problem(status: number, options?: ProblemOptions | string): Response
}

/** One request and the answer to it: all that a handler gets. Services of the app's table stand beside these names. */
export interface Context<Params = Readonly<Record<string, string | undefined>>> extends CoreContext<Params> {
  /** The bounds that hold for this request. */
  readonly limits: RouteLimits
  /** When the request must be answered, in milliseconds of `clock.monotonic()`; `Infinity` without a bound. */
  readonly deadline: number
  /** Sends markup as `application/xml`. */
  xml(markup: string | Markup, status?: number): Response
  /** Sends chunks as they come; the source is cancelled when the client goes away. Default media type: binary. */
  stream(
    source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>,
    mediaType?: string,
  ): Response
  /**
   * Redirects within the site. A target on another origin is `REDIRECT_REFUSED` unless `allowOrigins` names it.
   * Default status: 302.
   */
  redirect(location: string, options?: RedirectOptions): Response
}

/** What a service with a lifecycle gets at start. */
export interface ServiceHost {
  readonly platform: Platform
  readonly diagnostics: Diagnostics
  readonly development: boolean
  /** Aborts when the bound of the start is over. */
  readonly signal: AbortSignal
}

/**
 * Builds one service for one request, on first use. With `start` and `stop` it has a lifecycle: both run once per
 * start of the app, `stop` in reverse order of the table.
 */
export interface ServiceFactory {
  // oxlint-disable-next-line typescript/no-explicit-any -- a table is inferred from factories over different contexts
  (ctx: any): unknown
  readonly start?: (host: ServiceHost) => void | Promise<void>
  readonly stop?: () => void | Promise<void>
}

/** The services of an app by name. A name may not be one of Context's own. */
export type ServiceTable = Readonly<Record<string, ServiceFactory>>

/** What a table adds to the context. */
export type Services<Table extends ServiceTable> = { readonly [Name in keyof Table]: ReturnType<Table[Name]> }
