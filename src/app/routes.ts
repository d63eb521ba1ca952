import type { ServiceTable } from '../context/index.ts'
import { webSocketHandler } from '../realtime/index.ts'
import type { Mountable, MountOptions, RouteOptions, WebSocketRouteOptions } from './contract.ts'
import { RockstarError } from '../errors/index.ts'
import { isToken } from '../http/index.ts'
import { mountHandler } from './mount.ts'
import { addRoute, createVerbs, nest } from './registering.ts'
import type { Scope } from './scope.ts'
import { childOf, joinPattern } from './scope.ts'

/** Makes the registering half of an app, a group or a host. */
export function createRoutes(scope: Scope): object {
  return {
    ...createVerbs(scope, register),
    on(this: unknown, methods: string | readonly string[], path: string, ...rest: readonly unknown[]) {
      for (const method of [methods].flat()) {
        if (!isToken(method) || method.length > 32) throw malformed('a method of up to 32 letters', method)
        register(scope, method.toUpperCase(), path, ...rest)
      }
      return this
    },
    group(this: unknown, prefix: string, define?: (group: object) => void): unknown {
      const inner = { prefix: joinPattern(scope.prefix, normalPrefix(prefix)) }
      return nest(this, createRoutes(childOf(scope, inner)), define)
    },
    host(this: unknown, pattern: string, define?: (host: object) => void): unknown {
      return nest(this, createRoutes(childOf(scope, { host: pattern })), define)
    },
    ws(this: unknown, path: string, second: object, third?: object): unknown {
      const [options, hooks]: [Partial<WebSocketRouteOptions<ServiceTable>>, object] =
        third === undefined ? [{}, second] : [second, third]
      const { name, tags, middleware, limits, ...socketOptions } = options
      const routeOptions = { name, tags, middleware, limits } as RouteOptions<never> // Undefined is as good as absent.
      addRoute(scope, 'GET', path, routeOptions, webSocketHandler(hooks, socketOptions))
      return this
    },
    mount(this: unknown, prefix: string, handler: Mountable, options?: MountOptions): unknown {
      const path = normalPrefix(prefix)
      const mounted = mountHandler(joinPattern(scope.prefix, path), handler, options?.stripPrefix ?? true)
      addRoute(scope, '*', path === '' ? '/' : path, {}, mounted)
      addRoute(scope, '*', `${path}/*rest`, {}, mounted)
      return this
    },
  }
}

/** `(path, handler)` or `(path, options, handler)`. */
function register(scope: Scope, method: string, path: string, second?: unknown, third?: unknown): void {
  if (typeof second === 'function') addRoute(scope, method, path, {}, second)
  // What is no function stands where the contract has the options.
  else addRoute(scope, method, path, second as RouteOptions<never>, third)
}

/** A prefix without a slash at its end. `ROUTE_PATTERN` for one without a slash at its begin. */
function normalPrefix(prefix: string): string {
  if (!/^(?:\/|$)/.test(prefix)) throw malformed('a prefix that begins with /', prefix)
  return prefix.replace(/\/$/, '')
}

function malformed(expected: string, got: string): RockstarError {
  return new RockstarError('ROUTE_PATTERN', `Expected ${expected}, got ${JSON.stringify(got.slice(0, 100))}`)
}
