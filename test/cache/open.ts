import type { CacheManager, CacheManagerOptions } from '../../src/cache/index.ts'
import { createCacheManager } from '../../src/cache/index.ts'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import type { Clock } from '../../src/platform/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { createTestClock, type TestClock } from '../../src/testing/index.ts'

/** A cache over memory under a clock that stands still, and what it told. */
export interface OpenedCache<C extends Clock = TestClock> {
  readonly manager: CacheManager
  readonly cache: ReturnType<CacheManager['for']>
  readonly clock: C
  readonly store: KeyValueStore
  readonly events: readonly DiagnosticEvent[]
  readonly kinds: () => readonly string[]
  readonly count: (kind: string) => number
}

/** Opens a cache; without jitter, unless it is asked for. */
export function openCache(
  options: Partial<CacheManagerOptions> & { readonly clock?: TestClock } = {},
): OpenedCache {
  return openWith(options.clock ?? createTestClock(), options)
}

/** Opens a cache under the clock of the system. */
export function openLiveCache(options: Partial<CacheManagerOptions> = {}): OpenedCache<Clock> {
  return openWith(systemClock(), options)
}

function openWith<C extends Clock>(clock: C, options: Partial<CacheManagerOptions>): OpenedCache<C> {
  const events: DiagnosticEvent[] = []
  const store = typeof options.store === 'object' ? options.store : memoryKeyValue({ now: () => clock.now() })
  const manager = createCacheManager({
    jitter: 0,
    clock,
    random: systemRandom(),
    diagnostics: { emit: (event) => void events.push(event), subscribe: () => () => undefined },
    ...options,
    store: options.store ?? store,
  })
  return {
    manager,
    cache: manager.for(null),
    clock,
    store,
    events,
    kinds: () => events.map(({ kind }) => kind),
    count: (kind) => events.filter((event) => event.kind === kind).length,
  }
}

/** A store whose calls can be made to fail, to wait, and are counted. */
export interface FaultyStore extends KeyValueStore {
  /** How calls go from now on. */
  mode: 'well' | 'fails' | 'hangs'
  /** How many calls came. */
  calls: number
}

/** Wraps a store with faults. */
export function faulty(inner: KeyValueStore): FaultyStore {
  const wrapper = { mode: 'well' as FaultyStore['mode'], calls: 0 }
  return new Proxy(wrapper as FaultyStore, {
    get(target, name) {
      if (name === 'mode' || name === 'calls') return target[name]
      const member: unknown = Reflect.get(inner, name)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        target.calls += 1
        if (target.mode === 'fails') throw new Error('The disk is on fire')
        if (target.mode === 'hangs') return new Promise(() => undefined)
        return Reflect.apply(member, inner, args)
      }
    },
  })
}

/** A store without what some stores do not have. */
export function without(inner: KeyValueStore, ...missing: readonly string[]): KeyValueStore {
  const capabilities = new Set([...inner.capabilities].filter((name) => !missing.includes(name)))
  return Object.assign(Object.create(inner) as KeyValueStore, { capabilities })
}

/** A store that says it is shared, so that processes take turns by it. */
export function shared(inner: KeyValueStore): KeyValueStore {
  const capabilities = new Set([...inner.capabilities, 'shared' as const])
  return Object.assign(Object.create(inner) as KeyValueStore, { capabilities })
}

/** Work that is handed to `waitUntil`, and what waits for it. */
export function createScope(signal: AbortSignal = new AbortController().signal): {
  signal: AbortSignal
  platform: { waitUntil(work: Promise<unknown>): void }
  idle: () => Promise<void>
} {
  const works = new Set<Promise<unknown>>()
  return {
    signal,
    platform: { waitUntil: (work) => void works.add(work) },
    async idle() {
      for (const work of works) {
        await work.catch(() => undefined)
        works.delete(work)
      }
    },
  }
}
