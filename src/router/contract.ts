/** A constraint that a parameter can name: `:id(int)`. The value stays text; `docs/paths.md` says what each one takes. */
export type NamedType = 'int' | 'uuid' | 'slug' | 'hex' | 'date' | 'alpha' | 'alnum'

/** What the router says of one request. */
export interface Match<Target> {
  readonly target: Target
  /**
   * Names of the parameters, in the order of `values`: the host's, then the path's. That of a rest parameter begins
   * with `*`. Shared by all matches of the route: do not change it.
   */
  readonly names: readonly string[]
  /** Slices of the canonical path, still percent-encoded. `undefined` for an optional one that is absent. */
  readonly values: readonly (string | undefined)[]
  /** False when the path has a slash more or less at its end than the pattern. */
  readonly exact: boolean
}

/** What the router finds for one method and path. */
export type Found<Target> = Match<Target> | null

/** One route as it was registered. */
export interface RouteDefinition<Target> {
  /** Upper case; `*` for any method. */
  readonly method: string
  /** The full pattern with its group prefixes: `/users/:id(int)/posts/:slug?`. */
  readonly pattern: string
  /** The host pattern, or null for any host. */
  readonly host: string | null
  readonly target: Target
}

/**
 * Finds routes. Filled at start, then only read; the result never depends on the order of registration.
 * Precedence at each segment: static, constrained parameter, parameter, rest. Any object of this contract serves
 * (`createApp({ router })`).
 */
export interface Router<Target> {
  /**
   * Adds a route. Throws `ROUTE_PATTERN` for a malformed pattern and `ROUTE_CONFLICT`, naming both routes, when
   * another route matches exactly the same requests.
   */
  add(route: RouteDefinition<Target>): void
  /**
   * Finds the route for a canonical path. `host` is the canonical host without port, or null. A host's own routes
   * come before those of any host. `method` is tried first, then `*`. No HEAD, OPTIONS or 405 logic here.
   */
  find(method: string, host: string | null, path: string): Found<Target>
  /**
   * The methods that have a route for this host and path, in any order and perhaps more than once; `*` if a route takes
   * any method. For 405 and OPTIONS.
   */
  methods(host: string | null, path: string): readonly string[]
  /** All routes, sorted by host, pattern and method. */
  routes(): readonly RouteDefinition<Target>[]
}

/** How request paths are made canonical before the first comparison. */
export interface PathPolicy {
  /** `%2F` and `%5C`: `keep` never lets them separate segments, `reject` answers 400. Default: keep. */
  readonly encodedSlash: 'keep' | 'reject'
  /**
   * `/a/` for a route `/a` and the reverse: `ignore` matches it, `strict` does not, `redirect` answers 308 to the
   * registered form. Default: ignore.
   */
  readonly trailingSlash: 'ignore' | 'strict' | 'redirect'
  /** Longest path in characters, 1 to 65,536. Default: 8,192. Longer: 414. */
  readonly maxLength: number
}

/** Makes an empty router. */
export type RouterFactory = <Target>(policy: PathPolicy) => Router<Target>
