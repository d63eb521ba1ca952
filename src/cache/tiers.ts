import type { Diagnostics } from '../diagnostics/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'
import type { Answer, Circuit } from './circuit.ts'
import { isRefusal } from './circuit.ts'
import type { MemoryTier } from './memory-tier.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** One key that is to be written; null for `bytes` deletes it. */
export interface Change {
  readonly key: string
  readonly bytes: Bytes | null
  readonly ttlMs: number
}

/** What was read, and whether that came from memory in part. */
export interface Reading {
  /** In the order of the keys. */
  readonly values: readonly (Bytes | null)[]
  readonly fromMemory: boolean
  /** Was the store asked for none of them? */
  readonly isNear: boolean
}

/** The store behind a cache, with the memory tier before it. Nothing here rejects because a store is down. */
export interface Tiers {
  /** Reads keys, any number; null when the store is down. `exact` asks the store for all of them. */
  read(keys: readonly string[], exact: boolean): Promise<Reading | null>
  /** Writes without telling other processes. */
  write(change: Change): Promise<boolean>
  /** Tells this process and the others that these keys were written. */
  announce(keys: readonly string[]): Promise<void>
  /** As `write`, if what is there is still `expected`; where the store cannot compare it writes in any case. */
  replace(change: Change, expected: Bytes | null): Promise<boolean>
  /** Compares and sets; null when the store is down, or cannot. */
  compareAndSet(change: Change, expected: Bytes | null): Promise<boolean | null>
  /**
   * Makes changes that must not be lost, and tells the other processes. False when the store is down: they are made
   * before it is read again.
   */
  change(changes: readonly Change[]): Promise<boolean>
  /** Can several processes take turns by this store? */
  canShareLoads(): boolean
  /** Can loads that are under way be told of a deletion by a mark that ends by itself? */
  canMark(): Promise<boolean>
  /** Largest value of the store, in bytes, as far as is known. */
  readonly maxValueBytes: number
  close(): Promise<void>
}

/** What tiers are made of. */
export interface TiersOptions {
  readonly store: KeyValueStore | (() => Promise<KeyValueStore>)
  readonly circuit: Circuit
  readonly memory: MemoryTier
  readonly diagnostics: Diagnostics
  readonly timeoutMs: number
  /** What makes everything worthless at once, when more changes wait than are remembered. */
  readonly changeOfAll: () => Change
}

const keysPerCall = 100
/** Most changes that wait for a store that is down. */
const maxPending = 1000

/** Makes the tiers. A store that is to be opened is opened by the first call. */
export function createTiers(options: TiersOptions): Tiers {
  const { circuit, diagnostics, memory, timeoutMs } = options
  const isOwner = typeof options.store === 'function'
  let opened: KeyValueStore | null = typeof options.store === 'function' ? null : options.store
  let opening: Promise<KeyValueStore> | null = null
  let pending = new Map<string, Change>()
  let isClosed = false

  async function open(): Promise<KeyValueStore> {
    if (opened !== null || typeof options.store !== 'function') return opened ?? Promise.reject(new Error())
    if (isClosed) throw new Error('Expected the cache to be open')
    opening ??= options.store()
    try {
      opened = await opening
    } finally {
      opening = null
    }
    return opened
  }
  async function put(store: KeyValueStore, { key, bytes, ttlMs }: Change): Promise<void> {
    if (bytes === null) return store.delete(key, { timeoutMs })
    await store.set(key, bytes, { ...ttlOf(store, ttlMs), timeoutMs })
  }
  /** Makes a change that must not be lost. What the store refuses to name cannot be there. */
  async function putSurely(store: KeyValueStore, change: Change): Promise<void> {
    try {
      await put(store, change)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }
  /** Makes the changes that a store missed while it was down. */
  async function catchUp(store: KeyValueStore): Promise<void> {
    for (const [key, change] of pending) {
      await putSurely(store, change)
      if (pending.get(key) === change) pending.delete(key)
      await memory.drop([key])
    }
  }
  async function readStore(store: KeyValueStore, keys: readonly string[]): Promise<(Bytes | null)[]> {
    const found: (Bytes | null)[] = []
    for (let from = 0; from < keys.length; from += keysPerCall) {
      found.push(...(await store.getMany(keys.slice(from, from + keysPerCall), { timeoutMs })))
    }
    return found
  }
  /** One call of the store, after it has caught up. */
  function ask<Value>(work: (store: KeyValueStore) => Promise<Value>): Promise<Answer<Value>> {
    return circuit.call(async () => {
      const store = await open()
      if (pending.size > 0) await catchUp(store)
      return work(store)
    })
  }
  function remember(changes: readonly Change[]): void {
    const isFirst = pending.size === 0
    for (const change of changes) pending.set(change.key, change)
    if (pending.size > maxPending) {
      const all = options.changeOfAll()
      pending = new Map([[all.key, all]])
    }
    if (!isFirst) return
    const message =
      'Invalidations wait until the store of the cache is back; other processes may read what is old'
    diagnostics.emit({ kind: 'cache.invalidation-waits', level: 'error', message })
  }

  return {
    async read(keys, exact) {
      // A store of this process alone is memory itself.
      const isOwn = opened !== null && !opened.capabilities.has('shared')
      const near = exact || isOwn ? keys.map(() => null) : await memory.readMany(keys)
      const missing = keys.filter((_, index) => near[index] === null)
      if (missing.length === 0) return { values: near, fromMemory: true, isNear: true }
      const mark = memory.mark()
      const answer = await ask((store) => readStore(store, missing))
      if (answer === null) return null
      const far = new Map(missing.map((key, index) => [key, answer.value[index] ?? null]))
      if (!isOwn) for (const [key, bytes] of far) if (bytes !== null) await memory.fill(key, bytes, mark)
      const values = keys.map((key, index) => near[index] ?? far.get(key) ?? null)
      return { values, fromMemory: missing.length < keys.length, isNear: false }
    },
    async write(change) {
      return (await ask((store) => put(store, change))) !== null
    },
    async replace(change, expected) {
      const { bytes, key, ttlMs } = change
      const mark = memory.mark()
      const answer = await ask(async (store) => {
        if (store.capabilities.has('compare-and-set'))
          return store.compareAndSet(key, expected, bytes, { ...ttlOf(store, ttlMs), timeoutMs })
        await put(store, change)
        return true
      })
      if (answer?.value !== true || bytes === null) return false
      await memory.fill(key, bytes, mark)
      return true
    },
    announce: (keys) => memory.drop(keys),
    async compareAndSet({ bytes, key, ttlMs }, expected) {
      if (opened !== null && !opened.capabilities.has('compare-and-set')) return null
      const answer = await ask((store) =>
        store.capabilities.has('compare-and-set')
          ? store.compareAndSet(key, expected, bytes, { ...ttlOf(store, ttlMs), timeoutMs })
          : Promise.resolve(null),
      )
      return answer?.value ?? null
    },
    async change(changes) {
      const answer = await ask(async (store) => {
        for (const change of changes) await putSurely(store, change)
      })
      if (answer === null) remember(changes)
      await memory.drop(changes.map(({ key }) => key))
      return answer !== null
    },
    canShareLoads: () =>
      opened !== null && opened.capabilities.has('compare-and-set') && opened.capabilities.has('shared'),
    async canMark() {
      const answer = await ask(
        async ({ capabilities }) => capabilities.has('compare-and-set') && capabilities.has('ttl'),
      )
      return answer?.value === true
    },
    get maxValueBytes() {
      return opened?.limits.maxValueBytes ?? Number.MAX_SAFE_INTEGER
    },
    async close() {
      if (pending.size > 0) await ask(async () => undefined)
      isClosed = true
      const store = opened ?? (await opening?.catch(() => null)) ?? null
      if (isOwner) await store?.close()
    },
  }
}

/** The TTL that the store can take; what it cannot end by itself ends by its own notes. */
function ttlOf(store: KeyValueStore, ttlMs: number): { readonly ttlMs?: number } {
  if (!store.capabilities.has('ttl')) return {}
  return { ttlMs: Math.min(2 ** 40, Math.max(store.limits.minTtlMs, Math.ceil(ttlMs))) }
}
