import type { CacheContext } from '../contract.ts'

/** Options of `cacheResponse`. */
export interface ResponseCacheOptions {
  /**
   * How long an answer is fresh that does not say so itself by `s-maxage`, `max-age` or `Expires`, in milliseconds, 0 to
   * 2^38. 0 keeps only those that do. Default: 0.
   */
  readonly ttlMs?: number
  /** How long after that it is still given while the handler makes a new one. `stale-while-revalidate` counts before. Default: 0. */
  readonly staleMs?: number
  /** How long it is given when the handler throws or answers 5xx. `stale-if-error` counts before. Default: 0. */
  readonly staleIfErrorMs?: number
  /** How long 404 and 410 are kept that do not say so themselves, in milliseconds. Default: 0, they are not kept. */
  readonly negativeTtlMs?: number
  /**
   * Request fields that the answer depends on; they are added to its `Vary`. An answer whose `Vary` names another one is
   * not kept. Default: none.
   */
  readonly vary?: readonly string[]
  /** Makes fewer of the many values of a field: the language that was chosen, say. Default: blanks and case of the list. */
  readonly varyValue?: (name: string, value: string | null, ctx: CacheContext) => string
  /** What `ctx.cache.invalidateTags` finds the answers by; at most 98. Default: none. */
  readonly tags?: readonly string[] | ((ctx: CacheContext) => readonly string[])
  /**
   * Whose answer it is: a user's id. Answers are then kept for each value apart, also `private` ones and those to
   * requests with `Authorization` or cookies. Null: this one is not cached. Must not be something that a client can
   * choose freely. Default: answers are for all.
   */
  readonly partition?: (ctx: CacheContext) => string | null
  /**
   * Requests with cookies: `bypass` does not cache them, `ignore` takes it that the handler reads none. `vary` may name
   * `cookie` instead. Default: `bypass`.
   */
  readonly cookies?: 'bypass' | 'ignore'
  /**
   * What of the query makes another answer: `all` of it, `none`, or these parameters. Security: what is left out must not
   * change the answer, else one client chooses what others get. Default: `all`, the order of different names apart.
   */
  readonly query?: 'all' | 'none' | readonly string[]
  /**
   * Does the client's `Cache-Control` count (RFC 9111 §5.2.1)? `no-store` is not cached in either case. Default: true;
   * false where clients must not be able to make the handler run.
   */
  readonly obeyRequest?: boolean
  /**
   * Fields by which a client could change the answer for others, that are known to be harmless: the handler does not read
   * them, or the proxy before the app sets them. See `docs/cache.md` for the list. Default: none.
   */
  readonly ignoreFields?: readonly string[]
  /** Largest body that is kept, in bytes, 0 to 2^30; that of the cache counts, too. Default: 512 KiB. */
  readonly maxBodyBytes?: number
  /** How long to wait for the end of a body before it is passed on as a stream, in milliseconds, 0 to 60,000. Default: 1,000. */
  readonly maxBodyMs?: number
  /** Gives an answer without `ETag` a weak one of its content. Default: true. */
  readonly etag?: boolean
}

/** How a request fared, in the events `cache.response`. */
export type ResponseOutcome =
  /** From the cache, fresh. */
  | 'hit'
  /** From the cache, no longer fresh. */
  | 'stale'
  /** By the handler, and kept. */
  | 'miss'
  /** By the handler for another request at the same time. */
  | 'joined'
  /** By the handler, and not kept; `reason` says why. */
  | 'uncacheable'
  /** By the handler, without asking the cache; `reason` says why. */
  | 'bypass'
