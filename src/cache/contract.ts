import type { Context } from '../context/contract.ts'
import type { Diagnostics } from '../diagnostics/contract.ts'
import type { Clock, Platform, RandomSource } from '../platform/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'
import type { PubSub } from '../stores/pubsub/contract.ts'

/**
 * What is kept for a while because it is slow to make: `ctx.cache`.
 *
 * - A store that is down is a miss, never an error: loaders run, nothing is kept, and one event tells
 *   (`cache.store-down`). Options out of range are a `RangeError`.
 * - A key is 1 to 65,536 UTF-16 code units of any text; one that is too long for the store is hashed (SHA-256). Keys,
 *   tags and namespaces cannot meet, whatever they are called.
 * - Text and bytes are kept as they are, everything else as JSON: members that are `undefined` vanish, a `Date` comes
 *   back as text. What is read is a copy of the caller's own, also for who made it. What JSON cannot express is a
 *   `TypeError`.
 * - Times are those of `clock.now()`: processes that share a store need clocks that agree.
 */
export interface Cache {
  /** The value, or null when there is none, or null was kept. The type is what the caller says it is. */
  get<Value = unknown>(key: string): Promise<Value | null>
  /** As `get`, for 0 to 1,000 keys, in their order. */
  getMany<Value = unknown>(keys: readonly string[]): Promise<readonly (Value | null)[]>
  /**
   * Keeps a value, in place of the old one. False when it was not kept: the store is down, or the value is larger than
   * `maxValueBytes`; the old one is gone then, too. `undefined` is a `TypeError`.
   */
  set(key: string, value: unknown, options?: CacheSetOptions): Promise<boolean>
  /**
   * Takes a value away, also that of a load which began before: where the store has `compare-and-set` for the next 60
   * seconds in all processes, else in this one. False when the store is down: it is done as soon as it is back.
   */
  delete(key: string): Promise<boolean>
  /**
   * The kept value, else what `load` gives, which is kept. Many who ask at once share one load: in one process always,
   * among processes where the store has `compare-and-set` and `shared`. Who has waited `waitMs` for the load of
   * another process loads itself. A load that throws is not kept, and rejects for all who wait; unless the request that began it was
   * aborted, then the next one loads.
   */
  remember<Value>(key: string, load: CacheLoader<Value>, options?: RememberOptions): Promise<Value>
  /**
   * Makes everything of this namespace worthless that has one of these 1 to 100 tags and was begun before: a load that
   * still runs is not kept. Holds from when it has resolved, in every process that reads what was written
   * (`read-your-writes`); where the memory tier is on, as soon as the message arrives, and after `memory.ttlMs` at
   * the latest. False when the store is down: it is done as soon as it is back, for this process before any read.
   */
  invalidateTags(...tags: readonly string[]): Promise<boolean>
  /** As `invalidateTags`, for all that is in this namespace and in those below it. Costs one write. */
  clear(): Promise<boolean>
  /**
   * A cache of its own within this one: keys and tags are apart from all others. 1 to 8 levels; the names together at
   * most 128 characters when they are percent-encoded, else `RangeError`.
   */
  namespace(name: string, options?: NamespaceOptions): Cache
  /** What this process did since its start, in all namespaces. */
  stats(): CacheStats
  /** Loads what is not there yet, a few at a time. Never rejects for a load that fails: `cache.load-failed` tells. */
  warm(entries: Iterable<WarmEntry> | AsyncIterable<WarmEntry>, options?: WarmOptions): Promise<CacheWarmth>
}

/** Makes a value that is not there. */
export type CacheLoader<Value> = (load: CacheLoad) => Value | Promise<Value>

/** One load, as its loader sees it. */
export interface CacheLoad {
  /** Aborts when `loadTimeoutMs` is over. It outlives the request that began the load: others wait for it. */
  readonly signal: AbortSignal
  /** Is it a refresh in the background, of a value that was given already? */
  readonly isRefresh: boolean
  /** Replaces lifetimes by what the loaded value itself says. A `ttlMs` of 0 keeps nothing. */
  keep(lifetimes: CacheLifetimes): void
}

/** How long a value may be used. All in whole milliseconds, 0 to 2^38 (about 8 years) together. */
export interface CacheLifetimes {
  /** How long it is fresh. 0 keeps nothing. Default: that of the manager, 300,000. */
  readonly ttlMs?: number | undefined
  /** How long after that it is still given while it is loaded anew in the background. Default: 0. */
  readonly staleMs?: number | undefined
  /** How long after its freshness it is given when a load fails. Default: 0. */
  readonly staleIfErrorMs?: number | undefined
}

/** Options of `set`. */
export interface CacheSetOptions extends CacheLifetimes {
  /** What `invalidateTags` finds it by: 0 to 100 texts of 1 to 65,536 code units. Default: none. */
  readonly tags?: readonly string[] | undefined
  /** Up to which share of `ttlMs` it ends earlier, by chance, so that many do not end at once. 0 to 1. Default: 0.1. */
  readonly jitter?: number | undefined
}

/** Options of `remember`. */
export interface RememberOptions extends CacheSetOptions {
  /** How long null and undefined are kept, in milliseconds. Default: 0, not at all. */
  readonly negativeTtlMs?: number | undefined
  /**
   * The same request gets the same object again, without asking the store, and several callers share one. At most 1,000
   * keys a request; more are not remembered so. Default: false.
   */
  readonly perRequest?: boolean | undefined
  /** Bound of the load, in milliseconds, 1 to 2^31-1; then it is `UNAVAILABLE` (503). Default: that of the manager. */
  readonly loadTimeoutMs?: number | undefined
  /** May this kept value be given? If not it is loaded anew. Default: all that are fresh or stale as above. */
  readonly accept?: ((kept: KeptValue) => boolean) | undefined
  /** May a value that is no longer fresh stand in for this failure of a load? Default: for every one. */
  readonly staleOn?: ((error: unknown) => boolean) | undefined
}

/** What is known of a kept value without reading it. */
export interface KeptValue {
  /** Since when it is kept, in milliseconds. */
  readonly ageMs: number
  /** How long it is still fresh, in milliseconds; below 0 for a stale one. */
  readonly freshMs: number
}

/** Options of `namespace`. */
export interface NamespaceOptions {
  /** Use the tags of the namespace above: invalidating them there reaches in here. Default: false. */
  readonly shareTags?: boolean
}

/** One entry of `warm`. */
export interface WarmEntry extends RememberOptions {
  readonly key: string
  readonly load: CacheLoader<unknown>
}

/** Options of `warm`. */
export interface WarmOptions {
  /** Most loads at a time, 1 to 100. Default: 4. */
  readonly concurrency?: number
  readonly signal?: AbortSignal | undefined
}

/** What `warm` did. */
export interface CacheWarmth {
  readonly loaded: number
  /** Those that were there already. */
  readonly kept: number
  readonly failed: number
}

/** Counters of one process since the start of the app. */
export interface CacheStats {
  /** Reads that gave a fresh value, also through the memory tier. */
  readonly hits: number
  /** Reads that gave one which was no longer fresh. */
  readonly staleHits: number
  readonly misses: number
  /** Loads that were begun; those who joined one do not count. */
  readonly loads: number
  /** Who waited for a load of the same process. */
  readonly joined: number
  readonly loadFailures: number
  /** Values written, by `set` and by loads. */
  readonly writes: number
  /** `delete`, `invalidateTags` and `clear`. */
  readonly invalidations: number
  /** Values that the memory tier gave without asking the store. */
  readonly memoryHits: number
  /** Calls of the store that failed or took too long. */
  readonly storeFailures: number
  /** Is the store left alone because it failed? */
  readonly isStoreDown: boolean
}

/** Makes bytes of values that are neither text nor bytes, and values of bytes. In place of JSON. */
export interface CacheCodec {
  /** 1 to 32 letters, digits and hyphens. What another codec wrote is a miss: change it when the format changes. */
  readonly name: string
  encode(value: unknown): Uint8Array | Promise<Uint8Array>
  /** What it throws is a miss. */
  decode(bytes: Uint8Array<ArrayBuffer>): unknown
}

/** The tier in the memory of a process, before a store that processes share. */
export interface CacheMemoryOptions {
  /** Most values, 1 to 2^24. Default: 10,000. */
  readonly maxEntries?: number
  /** Most bytes, 4,096 to 2^53-1. Default: 16 MiB. */
  readonly maxBytes?: number
  /**
   * How long a value is taken from memory without asking the store, in milliseconds, 1 to 86,400,000: the longest that
   * an invalidation of another process can be missed, should its message be lost. Default: 30,000.
   */
  readonly ttlMs?: number
}

/** Options that an application may give. */
export interface CacheRules {
  /** What all keys in the store begin with, 0 to 32 letters, digits, `:`, `.`, `_` and `-`. Default: `cache:`. */
  readonly keyPrefix?: string | undefined
  /** Default of `ttlMs`, in milliseconds, 1 to 2^38. Default: 300,000. */
  readonly ttlMs?: number | undefined
  /** Default of `jitter`, 0 to 1. Default: 0.1. */
  readonly jitter?: number | undefined
  /**
   * Largest value in bytes with what is noted beside it (about 100 bytes and 60 for each tag), 1,024 to 2^31-1. Default:
   * 1 MiB. That of the store counts if it is lower.
   */
  readonly maxValueBytes?: number | undefined
  /** Bound of one call of the store, in milliseconds, 1 to 60,000. Default: 1,000. */
  readonly storeTimeoutMs?: number | undefined
  /** Default of `loadTimeoutMs`, in milliseconds, 1 to 2^31-1. Default: 30,000. */
  readonly loadTimeoutMs?: number | undefined
  /** How long to wait for the load of another process before loading oneself, in milliseconds, 0 to 2^31-1. Default: 5,000. */
  readonly waitMs?: number | undefined
  /** After how long the load of a process that died is begun anew, in milliseconds, 100 to 3,600,000. Default: 10,000. */
  readonly lockTtlMs?: number | undefined
  /** Default: JSON. */
  readonly codec?: CacheCodec | undefined
  /**
   * A tier in memory. Used while a subscription to `pubSub` is open, or where there is no `pubSub`, when `ttlMs` alone
   * bounds what is old. Of no use before a store that is not `shared`: left out there. Default: none.
   */
  readonly memory?: CacheMemoryOptions | true | undefined
}

/** Options of `createCacheManager`. */
export interface CacheManagerOptions extends CacheRules {
  /** A store, which its maker closes, or what opens one on first use, which the manager closes. */
  readonly store: KeyValueStore | (() => Promise<KeyValueStore>)
  /** The channel that tells other processes what is no longer right, or what opens it, as with `store`. Default: none. */
  readonly pubSub?: PubSub | (() => Promise<PubSub | null>) | undefined
  readonly diagnostics: Diagnostics
  readonly clock: Clock
  readonly random: RandomSource
}

/** What a cache needs of the request that uses it. */
export interface CacheScope {
  /** Ends the waits of this request; loads that others share go on. */
  readonly signal: AbortSignal
  readonly platform: Pick<Platform, 'waitUntil'>
}

/** The rules of one cache. */
export interface CacheManager {
  /** The cache for one request; with null for work outside of requests, whose refreshes nobody waits for. */
  for(scope: CacheScope | null): Cache
  /** Ends waits for other processes, and closes what it opened itself. Calling it again returns the same promise. */
  close(): Promise<void>
}

/** A context that has a cache. */
export interface CacheContext extends Context {
  readonly cache: Cache
}
