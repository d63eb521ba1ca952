import { RockstarError } from '../errors/index.ts'

/** A cache that lives as long as one request, with a budget in bytes. */
export interface Local {
  /** The value under `key`, or undefined. */
  get<Value>(key: string): Value | undefined
  /**
   * Keeps a value. `sizeBytes` is what it counts for; without it, an estimate: 2 per character of a string, the
   * length of bytes, 64 for anything else. Over the budget: `LOCAL_BUDGET`, and nothing is kept.
   */
  set(key: string, value: unknown, sizeBytes?: number): void
  /** The value under `key`; on the first call what `load` gives. Concurrent calls share one load; a failed one is not kept. */
  remember<Value>(key: string, load: () => Promise<Value> | Value, sizeBytes?: number): Promise<Value>
  delete(key: string): void
  /** Bytes in use, 0 to the budget. */
  readonly usedBytes: number
}

interface Entry {
  readonly value: unknown
  readonly sizeBytes: number
}

/** Makes the request's cache. It is released with the request: nothing outside refers to it. */
export function createLocal(budgetBytes: number): Local {
  const entries = new Map<string, Entry>()
  const loads = new Map<string, Promise<unknown>>()
  let usedBytes = 0

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    usedBytes -= entry.sizeBytes
    entries.delete(key)
  }

  function set(key: string, value: unknown, sizeBytes: number = estimate(value)): void {
    const before = entries.get(key)?.sizeBytes ?? 0
    const after = usedBytes - before + sizeBytes
    if (!(sizeBytes >= 0) || after > budgetBytes) {
      throw new RockstarError(
        'LOCAL_BUDGET',
        `Expected at most ${budgetBytes} bytes in ctx.local, ${after} are wanted; raise localBytes or keep less`,
      )
    }
    remove(key)
    entries.set(key, { value, sizeBytes })
    usedBytes = after
  }

  async function load<Value>(
    key: string,
    loader: () => Promise<Value> | Value,
    sizeBytes?: number,
  ): Promise<Value> {
    try {
      // One turn later, so that `loads` knows of this load before it can fail.
      const value = await Promise.resolve().then(loader)
      set(key, value, sizeBytes)
      return value
    } finally {
      loads.delete(key)
    }
  }

  return {
    // The caller names the type of what the caller stored.
    get: <Value>(key: string) => entries.get(key)?.value as Value | undefined,
    set,
    remember<Value>(key: string, loader: () => Promise<Value> | Value, sizeBytes?: number): Promise<Value> {
      const kept = entries.get(key)
      if (kept !== undefined) return Promise.resolve(kept.value as Value)
      let running = loads.get(key)
      if (running === undefined) {
        running = load(key, loader, sizeBytes)
        loads.set(key, running)
      }
      return running as Promise<Value>
    },
    delete: remove,
    get usedBytes(): number {
      return usedBytes
    },
  }
}

function estimate(value: unknown): number {
  if (typeof value === 'string') return value.length * 2
  return value instanceof Uint8Array ? value.byteLength : 64
}
