import type { Handler, Middleware } from '../context/index.ts'
import type { RouteOptions } from './contract.ts'
import type { Scope } from './scope.ts'
import { joinPattern } from './scope.ts'

/** Registers one route of a method, under the options of its door. */
export type Register = (scope: Scope, method: string, path: string, ...rest: readonly unknown[]) => void

const verbs = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']

/**
 * Makes the registering half of an app or a group. Its methods return whatever they are called on, so that an app can
 * take them over and a chain stays one type.
 */
export function createVerbs(scope: Scope, register: Register): object {
  const verb = (method: string) =>
    function add(this: unknown, path: string, ...rest: readonly unknown[]): unknown {
      register(scope, method, path, ...rest)
      return this
    }
  return {
    ...Object.fromEntries(verbs.map((name) => [name, verb(name.toUpperCase())])),
    all: verb('*'),
    use(this: unknown, ...middleware: Middleware<never>[]): unknown {
      scope.registry.assertOpen()
      for (const one of middleware) assertFunction('a middleware', one)
      scope.middleware.push(...middleware)
      return this
    },
  }
}

/** Adds a route. Throws `APP_STARTED`, and `TypeError` for no handler. */
export function addRoute(
  scope: Scope,
  method: string,
  path: string,
  options: RouteOptions<never>,
  handler: unknown,
): void {
  scope.registry.assertOpen()
  assertFunction(`the handler of ${method} ${path}`, handler)
  scope.registry.routes.push({
    method,
    pattern: joinPattern(scope.prefix, path),
    host: scope.host,
    scope,
    options,
    handler,
  })
}

/** Defines inner routes in a callback and goes on outside of them, or hands them out. */
export function nest(outer: unknown, inner: object, define: ((routes: object) => void) | undefined): unknown {
  if (define === undefined) return inner
  define(inner)
  return outer
}

function assertFunction(what: string, value: unknown): asserts value is Handler<never> {
  if (typeof value !== 'function') throw new TypeError(`Expected ${what}, got ${typeof value}`)
}
