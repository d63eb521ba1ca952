import type { ServiceTable } from '../context/index.ts'
import { deriveContext, RequestContext } from '../context/index.ts'
import { createDiagnostics } from '../diagnostics/index.ts'
import type { Platform } from '../platform/index.ts'
import { isPlatform } from '../platform/index.ts'
import type { Router } from '../router/index.ts'
import { createSegmentRouter } from '../router/index.ts'
import { appBrand } from './brand.ts'
import type { CompiledRoute } from './compile.ts'
import { compileRoutes } from './compile.ts'
import type { CoreApp, CoreOptions } from './contract.ts'
import type { Dispatch } from './dispatch.ts'
import { createDispatch } from './dispatch.ts'
import { startedError } from './fail.ts'
import { forwardEvents, isDevelopment, portablePlatform } from './platform.ts'
import { addRoute, createVerbs, nest } from './registering.ts'
import type { PendingRoute, Scope } from './scope.ts'
import { childOf, createRootScope, joinPattern } from './scope.ts'
import { settle } from './settle.ts'

/**
 * Makes an app of the least that answers requests: routes, groups, middleware, services, problem details. It has no
 * hosts, mounts, constraints, limits, hooks and rules of trust, and no bound on a handler but the runtime's own;
 * `createApp` of `rockstar-web` has. Makes no I/O.
 */
export function createCoreApp<Table extends ServiceTable = Record<never, never>>(
  options?: CoreOptions<Table>,
): CoreApp<Table> {
  const { services, mode } = options ?? {}
  const diagnostics = createDiagnostics()
  const routes: PendingRoute[] = []
  let dispatch: Dispatch | null = null
  const scope = createRootScope({
    routes,
    assertOpen(): void {
      if (dispatch !== null) throw startedError()
    },
  })

  function compile(): Router<CompiledRoute> {
    return compileRoutes(routes, createSegmentRouter(), noLimits)
  }

  function start(platform: Platform): Dispatch {
    if (dispatch !== null) return dispatch
    forwardEvents(diagnostics, platform)
    return (dispatch = createDispatch({
      router: compile(),
      settle,
      Context: services === undefined ? RequestContext : deriveContext(RequestContext, services),
      environment: { diagnostics, development: isDevelopment(mode, platform) },
      middleware: scope.middleware,
    }))
  }

  const app = Object.assign(createCoreRoutes(scope), {
    [appBrand]: true,
    diagnostics,
    fetch(request: Request, second?: unknown, third?: unknown): Response | Promise<Response> {
      const platform = isPlatform(second) ? second : portablePlatform(second, third)
      return start(platform)(request, platform)
    },
    start: async (platform: Platform) => void start(platform),
    stop: async () => undefined,
    routes: () => compile().routes(),
  })
  // All methods of the contract are there, their types erased.
  return app as unknown as CoreApp<Table>
}

function noLimits(): null {
  return null
}

function createCoreRoutes(scope: Scope): object {
  return {
    ...createVerbs(scope, register),
    group(this: unknown, prefix: string, define?: (group: object) => void): unknown {
      const inner = { prefix: joinPattern(scope.prefix, prefix) }
      return nest(this, createCoreRoutes(childOf(scope, inner)), define)
    },
  }
}

function register(scope: Scope, method: string, path: string, handler: unknown): void {
  addRoute(scope, method, path, {}, handler)
}
