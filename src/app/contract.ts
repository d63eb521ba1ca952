import type {
  Context,
  CoreContext,
  Handler,
  Middleware,
  Services,
  ServiceTable,
} from '../context/contract.ts'
import type { DiagnosticListener, Diagnostics } from '../diagnostics/contract.ts'
import type { Platform } from '../platform/contract.ts'
import type { WebSocketHooks, WebSocketOptions } from '../realtime/contract.ts'
import type { PathParams, PathPolicy, RouteDefinition, RouterFactory } from '../router/index.ts'

/** The context of a route: its own parameters, and the app's services. */
export type RouteContext<Table extends ServiceTable, Params> = Context<Params> & Services<Table>

/** Bounds that hold for every request unless a route names its own. */
export interface AppLimits {
  /** Largest body that `ctx.body` reads, in bytes, 0 to 2^53-1. Default: 1 MiB. */
  readonly bodyBytes: number
  /** Deepest nesting of a JSON body, 1 to 10,000. Default: 64. */
  readonly jsonDepth: number
  /** Most pairs in a form or a query, 1 to 100,000. Default: 1,000. */
  readonly formFields: number
  /** How long a handler may take until its answer begins, in milliseconds; 0 is no bound. Default: 30,000. Late: 503. */
  readonly handlerMs: number
}

/** Options of one route. */
export interface RouteOptions<Ctx = Context> {
  /** For logs, metrics, URL building. */
  readonly name?: string
  readonly tags?: readonly string[]
  /** Runs inside the app's and the group's middleware. */
  readonly middleware?: readonly Middleware<Ctx>[]
  /** Bounds of this route. */
  readonly limits?: Partial<Pick<AppLimits, 'bodyBytes' | 'jsonDepth' | 'formFields' | 'handlerMs'>>
}

/** Something with a fetch handler: another app, or a third party's. */
export type Mountable = ((request: Request) => Response | Promise<Response>) | FetchHandler

/** The shape of a module worker. */
export interface FetchHandler {
  // oxlint-disable-next-line typescript/no-explicit-any -- runtimes pass env and context of their own types
  fetch(request: Request, ...rest: any[]): Response | Promise<Response>
}

/** Options of `mount`. */
export interface MountOptions {
  /** Give the handler the URL without the prefix. Default: true. */
  readonly stripPrefix?: boolean
}

/** Registers routes. Each call returns the same object, so that types do not grow with the chain. */
export interface Routes<Table extends ServiceTable> {
  /** Stands around every route of this scope, wherever it is registered; on the app also around 404 and 405. */
  use(...middleware: Middleware<Context & Services<Table>>[]): this
  get<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  get<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  post<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  post<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  put<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  put<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  patch<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  patch<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  delete<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  delete<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  head<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  head<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  options<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  options<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  /** Any method, after the routes that name one. */
  all<Path extends string>(path: Path, handler: RouteHandler<Table, Path>): this
  all<Path extends string>(
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  /** One or more methods, custom ones too. */
  on<Path extends string>(
    methods: string | readonly string[],
    path: Path,
    handler: RouteHandler<Table, Path>,
  ): this
  on<Path extends string>(
    methods: string | readonly string[],
    path: Path,
    options: RouteOptionsFor<Table>,
    handler: RouteHandler<Table, Path>,
  ): this
  /** Routes under a prefix, with middleware of their own. With a callback the chain goes on outside the group. */
  group(prefix: string): Routes<Table>
  group(prefix: string, define: (group: Routes<Table>) => void): this
  /** Routes of one host: exact, `*.example.com`, or with parameters `:tenant.example.com`. */
  host(pattern: string): Routes<Table>
  host(pattern: string, define: (host: Routes<Table>) => void): this
  /**
   * A WebSocket endpoint. Middleware, authentication too, runs before the handshake is accepted. Rooms are those of
   * `ctx.realtime`.
   */
  ws<Path extends string>(path: Path, hooks: WebSocketHooks<RouteContext<Table, PathParams<Path>>>): this
  ws<Path extends string>(
    path: Path,
    options: WebSocketRouteOptions<Table>,
    hooks: WebSocketHooks<RouteContext<Table, PathParams<Path>>>,
  ): this
  /** Hands every request under the prefix to another fetch handler. */
  mount(prefix: string, handler: Mountable, options?: MountOptions): this
}

/** A handler whose parameters are those of its path. */
export type RouteHandler<Table extends ServiceTable, Path extends string> = Handler<
  RouteContext<Table, PathParams<Path>>
>

/** Route options whose middleware sees the app's services. */
export type RouteOptionsFor<Table extends ServiceTable> = RouteOptions<Context & Services<Table>>

/** Options of a WebSocket endpoint, and those of its route. */
export type WebSocketRouteOptions<Table extends ServiceTable> = WebSocketOptions & RouteOptionsFor<Table>

/** A hook of start or stop. Bounded by `hookMs`; its signal aborts then. */
export type LifecycleHook = (platform: Platform, signal: AbortSignal) => void | Promise<void>

/** Registers the routes of a core app. */
export interface CoreRoutes<Table extends ServiceTable> {
  /** Stands around every route of this scope, wherever it is registered; on the app also around 404 and 405. */
  use(...middleware: Middleware<CoreContext & Services<Table>>[]): this
  get<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  post<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  put<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  patch<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  delete<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  head<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  options<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  /** Any method, after the routes that name one. */
  all<Path extends string>(path: Path, handler: CoreHandler<Table, Path>): this
  /** Routes under a prefix, with middleware of their own. With a callback the chain goes on outside the group. */
  group(prefix: string): CoreRoutes<Table>
  group(prefix: string, define: (group: CoreRoutes<Table>) => void): this
}

/** A handler of a core app, whose parameters are those of its path. */
export type CoreHandler<Table extends ServiceTable, Path extends string> = Handler<
  CoreContext<PathParams<Path>> & Services<Table>
>

/** What an adapter serves: a valid fetch handler as it stands. Makes no I/O until its start. */
export interface Servable {
  /**
   * Answers one request. The second argument is a `Platform`, or whatever a runtime passes (env, info, server).
   * Bound: may be taken off the app. Starts the app on its first call.
   */
  readonly fetch: (request: Request, platform?: unknown, context?: unknown) => Response | Promise<Response>
  /** Compiles routes and runs the start hooks. Idempotent: concurrent calls share one start. */
  start(platform: Platform): Promise<void>
  /** Runs the stop hooks and closes what the services opened. Rejects with all that failed. Idempotent. */
  stop(): Promise<void>
  /** All routes, sorted. */
  routes(): readonly RouteDefinition<unknown>[]
  readonly diagnostics: Diagnostics
}

/** The definition of an application. */
export interface App<Table extends ServiceTable = ServiceTable> extends Routes<Table>, Servable {
  /** Runs once before the first request, in order of registration. */
  onStart(hook: LifecycleHook): this
  /** Runs once at stop, in reverse order. All run, even if one fails. */
  onStop(hook: LifecycleHook): this
}

/** The definition of an application of `rockstar-web/core`. */
export interface CoreApp<Table extends ServiceTable = ServiceTable> extends CoreRoutes<Table>, Servable {}

/** Options of an app of `rockstar-web/core`. */
export interface CoreOptions<Table extends ServiceTable = ServiceTable> extends Pick<KernelOptions, 'mode'> {
  /** The services that stand on the context, by name. Nobody starts or stops them. Default: none. */
  readonly services?: Table
}

/** Options of an app without batteries. */
export interface KernelOptions {
  /**
   * `development` shows messages and stacks in answers. Default: what `ROCKSTAR_ENV` or `NODE_ENV` says at start,
   * else `production`.
   */
  readonly mode?: 'development' | 'production' | 'test'
  readonly limits?: Partial<AppLimits>
  readonly paths?: Partial<PathPolicy>
  /** A router of your own. */
  readonly router?: RouterFactory
  /** Hears every diagnostic event besides the platform's log. */
  readonly onDiagnostic?: DiagnosticListener
  /** Bound of each hook in milliseconds, 1 to 3,600,000. Default: 30,000. */
  readonly hookMs?: number
}
