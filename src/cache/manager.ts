import type { PubSub } from '../stores/pubsub/contract.ts'
import { createCircuit } from './circuit.ts'
import type { Cache, CacheManager, CacheManagerOptions, CacheStats } from './contract.ts'
import type { CacheParts, Counters } from './core.ts'
import type { Flights } from './flights.ts'
import { createFlights } from './flights.ts'
import { createMemoryTier } from './memory-tier.ts'
import { createNames, rootPath } from './names.ts'
import { readRules } from './options.ts'
import { CacheSession } from './session.ts'
import { createTiers } from './tiers.ts'
import { createTurns } from './turns.ts'
import type { Encoded } from './values.ts'
import { createValues } from './values.ts'
import { createVersions } from './versions.ts'

/**
 * Makes the manager of one cache. Opens nothing yet. `RangeError` for an option out of range. Processes that share a
 * store share the cache when their `keyPrefix` is the same.
 */
export function createCacheManager(options: CacheManagerOptions): CacheManager {
  const { clock, diagnostics, random } = options
  const rules = readRules(options)
  const names = createNames(rules.keyPrefix)
  const circuit = createCircuit({ clock, diagnostics, timeoutMs: rules.storeTimeoutMs })
  const flights: Flights<Encoded | null> = createFlights(clock)
  const channel = openerOf(options.pubSub)
  const memory = createMemoryTier({
    memory: options.memory === true ? {} : (options.memory ?? null),
    channel: `${rules.keyPrefix}invalidation`,
    openPubSub: channel.open,
    clock,
    diagnostics,
    random,
    onDrop: (keys) => (keys === null ? flights.detachAll() : flights.supersede(keys)),
  })
  const tiers = createTiers({
    store: options.store,
    circuit,
    memory,
    diagnostics,
    timeoutMs: rules.storeTimeoutMs,
    changeOfAll: () => versions.renew(names.generations('')[0] ?? ''),
  })
  const versions = createVersions(tiers, clock, random)
  const counters = createCounters()
  const parts: CacheParts = {
    rules,
    names,
    values: createValues(rules.codec),
    versions,
    tiers,
    flights,
    turns: createTurns(tiers, clock, random, rules.lockTtlMs),
    counters,
    clock,
    random,
    diagnostics,
  }
  const stats = (): CacheStats => ({
    ...counters,
    storeFailures: circuit.failures,
    isStoreDown: circuit.isOpen,
  })
  let closing: Promise<void> | null = null

  async function finish(): Promise<void> {
    await memory.close()
    await tiers.close()
    await channel.close()
  }
  return {
    for: (scope): Cache => new CacheSession(parts, { scope, path: rootPath, memo: new Map(), stats }),
    close: () => (closing ??= finish()),
  }
}

function createCounters(): Counters {
  return {
    hits: 0,
    staleHits: 0,
    misses: 0,
    loads: 0,
    joined: 0,
    loadFailures: 0,
    writes: 0,
    invalidations: 0,
    memoryHits: 0,
  }
}

interface Channel {
  readonly open: (() => Promise<PubSub | null>) | null
  close(): Promise<void>
}

/** The channel, and what closes it if the manager opened it. */
function openerOf(pubSub: CacheManagerOptions['pubSub']): Channel {
  if (pubSub === undefined) return { open: null, close: async () => undefined }
  if (typeof pubSub !== 'function') return { open: async () => pubSub, close: async () => undefined }
  const opened = new Set<PubSub>()
  return {
    async open() {
      const made = await pubSub()
      if (made !== null) opened.add(made)
      return made
    },
    async close() {
      for (const one of opened) await one.close()
    },
  }
}
