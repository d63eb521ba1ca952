import { encodeBase64url } from '../crypto/index.ts'
import type { Clock, RandomSource } from '../platform/contract.ts'
import type { Witness } from './entry.ts'
import type { Change, Tiers } from './tiers.ts'

type Bytes = Uint8Array<ArrayBuffer>

/**
 * The versions of tags and generations. One is a random text under a key of its own; whoever invalidates writes another.
 * A value notes the versions that its load began with, and counts as long as they are the current ones. So a write is
 * all that an invalidation needs, of several at once any may win, and a version that was lost makes misses, nothing else.
 */
export interface Versions {
  /** The version in what was read, or null. */
  parse(bytes: Bytes | null): string | null
  /**
   * The current versions of keys, of which `known` was read; makes those that are not there. Null when the store is
   * down. They last at least `lifeMs`.
   */
  ensure(
    keys: readonly string[],
    known: ReadonlyMap<string, Bytes | null>,
    lifeMs: number,
  ): Promise<readonly Witness[] | null>
  /** A new version, which makes all that noted another one worthless. */
  renew(key: string): Change
}

/** How long a version lives at least: longer than that only for values that do. */
const leastLifeMs = 30 * 86_400_000
const encoder = new TextEncoder()
const form = /^([\w-]{16})\.([0-9a-z]{1,11})$/

/** Makes the versions of one cache. */
export function createVersions(tiers: Tiers, clock: Clock, random: RandomSource): Versions {
  /** The version, and when it ends, since not every store tells how long a key still lives. */
  function changeOf(key: string, version: string, lifeMs: number): Change {
    const ttlMs = Math.max(leastLifeMs, lifeMs * 2)
    const end = Math.floor(clock.now() + ttlMs).toString(36)
    return { key, bytes: encoder.encode(`${version}.${end}`), ttlMs }
  }
  function create(): string {
    return encodeBase64url(random.bytes(12))
  }

  async function ensureOne(key: string, bytes: Bytes | null, lifeMs: number): Promise<string | null> {
    const found = read(bytes)
    if (found !== null && found.endMs - clock.now() >= lifeMs) return found.version
    // A version must not be written again without a comparison: that would undo an invalidation of that moment.
    const longer = changeOf(key, found?.version ?? create(), lifeMs)
    const isMade = await tiers.compareAndSet(longer, bytes)
    if (isMade === true) return read(longer.bytes)?.version ?? null
    if (isMade === false) {
      const again = await tiers.read([key], true)
      return read(again?.values[0] ?? null)?.version ?? null
    }
    const other = changeOf(key, create(), lifeMs)
    return (await tiers.write(other)) ? (read(other.bytes)?.version ?? null) : null
  }

  return {
    parse: (bytes) => read(bytes)?.version ?? null,
    async ensure(keys, known, lifeMs) {
      const witnesses: Witness[] = []
      for (const key of keys) {
        const bytes = known.get(key)
        // What was not read, because the store was down, is not written either: it may be there.
        const version = bytes === undefined ? null : await ensureOne(key, bytes, lifeMs)
        if (version === null) return null
        witnesses.push([key, version])
      }
      return witnesses
    },
    renew: (key) => changeOf(key, create(), leastLifeMs),
  }
}

function read(bytes: Bytes | null): { readonly version: string; readonly endMs: number } | null {
  if (bytes === null || bytes.byteLength > 40) return null
  const match = form.exec(String.fromCharCode(...bytes))
  if (match === null) return null
  return { version: match[1] ?? '', endMs: Number.parseInt(match[2] ?? '', 36) }
}
