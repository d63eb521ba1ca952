import type { Handler, Middleware, ServiceTable } from '../context/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { Mountable, MountOptions, RouteOptions, Routes } from './contract.ts'
import { mountHandler } from './mount.ts'
import type { Scope } from './scope.ts'
import { joinPattern } from './scope.ts'

type Options = RouteOptions<never>
type AnyHandler = Handler<never>

/** A verb of `Routes`, before its types: `(path, handler)` or `(path, options, handler)`. */
type Verb = (this: unknown, path: string, second: Options | AnyHandler, third?: AnyHandler) => unknown

/**
 * Makes the registering half of an app or a group. Its methods return whatever they are called on, so that an app can
 * take them over and a chain stays one type.
 */
export function createRoutes<Table extends ServiceTable>(scope: Scope): Routes<Table> {
  const routes = {
    use(this: unknown, ...middleware: Middleware<never>[]): unknown {
      scope.registry.assertOpen()
      for (const one of middleware) assertFunction('a middleware', one)
      scope.middleware.push(...middleware)
      return this
    },
    get: verb(scope, 'GET'),
    post: verb(scope, 'POST'),
    put: verb(scope, 'PUT'),
    patch: verb(scope, 'PATCH'),
    delete: verb(scope, 'DELETE'),
    head: verb(scope, 'HEAD'),
    options: verb(scope, 'OPTIONS'),
    all: verb(scope, '*'),
    on(
      this: unknown,
      methods: string | readonly string[],
      path: string,
      second: Options | AnyHandler,
      third?: AnyHandler,
    ) {
      for (const method of typeof methods === 'string' ? [methods] : methods)
        add(scope, method, path, second, third)
      return this
    },
    group(this: unknown, prefix: string, define?: (group: Routes<Table>) => void): unknown {
      return nest(this, { ...child(scope), prefix: joinPattern(scope.prefix, normalPrefix(prefix)) }, define)
    },
    host(this: unknown, pattern: string, define?: (host: Routes<Table>) => void): unknown {
      return nest(this, { ...child(scope), host: pattern }, define)
    },
    mount(this: unknown, prefix: string, handler: Mountable, options?: MountOptions): unknown {
      const path = normalPrefix(prefix)
      const mounted = mountHandler(joinPattern(scope.prefix, path), handler, options?.stripPrefix ?? true)
      add(scope, '*', path === '' ? '/' : path, mounted)
      add(scope, '*', `${path}/*rest`, mounted)
      return this
    },
  }
  // Each method above takes exactly what its overloads in the contract give it, with the types erased.
  return routes as unknown as Routes<Table>
}

function verb(scope: Scope, method: string): Verb {
  return function register(this: unknown, path, second, third) {
    add(scope, method, path, second, third)
    return this
  }
}

function add(
  scope: Scope,
  method: string,
  path: string,
  second: Options | AnyHandler,
  third?: AnyHandler,
): void {
  scope.registry.assertOpen()
  const [options, handler] = typeof second === 'function' ? [{}, second] : [second, third]
  assertFunction(`the handler of ${method} ${path}`, handler)
  if (!/^(?:\*|[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32})$/.test(method)) {
    throw new RockstarError(
      'ROUTE_PATTERN',
      `Expected a method of up to 32 letters, got ${JSON.stringify(method.slice(0, 40))}`,
    )
  }
  const pattern = joinPattern(scope.prefix, path)
  scope.registry.routes.push({
    method: method.toUpperCase(),
    pattern,
    host: scope.host,
    scope,
    options,
    handler,
  })
}

function nest<Table extends ServiceTable>(
  outer: unknown,
  scope: Scope,
  define: ((routes: Routes<Table>) => void) | undefined,
): unknown {
  const routes = createRoutes<Table>(scope)
  if (define === undefined) return routes
  define(routes)
  return outer
}

function child(parent: Scope): Scope {
  return { registry: parent.registry, parent, prefix: parent.prefix, host: parent.host, middleware: [] }
}

function normalPrefix(prefix: string): string {
  if (prefix !== '' && !prefix.startsWith('/')) {
    throw new RockstarError(
      'ROUTE_PATTERN',
      `Expected a prefix that begins with /, got ${JSON.stringify(prefix.slice(0, 100))}`,
    )
  }
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
}

function assertFunction(what: string, value: unknown): asserts value is (...args: never[]) => unknown {
  if (typeof value !== 'function')
    throw new TypeError(`Expected ${what} to be a function, got ${typeof value}`)
}
