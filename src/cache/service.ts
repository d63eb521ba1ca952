import type { CoreContext } from '../context/contract.ts'
import type { Diagnostics } from '../diagnostics/contract.ts'
import { RockstarError } from '../errors/index.ts'
import type { Platform } from '../platform/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'
import { isKeyValueStore, memoryKeyValue } from '../stores/key-value/index.ts'
import type { PubSub } from '../stores/pubsub/contract.ts'
import { isPubSub } from '../stores/pubsub/index.ts'
import type { Cache, CacheManager, CacheRules } from './contract.ts'
import { createCacheManager } from './manager.ts'

/** What an application may say about its cache. */
export interface CacheOptions extends CacheRules {
  /**
   * A store, which its maker closes, or what opens one on first use, which the app closes when it stops.
   * Default: what the platform offers, else memory.
   */
  readonly store?: KeyValueStore | (() => Promise<KeyValueStore>) | undefined
  /** As `store`. Opened only with `memory`. Default: what the platform offers, if processes share it. */
  readonly pubSub?: PubSub | (() => Promise<PubSub | null>) | undefined
  /**
   * A namespace for each request, the tenant's perhaps: `ctx.cache` is within it, and cannot leave it. Null: none.
   * Default: none for all.
   */
  readonly namespaceOf?: ((ctx: CoreContext) => string | null) | undefined
}

/** What the service needs of the start of an app. */
export interface CacheHost {
  readonly platform: Platform
  readonly diagnostics: Diagnostics
}

/** The service behind `ctx.cache`, for a table of services. */
export interface CacheService {
  (ctx: CoreContext): Cache
  readonly start: (host: CacheHost) => void
  readonly stop: () => Promise<void>
  /** The cache for work outside of requests: at the start, on a schedule. `CAPABILITY_MISSING` before the start. */
  readonly outside: () => Cache
}

/** Makes the service behind `ctx.cache`. The store is opened by the first use. `RangeError` at start for an option out of range. */
export function createCacheService(options: CacheOptions = {}): CacheService {
  let running: CacheManager | null = null

  function manager(): CacheManager {
    if (running !== null) return running
    throw new RockstarError('CAPABILITY_MISSING', 'Expected the app to be started before its cache is used')
  }
  function serve(ctx: CoreContext): Cache {
    const cache = manager().for(ctx)
    const name = options.namespaceOf?.(ctx) ?? null
    return name === null ? cache : cache.namespace(name)
  }
  function start({ platform, diagnostics }: CacheHost): void {
    const { namespaceOf: _, store, pubSub, ...rules } = options
    running = createCacheManager({
      ...rules,
      store: store ?? ((): Promise<KeyValueStore> => openStore(platform, diagnostics)),
      pubSub:
        rules.memory === undefined
          ? undefined
          : (pubSub ?? ((): Promise<PubSub | null> => openPubSub(platform))),
      diagnostics,
      clock: platform.clock,
      random: platform.random,
    })
  }
  async function stop(): Promise<void> {
    const stopped = running
    running = null
    await stopped?.close()
  }
  return Object.assign(serve, { start, stop, outside: () => manager().for(null) })
}

async function openStore({ clock, stores }: Platform, diagnostics: Diagnostics): Promise<KeyValueStore> {
  const store = await stores.keyValue?.()
  if (isKeyValueStore(store)) return store
  diagnostics.emit({
    kind: 'cache.in-memory',
    level: 'info',
    message: 'The cache is in the memory of this process: the platform offers no key-value store',
  })
  return memoryKeyValue({ now: () => clock.now() })
}

/** What the platform offers, if it reaches further than this process. */
async function openPubSub({ stores }: Platform): Promise<PubSub | null> {
  const pubSub = await stores.pubSub?.()
  if (!isPubSub(pubSub)) return null
  if (pubSub.capabilities.has('shared')) return pubSub
  await pubSub.close()
  return null
}
