import type { Environment, Handler, RequestContext, RouteInfo, RouteLimits } from '../context/index.ts'
import type { PathPolicy, Router, RouterFactory } from '../router/index.ts'
import type { AppLimits } from './contract.ts'
import type { Layer } from './onion.ts'
import { foldOnion, isThenable } from './onion.ts'
import { resolveLimits, throwAll } from './options.ts'
import { respond } from './respond.ts'
import type { PendingRoute } from './scope.ts'
import { middlewareOf } from './scope.ts'

/** A route as a request finds it: everything that could be made at start is made. */
export interface CompiledRoute {
  readonly info: RouteInfo
  readonly limits: RouteLimits
  /** The handler with all its middleware. */
  readonly run: Layer
}

/** Compiles the routes into a router. Throws all mistakes in route options at once, and conflicts as they come. */
export function compileRoutes(
  routes: readonly PendingRoute[],
  limits: AppLimits,
  createRouter: RouterFactory,
  policy: PathPolicy,
): Router<CompiledRoute> {
  const router = createRouter<CompiledRoute>(policy)
  const problems: string[] = []
  for (const route of routes) {
    const { method, pattern, host, options } = route
    const target = compileRoute(
      route,
      resolveLimits(options.limits ?? {}, limits, `${method} ${pattern} limits`, problems),
    )
    router.add({ method, pattern, host, target })
  }
  throwAll(problems)
  return router
}

function compileRoute(route: PendingRoute, limits: AppLimits): CompiledRoute {
  const { options } = route
  const middleware = [...middlewareOf(route.scope), ...(options.middleware ?? [])]
  return {
    info: Object.freeze({
      method: route.method,
      pattern: route.pattern,
      host: route.host,
      name: options.name,
      tags: Object.freeze([...(options.tags ?? [])]),
    }),
    limits,
    run: foldOnion(middleware, handlerLayer(route.handler)),
  }
}

function handlerLayer(handler: Handler<never>): Layer {
  // The dispatcher gives each route a context with the parameters of its own pattern.
  const run = handler as Handler<RequestContext>
  return (ctx) => {
    const value = run(ctx)
    return isThenable(value) ? value.then((settled) => respond(ctx, settled)) : respond(ctx, value)
  }
}

/** What compiling an app gives; all that a request needs. */
export interface CompiledApp {
  readonly router: Router<CompiledRoute>
  readonly policy: PathPolicy
  readonly hasHosts: boolean
  readonly environment: Environment
  readonly Context: typeof RequestContext
  /** Stands around what no route answers: 404, 405, OPTIONS, a malformed path. */
  readonly foldFallback: (inner: Layer) => Layer
}
