import type {
  Cache,
  CacheLoader,
  CacheScope,
  CacheSetOptions,
  CacheStats,
  CacheWarmth,
  NamespaceOptions,
  RememberOptions,
  WarmEntry,
  WarmOptions,
} from './contract.ts'
import type { CacheParts, Look } from './core.ts'
import { addressOf, createEntry, formatWithin, freshnessOf, lookAt, storeTtlOf, witnessesOf } from './core.ts'
import { formatEntry } from './entry.ts'
import { loadShared, mayGive, refresh, type Wish } from './loading.ts'
import type { Path } from './names.ts'
import { pathWithin } from './names.ts'
import { assertTagCount, readKeeping, readPlan } from './options.ts'
import type { Change } from './tiers.ts'
import type { Decoded } from './values.ts'
import { untilAborted } from './waits.ts'
import { warm } from './warm.ts'

/** What a cache needs besides what all of its manager share. */
export interface SessionOptions {
  readonly scope: CacheScope | null
  readonly path: Path
  /** What this request has loaded with `perRequest`; shared by its namespaces. */
  readonly memo: Map<string, Promise<unknown>>
  readonly stats: () => CacheStats
}

const maxKeysAtOnce = 1000
const maxMemoized = 1000
/** How long a deletion is told to loads that began before it, in milliseconds. */
const markMs = 60_000

/** The cache of one request, in one namespace. */
export class CacheSession implements Cache {
  readonly #parts: CacheParts
  readonly #options: SessionOptions

  constructor(parts: CacheParts, options: SessionOptions) {
    this.#parts = parts
    this.#options = options
  }

  async get<Value>(key: string): Promise<Value | null> {
    const [value = null] = await this.getMany<Value>([key])
    return value
  }

  async getMany<Value>(keys: readonly string[]): Promise<readonly (Value | null)[]> {
    if (keys.length > maxKeysAtOnce)
      throw new RangeError(`Expected at most ${maxKeysAtOnce} keys at once, got ${keys.length}`)
    if (keys.length === 0) return []
    const looks = await this.#bounded(this.#lookAt(keys))
    const values = await Promise.all(
      looks.map(async (look) => {
        const found = await this.#take(look, null)
        if (found === null) this.#parts.counters.misses += 1
        return found?.value ?? null
      }),
    )
    // The caller names the type of what the caller stored.
    return values as readonly (Value | null)[]
  }

  async set(key: string, value: unknown, options: CacheSetOptions = {}): Promise<boolean> {
    const parts = this.#parts
    const keeping = readKeeping(options, parts.rules)
    if (value === undefined) throw new TypeError('Expected a value to keep, got undefined')
    const encoded = await parts.values.encode(value)
    return this.#bounded(
      (async () => {
        const address = await addressOf(parts, this.#options.path, key, keeping.tags)
        this.#options.memo.clear()
        parts.flights.supersede([address.key])
        const [look] = await lookAt(parts, [address])
        const known: Look['known'] = look?.known ?? new Map<string, never>()
        const witnesses = keeping.ttlMs === 0 ? null : await witnessesOf(parts, address, known, keeping)
        const entry = witnesses === null ? null : createEntry(parts, encoded, keeping, witnesses)
        const bytes = entry === null ? null : formatWithin(parts, entry)
        if (entry !== null && bytes !== null) {
          const ttlMs = storeTtlOf(parts, entry)
          if (await parts.tiers.write({ key: address.key, bytes, ttlMs })) {
            parts.counters.writes += 1
            await parts.tiers.announce([address.key])
            return true
          }
        }
        // The old value must not outlive the one that could not take its place.
        await parts.tiers.change([await this.#deletionOf(address.key)])
        return false
      })(),
    )
  }

  async delete(key: string): Promise<boolean> {
    const parts = this.#parts
    const physical = await parts.names.of('value', this.#options.path.keys, key)
    parts.flights.supersede([physical])
    return this.#invalidate([await this.#deletionOf(physical)])
  }

  async remember<Value>(
    key: string,
    load: CacheLoader<Value>,
    options: RememberOptions = {},
  ): Promise<Value> {
    const plan = readPlan(options, this.#parts.rules)
    const address = await addressOf(this.#parts, this.#options.path, key, plan.tags)
    const wish: Wish = { address, plan, load, scope: this.#options.scope }
    const value = options.perRequest === true ? this.#oncePerRequest(address.key, wish) : this.#remember(wish)
    // What is kept under the key came from a loader of this type, as far as the caller keeps to it.
    return this.#bounded(value) as Promise<Value>
  }

  async invalidateTags(...tags: readonly string[]): Promise<boolean> {
    const { flights, names, versions } = this.#parts
    if (tags.length === 0) throw new RangeError('Expected at least one tag')
    assertTagCount(tags.length)
    const keys = await Promise.all(tags.map((tag) => names.of('tag', this.#options.path.tags, tag)))
    flights.detachAll()
    return this.#invalidate(keys.map((key) => versions.renew(key)))
  }

  async clear(): Promise<boolean> {
    const { flights, names, versions } = this.#parts
    const key = names.generations(this.#options.path.keys).at(-1) ?? ''
    flights.detachAll()
    return this.#invalidate([versions.renew(key)])
  }

  namespace(name: string, { shareTags = false }: NamespaceOptions = {}): Cache {
    const path = pathWithin(this.#options.path, name, shareTags)
    return new CacheSession(this.#parts, { ...this.#options, path })
  }

  stats(): CacheStats {
    return this.#options.stats()
  }

  warm(
    entries: Iterable<WarmEntry> | AsyncIterable<WarmEntry>,
    options: WarmOptions = {},
  ): Promise<CacheWarmth> {
    return warm(this, this.#parts.diagnostics, entries, options)
  }

  async #lookAt(keys: readonly string[]): Promise<readonly Look[]> {
    const addresses = keys.map((key) => addressOf(this.#parts, this.#options.path, key, []))
    return lookAt(this.#parts, await Promise.all(addresses))
  }

  async #remember(wish: Wish): Promise<unknown> {
    const parts = this.#parts
    const [look] = await lookAt(parts, [wish.address])
    if (look === undefined) throw new Error('Expected one look for each address')
    const found = await this.#take(look, wish)
    if (found !== null) return found.value
    parts.counters.misses += 1
    const decoded = await parts.values.decode(await loadShared(parts, wish, look))
    if (decoded !== null) return decoded.value
    throw new TypeError('Expected the codec to read what it wrote')
  }

  /** The value that was found, if it may be given; begins to load it anew when it is stale. */
  async #take(look: Look, wish: Wish | null): Promise<Decoded | null> {
    const parts = this.#parts
    const { entry } = look
    if (entry === null || !mayGive(parts, entry, wish?.plan ?? { accept: null })) return null
    const decoded = await parts.values.decode(entry)
    if (decoded === null) return null
    const isFresh = freshnessOf(parts, entry) === 'fresh'
    parts.counters[isFresh ? 'hits' : 'staleHits'] += 1
    if (look.isNear) parts.counters.memoryHits += 1
    if (!isFresh && wish !== null) refresh(parts, wish, look)
    return decoded
  }

  #oncePerRequest(key: string, wish: Wish): Promise<unknown> {
    const { memo } = this.#options
    const known = memo.get(key)
    if (known !== undefined) return known
    const value = this.#remember(wish)
    if (memo.size < maxMemoized) {
      memo.set(key, value)
      value.catch(() => {
        if (memo.get(key) === value) memo.delete(key)
      })
    }
    return value
  }

  async #invalidate(changes: readonly Change[]): Promise<boolean> {
    this.#options.memo.clear()
    this.#parts.counters.invalidations += 1
    return this.#bounded(this.#parts.tiers.change(changes))
  }

  /** A deletion that loads under way notice: nothing would be there before them and after them alike. */
  async #deletionOf(key: string): Promise<Change> {
    const { clock, random, tiers } = this.#parts
    if (!(await tiers.canMark())) return { key, bytes: null, ttlMs: markMs }
    const nowMs = clock.now()
    const mark = {
      kind: 'gone',
      codec: '',
      payload: random.bytes(8),
      createdMs: nowMs,
      freshUntilMs: nowMs,
      staleUntilMs: nowMs,
      errorUntilMs: nowMs,
      witnesses: [],
    } as const
    return { key, bytes: formatEntry(mark), ttlMs: markMs }
  }

  #bounded<Value>(work: Promise<Value>): Promise<Value> {
    const { scope } = this.#options
    // The request may go away before the work ends.
    if (scope !== null) work.catch(() => undefined)
    return untilAborted(work, scope?.signal ?? null)
  }
}
