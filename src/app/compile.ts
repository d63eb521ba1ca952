import type {
  Environment,
  Handler,
  MatchedRoute,
  Middleware,
  RequestContext,
  RouteLimits,
} from '../context/index.ts'
import type { PathPolicy, Router } from '../router/index.ts'
import type { Layer } from './onion.ts'
import { foldOnion, isThenable } from './onion.ts'
import { respond } from './respond.ts'
import type { PendingRoute } from './scope.ts'
import { middlewareOf } from './scope.ts'

/** A route as a request finds it: everything that could be made at start is made. */
export interface CompiledRoute extends MatchedRoute {
  /** The handler with all its middleware. */
  readonly run: Layer
}

/** Compiles the routes into a router. `limitsOf` gives the bounds of each. Throws conflicts as they come. */
export function compileRoutes(
  routes: readonly PendingRoute[],
  router: Router<CompiledRoute>,
  limitsOf: (route: PendingRoute) => RouteLimits | null,
): Router<CompiledRoute> {
  for (const route of routes) {
    const { method, pattern, host } = route
    router.add({ method, pattern, host, target: compileRoute(route, limitsOf(route)) })
  }
  return router
}

function compileRoute(route: PendingRoute, limits: RouteLimits | null): CompiledRoute {
  const { options } = route
  const middleware = [...middlewareOf(route.scope), ...(options.middleware ?? [])]
  return {
    info: Object.freeze({
      method: route.method,
      pattern: route.pattern,
      host: route.host,
      name: options.name,
      tags: options.tags ?? [],
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
  /** Default: the default of each. */
  readonly policy?: PathPolicy
  readonly environment: Environment
  readonly Context: typeof RequestContext
  /** The host by which routes are chosen. Default: none, because no route names one. */
  readonly hostOf?: ((ctx: RequestContext) => string) | undefined
  /** Answers a path that has a slash more or less than its route. Default: the route does. */
  readonly redirectSlash?: ((ctx: RequestContext) => Response) | undefined
  /** Waits for an asynchronous answer and makes it ready to leave; never rejects. */
  readonly settle: (ctx: RequestContext, pending: Promise<Response>) => Promise<Response>
  /** Stands around what no route answers: 404, 405, OPTIONS, a malformed path. */
  readonly middleware: readonly Middleware<never>[]
}
