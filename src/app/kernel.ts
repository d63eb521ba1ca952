import type { Context, Origin, RequestContext, ServiceTable } from '../context/index.ts'
import { deriveContext } from '../context/index.ts'
import type { Diagnostics } from '../diagnostics/index.ts'
import { createDiagnostics } from '../diagnostics/index.ts'
import type { Platform, PortableOptions } from '../platform/index.ts'
import { createPortablePlatform, isPlatform } from '../platform/index.ts'
import type { Router } from '../router/index.ts'
import { createRouter } from '../router/index.ts'
import type { CompiledRoute } from './compile.ts'
import { compileRoutes } from './compile.ts'
import type { App, KernelOptions, LifecycleHook } from './contract.ts'
import type { Dispatch } from './dispatch.ts'
import { createDispatch } from './dispatch.ts'
import { startedError } from './fail.ts'
import { hookSteps, runAll, runStep, serviceStarts, serviceStops } from './lifecycle.ts'
import { appBrand } from './mount.ts'
import { foldOnion } from './onion.ts'
import type { ResolvedOptions } from './options.ts'
import { resolveOptions } from './options.ts'
import { createRoutes } from './routes.ts'
import type { PendingRoute } from './scope.ts'
import { createRootScope } from './scope.ts'

/** What the batteries add to a kernel; not for applications. */
export interface KernelInternals {
  /** Scheme and host after the rules of trust; without it, what the request says of itself. */
  readonly resolveOrigin?: (ctx: Context) => Origin
}

/**
 * Makes an app whose contexts have the services of this table and nothing else. Makes no I/O. Throws
 * `OPTIONS_INVALID` with every mistake in the options.
 */
export function createKernel<Table extends ServiceTable = Record<never, never>>(
  options: KernelOptions & { readonly services?: Table } = {},
  internals: KernelInternals = {},
): App<Table> {
  const kernel = new Kernel(resolveOptions(options), options.services ?? {}, internals)
  return Object.assign(createRoutes<Table>(kernel.scope), {
    [appBrand]: true,
    diagnostics: kernel.diagnostics,
    fetch: (request: Request, platform?: unknown, context?: unknown) =>
      kernel.fetch(request, platform, context),
    start: (platform: Platform) => kernel.start(platform),
    stop: () => kernel.stop(),
    routes: () => kernel.compileRoutes().routes(),
    onStart<Self>(this: Self, hook: LifecycleHook): Self {
      kernel.addHook('start', hook)
      return this
    },
    onStop<Self>(this: Self, hook: LifecycleHook): Self {
      kernel.addHook('stop', hook)
      return this
    },
  })
}

/** The life of an app: what was registered, whether it has started, and the dispatcher that start made. */
class Kernel {
  readonly diagnostics: Diagnostics = createDiagnostics()
  readonly #routes: PendingRoute[] = []
  readonly scope = createRootScope({ routes: this.#routes, assertOpen: () => this.#assertOpen() })
  readonly #options: ResolvedOptions
  readonly #services: ServiceTable
  readonly #internals: KernelInternals
  readonly #Context: typeof RequestContext
  readonly #hooks: { readonly start: LifecycleHook[]; readonly stop: LifecycleHook[] } = {
    start: [],
    stop: [],
  }
  /** Not null between the end of the start and the begin of the stop. */
  #dispatch: Dispatch | null = null
  #platform: Platform | null = null
  #starting: Promise<void> | null = null
  #stopping: Promise<void> | null = null
  #unsubscribe: (() => void) | null = null

  constructor(options: ResolvedOptions, services: ServiceTable, internals: KernelInternals) {
    this.#options = options
    this.#services = services
    this.#internals = internals
    this.#Context = deriveContext(services)
    if (options.onDiagnostic !== null) this.diagnostics.subscribe(options.onDiagnostic)
  }

  addHook(kind: 'start' | 'stop', hook: LifecycleHook): void {
    this.#assertOpen()
    this.#hooks[kind].push(hook)
  }

  fetch(request: Request, second: unknown, third: unknown): Response | Promise<Response> {
    const platform = isPlatform(second)
      ? second
      : (this.#platform ?? createPortablePlatform(portableFrom(second, third)))
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
    const { limits, paths, router } = this.#options
    return compileRoutes(this.#routes, limits, router ?? createRouter, paths)
  }

  async #start(platform: Platform): Promise<void> {
    const development = isDevelopment(this.#options.mode, platform)
    const dispatch = this.#compile(development)
    this.#platform = platform
    this.#unsubscribe = this.diagnostics.subscribe((event) => {
      if (event.level !== 'debug') platform.log(event)
    })
    const host = { platform, diagnostics: this.diagnostics, development }
    try {
      for (const step of [
        ...serviceStarts(this.#services, host),
        ...hookSteps('start', this.#hooks.start, platform),
      ]) {
        await runStep(step, platform, this.#options.hookMs)
      }
    } catch (error) {
      await this.#stop().catch(() => undefined)
      throw error
    }
    this.#dispatch = dispatch
  }

  async #stop(): Promise<void> {
    const platform = this.#platform
    if (platform === null) return
    this.#dispatch = null
    this.#starting = null
    this.#platform = null
    try {
      const steps = [
        ...hookSteps('stop', this.#hooks.stop.toReversed(), platform),
        ...serviceStops(this.#services),
      ]
      await runAll(steps, platform, this.#options.hookMs)
    } finally {
      this.#unsubscribe?.()
      this.#unsubscribe = null
    }
  }

  #compile(development: boolean): Dispatch {
    return createDispatch({
      router: this.compileRoutes(),
      policy: this.#options.paths,
      hasHosts: this.#routes.some((route) => route.host !== null),
      Context: this.#Context,
      environment: Object.freeze({
        limits: this.#options.limits,
        diagnostics: this.diagnostics,
        development,
        resolveOrigin: this.#internals.resolveOrigin ?? null,
        services: this.#services,
      }),
      foldFallback: (inner) => foldOnion(this.scope.middleware, inner),
    })
  }

  async #startThenFetch(request: Request, platform: Platform): Promise<Response> {
    try {
      await this.start(platform)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      platform.log({ kind: 'app.start-failed', level: 'error', message: reason, error })
      return platform.createResponse('The application could not start', 503, unavailable)
    }
    return this.fetch(request, platform, undefined)
  }

  #assertOpen(): void {
    if (this.#starting !== null) throw startedError()
  }
}

const unavailable = ['content-type', 'text/plain; charset=utf-8', 'retry-after', '5']

function isDevelopment(mode: ResolvedOptions['mode'], platform: Platform): boolean {
  return (mode ?? platform.env['ROCKSTAR_ENV'] ?? platform.env['NODE_ENV']) === 'development'
}

/** What runtimes pass besides the request: `(env, context)` on Workers, `(info)` on Deno, `(server)` on Bun. */
function portableFrom(second: unknown, third: unknown): PortableOptions {
  const env = third === undefined ? undefined : second
  const options: { env?: Record<string, unknown>; waitUntil?: (work: Promise<unknown>) => void } = {}
  if (typeof env === 'object' && env !== null) options.env = { ...env }
  if (
    typeof third === 'object' &&
    third !== null &&
    'waitUntil' in third &&
    typeof third.waitUntil === 'function'
  ) {
    const context: { waitUntil?: unknown } = third
    options.waitUntil = (work) => void Reflect.apply(third.waitUntil as () => void, context, [work])
  }
  return options
}
