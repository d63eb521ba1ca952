/** A value in memory. */
export interface MemoryEntry {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** When it ends, in milliseconds since the Unix epoch; Infinity for never. */
  readonly endMs: number
}

/** Values in the order of their last use, bounded. What has ended is never given. */
export interface MemoryEntries {
  /** The value, which counts as used. */
  read(key: string): MemoryEntry | undefined
  /** Writes a value, and drops those that were unused for the longest until it has room. */
  write(key: string, entry: MemoryEntry): void
  remove(key: string): void
  /** In no order. */
  keys(): string[]
  clear(): void
}

/** How many entries a write looks at for such as have ended: more than one, so that they go faster than they come. */
const sweptPerWrite = 4
/** What a value costs besides its bytes and its key. */
const overheadBytes = 100

/** Makes an empty set of values. */
export function createMemoryEntries(maxEntries: number, maxBytes: number, now: () => number): MemoryEntries {
  // A map keeps the order of insertion: whoever is used is put in anew, so the first is the one that waits longest.
  const entries = new Map<string, MemoryEntry>()
  let usedBytes = 0
  let sweep = entries.entries()

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    usedBytes -= costOf(key, entry)
    entries.delete(key)
  }
  function sweepSome(): void {
    const nowMs = now()
    for (let count = 0; count < sweptPerWrite; count += 1) {
      const { value, done } = sweep.next()
      if (done === true) {
        sweep = entries.entries()
        return
      }
      if (value[1].endMs <= nowMs) remove(value[0])
    }
  }

  return {
    read(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (entry.endMs <= now()) {
        remove(key)
        return undefined
      }
      entries.delete(key)
      entries.set(key, entry)
      return entry
    },
    write(key, entry) {
      sweepSome()
      remove(key)
      entries.set(key, entry)
      usedBytes += costOf(key, entry)
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && usedBytes <= maxBytes) return
        remove(oldest)
      }
    },
    remove,
    keys() {
      const nowMs = now()
      return [...entries].filter(([, entry]) => entry.endMs > nowMs).map(([key]) => key)
    },
    clear() {
      entries.clear()
      usedBytes = 0
    },
  }
}

function costOf(key: string, entry: MemoryEntry): number {
  return entry.bytes.byteLength + 2 * key.length + overheadBytes
}
