import type {
  BoundedEnvironment,
  CoreContext,
  Environment,
  RequestContext,
  ServiceTable,
} from '../context/index.ts'
import { assertServiceNames, BoundedContext, deriveContext } from '../context/index.ts'
import type { Diagnostics } from '../diagnostics/index.ts'
import { createDiagnostics } from '../diagnostics/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import { statusPhrase } from '../http/index.ts'
import type { Platform } from '../platform/index.ts'
import { isPlatform } from '../platform/index.ts'
import type { Router } from '../router/index.ts'
import { createRouter } from '../router/index.ts'
import { appBrand } from './brand.ts'
import type { CompiledRoute } from './compile.ts'
import { compileRoutes } from './compile.ts'
import type { App, KernelOptions, LifecycleHook } from './contract.ts'
import type { Dispatch } from './dispatch.ts'
import { createDispatch } from './dispatch.ts'
import { startedError } from './fail.ts'
import type { Occasion } from './lifecycle.ts'
import { startAll, stopAll } from './lifecycle.ts'
import type { ResolvedOptions } from './options.ts'
import { limitsOf, resolveOptions, throwAll } from './options.ts'
import { forwardEvents, isDevelopment, portablePlatform } from './platform.ts'
import { createRoutes } from './routes.ts'
import type { PendingRoute } from './scope.ts'
import { createRootScope } from './scope.ts'
import { settleInTime } from './settle.ts'
import { redirectSlash } from './slash.ts'

/** Codes of stores that are down or busy. */
const downCodes = /^S(?:QL|TORE)_(?:BUSY|CLOSED|CONNECTION|FAILED|TIMEOUT)$/
/** They may be up again in a moment (RFC 9110 §15.6.4). */
const down = { status: 503, headers: { 'retry-after': '5' } }

/** How the rules of trust see a request; not for applications. */
export interface OriginRules {
  /** The host by which routes are chosen. */
  readonly hostOf: (ctx: CoreContext) => string
  /** The URL as the client used it; null uses what the request says of itself. */
  readonly urlOf: ((ctx: CoreContext) => string) | null
}

/**
 * Makes an app whose contexts have the services of this table and nothing else. Makes no I/O. Throws
 * `OPTIONS_INVALID` with every mistake in the options.
 */
export function createKernel<Table extends ServiceTable>(
  options: KernelOptions,
  services: Table,
  rules: OriginRules,
): App<Table> {
  assertServiceNames(services)
  const kernel = new Kernel(resolveOptions(options), services, rules)
  const app = Object.assign(createRoutes(kernel.scope), {
    [appBrand]: true,
    diagnostics: kernel.diagnostics,
    fetch: (request: Request, platform?: unknown, context?: unknown) =>
      kernel.fetch(request, platform, context),
    start: (platform: Platform) => kernel.start(platform),
    stop: () => kernel.stop(),
    routes: () => kernel.compileRoutes().routes(),
    onStart<Self>(this: Self, hook: LifecycleHook): Self {
      kernel.addHook('startHooks', hook)
      return this
    },
    onStop<Self>(this: Self, hook: LifecycleHook): Self {
      kernel.addHook('stopHooks', hook)
      return this
    },
  })
  // All methods of the contract are there, their types erased.
  return app as unknown as App<Table>
}

/** The life of an app: what was registered, whether it has started, and the dispatcher that start made. */
class Kernel {
  readonly diagnostics: Diagnostics = createDiagnostics()
  readonly #routes: PendingRoute[] = []
  readonly scope = createRootScope({ routes: this.#routes, assertOpen: () => this.#assertOpen() })
  readonly #options: ResolvedOptions
  readonly #rules: OriginRules
  readonly #services: ServiceTable
  readonly #Context: typeof RequestContext
  readonly #hooks: Record<'startHooks' | 'stopHooks', LifecycleHook[]> = { startHooks: [], stopHooks: [] }
  /** Not null between the end of the start and the begin of the stop. */
  #dispatch: Dispatch | null = null
  #occasion: Occasion | null = null
  #starting: Promise<void> | null = null
  #stopping: Promise<void> | null = null
  #unsubscribe: (() => void) | null = null

  constructor(options: ResolvedOptions, services: ServiceTable, rules: OriginRules) {
    this.#options = options
    this.#services = services
    this.#rules = rules
    this.#Context = deriveContext(BoundedContext, services)
    if (options.onDiagnostic !== null) this.diagnostics.subscribe(options.onDiagnostic)
  }

  addHook(kind: 'startHooks' | 'stopHooks', hook: LifecycleHook): void {
    this.#assertOpen()
    this.#hooks[kind].push(hook)
  }

  fetch(request: Request, second: unknown, third: unknown): Response | Promise<Response> {
    const platform = isPlatform(second)
      ? second
      : (this.#occasion?.platform ?? portablePlatform(second, third))
    return this.#dispatch === null
      ? this.#startThenFetch(request, platform)
      : this.#dispatch(request, platform)
  }

  start(platform: Platform): Promise<void> {
    if (this.#starting !== null) return this.#starting
    const starting = this.#start(platform)
    this.#starting = starting
    starting.catch(() => {
      // The next request tries again.
      if (this.#starting === starting) this.#starting = null
    })
    return starting
  }

  stop(): Promise<void> {
    if (this.#stopping !== null) return this.#stopping
    if (this.#starting === null) return Promise.resolve()
    this.#stopping = this.#starting
      .then(() => this.#stop())
      .finally(() => {
        this.#stopping = null
      })
    return this.#stopping
  }

  compileRoutes(): Router<CompiledRoute> {
    const problems: string[] = []
    const router = compileRoutes(
      this.#routes,
      (this.#options.router ?? createRouter)(this.#options.paths),
      (route) => limitsOf(route, this.#options.limits, problems),
    )
    throwAll(problems)
    return router
  }

  async #start(platform: Platform): Promise<void> {
    const environment = this.#environment(isDevelopment(this.#options.mode, platform))
    const dispatch = this.#compile(environment)
    const occasion = { ...this.#hooks, platform, environment, hookMs: this.#options.hookMs }
    this.#occasion = occasion
    this.#unsubscribe = forwardEvents(this.diagnostics, platform)
    try {
      await startAll(occasion)
    } catch (error) {
      await this.#stop().catch(() => undefined)
      throw error
    }
    this.#dispatch = dispatch
  }

  async #stop(): Promise<void> {
    const occasion = this.#occasion
    if (occasion === null) return
    this.#dispatch = null
    this.#starting = null
    this.#occasion = null
    try {
      await stopAll(occasion)
    } finally {
      this.#unsubscribe?.()
      this.#unsubscribe = null
    }
  }

  #environment(development: boolean): BoundedEnvironment {
    return Object.freeze({
      limits: this.#options.limits,
      diagnostics: this.diagnostics,
      development,
      urlOf: this.#rules.urlOf,
      phraseOf: statusPhrase,
      answerTo: (code: ErrorCode) => (downCodes.test(code) ? down : null),
      services: this.#services,
    })
  }

  #compile(environment: Environment): Dispatch {
    const { paths } = this.#options
    return createDispatch({
      router: this.compileRoutes(),
      policy: paths,
      hostOf: this.#routes.some((route) => route.host !== null) ? this.#rules.hostOf : undefined,
      redirectSlash: paths.trailingSlash === 'redirect' ? redirectSlash : undefined,
      settle: settleInTime,
      Context: this.#Context,
      environment,
      middleware: this.scope.middleware,
    })
  }

  async #startThenFetch(request: Request, platform: Platform): Promise<Response> {
    try {
      await this.start(platform)
    } catch (error) {
      platform.log({ kind: 'app.start-failed', level: 'error', message: String(error), error })
      return platform.createResponse('The application could not start', 503, unavailable)
    }
    return this.fetch(request, platform, undefined)
  }

  #assertOpen(): void {
    if (this.#starting !== null) throw startedError()
  }
}

const unavailable = ['content-type', 'text/plain;charset=UTF-8', 'retry-after', '5']
