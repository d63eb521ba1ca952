/**
 * What a store can do besides `get`, `getMany`, `set` and `delete`:
 *
 * - `increment`: `increment` is atomic against everything else that writes the key
 * - `compare-and-set`: `compareAndSet` is, too
 * - `ttl`: values may end by themselves (`ttlMs`)
 * - `list`: `list`; a key that is there from the first page to the last is listed at least once
 * - `list-order`: `list` is in the order of the keys' UTF-8 bytes, and lists no key twice
 * - `read-your-writes`: what was written through this object is read by whatever begins after the write resolved
 * - `shared`: other processes that open the same store see what this one writes, at once if they have
 *   `read-your-writes`, else some time later
 */
export type KeyValueCapability =
  | 'increment'
  | 'compare-and-set'
  | 'ttl'
  | 'list'
  | 'list-order'
  | 'read-your-writes'
  | 'shared'

/** Bounds of a store. */
export interface KeyValueLimits {
  /** Longest key in bytes of UTF-8, 1 to 512. */
  readonly maxKeyBytes: number
  /** Largest value in bytes. */
  readonly maxValueBytes: number
  /** Shortest `ttlMs` in milliseconds; a shorter one is `STORE_UNSUPPORTED`. */
  readonly minTtlMs: number
  /** A TTL is rounded up to a multiple of this, in milliseconds. */
  readonly ttlStepMs: number
}

/**
 * Small values under short names, each with an end of its own if it wants one: caches, sessions, counters, locks.
 * Implementations: `src/stores/key-value/`.
 *
 * - A value is bytes. What is read is a copy that belongs to the caller; what is written is copied before the call
 *   returns.
 * - A key is 1 to `limits.maxKeyBytes` bytes of UTF-8, any well-formed text without NUL. One that is not, or that the
 *   store cannot name, is `STORE_KEY_INVALID`. Keys are compared byte by byte.
 * - A counter is a value like any other: its integer in decimal ASCII digits, as `String(integer)` writes it. `get`
 *   reads the digits, and what `set` wrote in that form can be incremented.
 * - A value is not given any more once its TTL has passed. Before that it stays, unless the store is full and says
 *   that it evicts.
 * - Every write to one key is atomic, in some order that all readers agree on where the store has `read-your-writes`.
 * - An option or argument out of range is a `RangeError`, thrown or rejected. What the backend fails with is
 *   `STORE_FAILED`, with its error as cause. Messages hold neither keys, except those of `STORE_KEY_INVALID`, nor
 *   values.
 */
export interface KeyValueStore {
  /** What errors call it: `memory`, `redis`, `workers-kv`. */
  readonly name: string
  /** A method that needs what is not listed here rejects with `STORE_UNSUPPORTED`; none is missing. */
  readonly capabilities: ReadonlySet<KeyValueCapability>
  readonly limits: KeyValueLimits
  /** Reads a value; null when there is none. */
  get(key: string, options?: KeyValueOptions): Promise<Uint8Array<ArrayBuffer> | null>
  /**
   * Reads 0 to 100 values, in the order of `keys`, null for each that is not there. Not a snapshot: they may be of
   * different moments.
   */
  getMany(
    keys: readonly string[],
    options?: KeyValueOptions,
  ): Promise<readonly (Uint8Array<ArrayBuffer> | null)[]>
  /**
   * Writes a value, new or in place of the old one; of the old one's TTL nothing is left. A value that is larger than
   * `limits.maxValueBytes` is `STORE_TOO_LARGE`. When several write at once, one of them wins, whole.
   */
  set(key: string, value: KeyValueData, options?: KeyValueSetOptions): Promise<void>
  /** Deletes a value. That there is none is no error. */
  delete(key: string, options?: KeyValueOptions): Promise<void>
  /**
   * Adds `by` to a counter, and gives what it is then. One that is not there begins at 0. `by` is an integer within
   * ±(2^53-1), 0 included. Atomic. A value that is no counter, or a sum beyond ±(2^53-1), is `STORE_COUNTER`, and
   * nothing changes. Needs `increment`.
   */
  increment(key: string, by: number, options?: KeyValueIncrementOptions): Promise<KeyValueCount>
  /**
   * Writes `next` if the value is `expected`, byte by byte; says whether it did. Null as `expected` means that there
   * is none, null as `next` deletes. The TTL is that of `options`, as with `set`. Atomic: of many that expect the same
   * value, and write another, one succeeds. Needs `compare-and-set`.
   */
  compareAndSet(
    key: string,
    expected: KeyValueData | null,
    next: KeyValueData | null,
    options?: KeyValueSetOptions,
  ): Promise<boolean>
  /**
   * Lists keys, a page at a time; the capabilities say in which order, and whether a key may come twice. What is
   * written while the pages are read may be listed or not. Needs `list`. Costs up to a walk over the whole store
   * where keys have no order.
   */
  list(options?: KeyValueListOptions): Promise<KeyValuePage>
  /**
   * Releases what the store itself opened; a client that was handed to it stays open. Every other method rejects with
   * `STORE_CLOSED` from then on, also one that waits. Closing twice does nothing more.
   */
  close(): Promise<void>
}

/** What can be stored. A string is stored as UTF-8. */
export type KeyValueData = string | Uint8Array

/** Options that every operation takes. */
export interface KeyValueOptions {
  /**
   * Ends the wait: it rejects with the signal's reason. One that is aborted beforehand keeps the operation from
   * happening; later, a write may still take effect.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Ends the wait with `STORE_TIMEOUT`; a write may still take effect. In milliseconds, 1 to 2,147,483,647.
   * Default: 10,000.
   */
  readonly timeoutMs?: number
}

/** Options of `set` and `compareAndSet`. */
export interface KeyValueSetOptions extends KeyValueOptions {
  /**
   * After how long the value ends, in whole milliseconds, `limits.minTtlMs` to 2^40 (about 34 years). Needs `ttl`.
   * Default: never.
   */
  readonly ttlMs?: number | undefined
}

/** Options of `increment`. */
export interface KeyValueIncrementOptions extends KeyValueSetOptions {
  /**
   * What `ttlMs` counts from when the counter is there already. False: its creation, so that it ends however often it
   * is incremented; a counter that was made without TTL stays so. True: this call; without `ttlMs` it ends no more.
   * Default: false.
   */
  readonly refreshTtl?: boolean
}

/** A counter after `increment`. */
export interface KeyValueCount {
  /** An integer within ±(2^53-1). */
  readonly value: number
  /** How long it is still there, in milliseconds above 0; null if it does not end. */
  readonly ttlMs: number | null
}

/** Options of `list`. */
export interface KeyValueListOptions extends KeyValueOptions {
  /** Lists only keys that begin so. Not longer than a key. Default: all. */
  readonly prefix?: string
  /** Goes on behind the page that gave this cursor, with the same prefix. Default: from the start. */
  readonly cursor?: string
  /** Most keys of the page, 1 to 1,000. Default: 1,000. */
  readonly limit?: number
}

/** One page of a list. */
export interface KeyValuePage {
  /** May be fewer than `limit`, even none, although more pages follow. */
  readonly keys: readonly string[]
  /** Where the next page begins, or null after the last one. Opaque; a malformed one is `STORE_KEY_INVALID`. */
  readonly cursor: string | null
}
