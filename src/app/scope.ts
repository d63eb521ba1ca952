import type { Handler, Middleware } from '../context/index.ts'
import type { RouteOptions } from './contract.ts'

/** A route as it was registered: everything that start needs to compile it. */
export interface PendingRoute {
  readonly method: string
  readonly pattern: string
  readonly host: string | null
  readonly scope: Scope
  readonly options: RouteOptions<never>
  readonly handler: Handler<never>
}

/** The list that all scopes of an app write to. */
export interface Registry {
  readonly routes: PendingRoute[]
  /** Throws `APP_STARTED` once the app has started. */
  assertOpen(): void
}

/** Where routes are registered: a prefix, perhaps a host, and middleware of its own. */
export interface Scope {
  readonly registry: Registry
  readonly parent: Scope | null
  readonly prefix: string
  readonly host: string | null
  readonly middleware: Middleware<never>[]
}

/** Makes the outermost scope of an app. */
export function createRootScope(registry: Registry): Scope {
  return { registry, parent: null, prefix: '', host: null, middleware: [] }
}

/** A scope within another one, which differs in its prefix or its host and has middleware of its own. */
export function childOf(parent: Scope, change: Partial<Pick<Scope, 'prefix' | 'host'>>): Scope {
  return { ...parent, parent, ...change, middleware: [] }
}

/** The middleware around a route of this scope, outermost first. Read at start, so that `use` may come late. */
export function middlewareOf(scope: Scope): Middleware<never>[] {
  return scope.parent === null ? [...scope.middleware] : [...middlewareOf(scope.parent), ...scope.middleware]
}

/** Joins a prefix and a pattern with exactly one slash between them: `/api` and `/` give `/api`. */
export function joinPattern(prefix: string, pattern: string): string {
  if (prefix === '') return pattern
  if (pattern === '/' || pattern === '') return prefix
  return `${prefix.replace(/\/$/, '')}${pattern.startsWith('/') ? '' : '/'}${pattern}`
}
