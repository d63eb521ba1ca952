import type { Diagnostics } from '../diagnostics/contract.ts'
import type { Cache, CacheWarmth, WarmEntry, WarmOptions } from './contract.ts'
import { whole } from './options.ts'

/** Loads what a cache does not have yet, a few at a time. See `Cache.warm`. */
export async function warm(
  cache: Pick<Cache, 'remember'>,
  diagnostics: Diagnostics,
  entries: Iterable<WarmEntry> | AsyncIterable<WarmEntry>,
  { concurrency = 4, signal }: WarmOptions,
): Promise<CacheWarmth> {
  whole('concurrency', concurrency, 1, 100)
  const done = { loaded: 0, kept: 0, failed: 0 }
  const running = new Set<Promise<void>>()

  async function warmOne({ key, load, ...options }: WarmEntry): Promise<void> {
    let isLoaded = false
    try {
      await cache.remember(
        key,
        (one) => {
          isLoaded = true
          return load(one)
        },
        options,
      )
      done[isLoaded ? 'loaded' : 'kept'] += 1
    } catch (error) {
      done.failed += 1
      const message = 'A value could not be loaded to warm the cache'
      diagnostics.emit({ kind: 'cache.load-failed', level: 'warn', message, error })
    }
  }

  try {
    for await (const entry of entries) {
      signal?.throwIfAborted()
      const work: Promise<void> = warmOne(entry).finally(() => running.delete(work))
      running.add(work)
      if (running.size >= concurrency) await Promise.race(running)
    }
  } finally {
    await Promise.all(running)
  }
  return done
}
