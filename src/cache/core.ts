import type { Diagnostics } from '../diagnostics/contract.ts'
import type { Clock, RandomSource } from '../platform/contract.ts'
import type { Entry, Witness } from './entry.ts'
import { endOf, formatEntry, parseEntry } from './entry.ts'
import type { Flights } from './flights.ts'
import type { Names, Path } from './names.ts'
import type { Keeping, Lifetimes, Rules } from './options.ts'
import { lifeOf } from './options.ts'
import type { Tiers } from './tiers.ts'
import type { Turns } from './turns.ts'
import type { Encoded, Values } from './values.ts'
import type { Versions } from './versions.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** What all caches of one manager share. */
export interface CacheParts {
  readonly rules: Rules
  readonly names: Names
  readonly values: Values
  readonly versions: Versions
  readonly tiers: Tiers
  /** What a load gives; null when another process is at it and nobody was to wait. */
  readonly flights: Flights<Encoded | null>
  readonly turns: Turns
  readonly counters: Counters
  readonly clock: Clock
  readonly random: RandomSource
  readonly diagnostics: Diagnostics
}

/** Counters of one process. */
export interface Counters {
  hits: number
  staleHits: number
  misses: number
  loads: number
  joined: number
  loadFailures: number
  writes: number
  invalidations: number
  memoryHits: number
}

/** Where a value is in the store, and what it counts on. */
export interface Address {
  readonly key: string
  readonly lock: string
  /** Keys of the generations of its namespaces. */
  readonly generations: readonly string[]
  /** Keys of the tags that it is to have. */
  readonly tags: readonly string[]
}

/** What was found at an address. */
export interface Look {
  /** A value that counts, or that did so lately; null for none. */
  readonly entry: Entry | null
  /** What stands there, be it of use or not. */
  readonly bytes: Bytes | null
  /** The versions that were read. */
  readonly known: ReadonlyMap<string, Bytes | null>
  /** Is any of it from memory? */
  readonly fromMemory: boolean
  /** Is all of it? */
  readonly isNear: boolean
}

/** How good a value still is: `old` may only stand in for a load that failed. */
export type Freshness = 'fresh' | 'stale' | 'old'

/** Where a key is. */
export async function addressOf(
  { names }: CacheParts,
  path: Path,
  key: string,
  tags: readonly string[],
): Promise<Address> {
  const tagKeys = await Promise.all(tags.map((tag) => names.of('tag', path.tags, tag)))
  return {
    key: await names.of('value', path.keys, key),
    lock: await names.of('lock', path.keys, key),
    generations: names.generations(path.keys),
    tags: tagKeys,
  }
}

/** Looks at addresses; asks the store again for those that memory has no fresh value of. */
export async function lookAt(parts: CacheParts, addresses: readonly Address[]): Promise<readonly Look[]> {
  const looks = await lookOnce(parts, addresses, false)
  const isDoubtful = (look: Look | undefined): boolean =>
    look?.fromMemory === true && (look.entry === null || freshnessOf(parts, look.entry) !== 'fresh')
  if (!looks.some(isDoubtful)) return looks
  const again = await lookOnce(
    parts,
    addresses.filter((_, index) => isDoubtful(looks[index])),
    true,
  )
  const exact = again.values()
  return looks.map((look) => (isDoubtful(look) ? (exact.next().value ?? look) : look))
}

/** Looks at one address in the store itself. */
export async function lookExactly(parts: CacheParts, address: Address): Promise<Look> {
  const [look = nothingThere] = await lookOnce(parts, [address], true)
  return look
}

/** How good a value is now. */
export function freshnessOf({ clock }: CacheParts, entry: Entry): Freshness {
  const nowMs = clock.now()
  if (nowMs < entry.freshUntilMs) return 'fresh'
  return nowMs < entry.staleUntilMs ? 'stale' : 'old'
}

/** An entry that begins now, with lifetimes shortened by chance. */
export function createEntry(
  { clock, random }: CacheParts,
  encoded: Encoded,
  { ttlMs, staleMs, staleIfErrorMs, jitter }: Omit<Keeping, 'tags'>,
  witnesses: readonly Witness[],
): Entry {
  const createdMs = clock.now()
  const [high = 0, low = 0] = jitter === 0 ? [] : random.bytes(2)
  const freshUntilMs = createdMs + Math.ceil(ttlMs * (1 - (jitter * (high * 256 + low)) / 65_536))
  return {
    ...encoded,
    createdMs,
    freshUntilMs,
    staleUntilMs: freshUntilMs + staleMs,
    errorUntilMs: freshUntilMs + staleIfErrorMs,
    witnesses,
  }
}

/** The bytes of an entry, or null and an event for one that is too large. */
export function formatWithin(parts: CacheParts, entry: Entry): Bytes | null {
  const bytes = formatEntry(entry)
  const maxBytes = Math.min(parts.rules.maxValueBytes, parts.tiers.maxValueBytes)
  if (bytes.byteLength <= maxBytes) return bytes
  parts.diagnostics.emit({
    kind: 'cache.too-large',
    level: 'warn',
    message: `A value of ${bytes.byteLength} bytes is not kept; at most ${maxBytes} are`,
    fields: { sizeBytes: bytes.byteLength, maxBytes },
  })
  return null
}

/** How long the store has to keep an entry, in milliseconds. */
export function storeTtlOf({ clock }: CacheParts, entry: Entry): number {
  return Math.max(1, Math.ceil(endOf(entry) - clock.now()))
}

/** The versions that a value counts on from now on; null when the store is down. */
export function witnessesOf(
  { versions }: CacheParts,
  address: Address,
  known: Look['known'],
  lifetimes: Lifetimes,
): Promise<readonly Witness[] | null> {
  return versions.ensure([...address.generations, ...address.tags], known, lifeOf(lifetimes))
}

const nothingThere: Look = {
  entry: null,
  bytes: null,
  known: new Map<string, never>(),
  fromMemory: false,
  isNear: false,
}

async function lookOnce(
  parts: CacheParts,
  addresses: readonly Address[],
  exact: boolean,
): Promise<readonly Look[]> {
  const { tiers } = parts
  const known = new Map<string, Bytes | null>()
  let fromMemory = false
  let isNear = true
  async function read(keys: readonly string[]): Promise<boolean> {
    const missing = [...new Set(keys)].filter((key) => !known.has(key))
    const reading = missing.length === 0 ? null : await tiers.read(missing, exact)
    reading?.values.forEach((bytes, index) => known.set(missing[index] ?? '', bytes))
    fromMemory ||= reading?.fromMemory === true
    isNear &&= reading?.isNear !== false
    return missing.length === 0 || reading !== null
  }
  if (!(await read(addresses.flatMap(({ key, generations, tags }) => [key, ...generations, ...tags]))))
    return addresses.map(() => nothingThere)
  const entries = addresses.map(({ key }) => {
    const bytes = known.get(key) ?? null
    return bytes === null ? null : parseEntry(bytes)
  })
  const noted = entries.flatMap((entry) => entry?.witnesses.map(([key]) => key) ?? [])
  if (!(await read(noted))) return addresses.map(() => nothingThere)
  return addresses.map((address, index) => {
    const entry = entries[index] ?? null
    const counts = entry !== null && entry.kind !== 'gone' && isCurrent(parts, entry, known)
    return { entry: counts ? entry : null, bytes: known.get(address.key) ?? null, known, fromMemory, isNear }
  })
}

/** Does nothing that the entry counts on have another version now, and has it not ended? */
function isCurrent({ clock, versions }: CacheParts, entry: Entry, known: Look['known']): boolean {
  if (clock.now() >= endOf(entry)) return false
  return entry.witnesses.every(([key, version]) => versions.parse(known.get(key) ?? null) === version)
}
