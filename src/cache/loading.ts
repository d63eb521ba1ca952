import { HttpError } from '../errors/index.ts'
import type { CacheLoader, CacheScope } from './contract.ts'
import type { Address, CacheParts, Look } from './core.ts'
import { createEntry, formatWithin, freshnessOf, lookExactly, storeTtlOf, witnessesOf } from './core.ts'
import type { Entry } from './entry.ts'
import type { Flight } from './flights.ts'
import type { Lifetimes, Plan } from './options.ts'
import { readLifetimes } from './options.ts'
import type { Encoded } from './values.ts'
import { untilAborted, within } from './waits.ts'

/** One value that is to be had, by keeping or by loading. */
export interface Wish {
  readonly address: Address
  readonly plan: Plan
  readonly load: CacheLoader<unknown>
  readonly scope: CacheScope | null
}

/** How often one who waits takes over from a load that ended without result, before it loads for itself alone. */
const maxAttempts = 3
/** What a load may take besides its own time: calls of the store. */
const overheadMs = 10_000
const never: AbortSignal = new AbortController().signal

/** May this value be given, fresh or stale? */
export function mayGive(parts: CacheParts, entry: Entry, { accept }: Pick<Plan, 'accept'>): boolean {
  if (freshnessOf(parts, entry) === 'old') return false
  const nowMs = parts.clock.now()
  return (
    accept === null ||
    accept({ ageMs: Math.max(0, nowMs - entry.createdMs), freshMs: entry.freshUntilMs - nowMs })
  )
}

/** Loads a value, or waits for whoever loads it already. */
export async function loadShared(parts: CacheParts, wish: Wish, look: Look): Promise<Encoded> {
  const { clock, counters, flights, rules } = parts
  const { address, plan, scope } = wish
  const signal = scope?.signal ?? null
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const flight = flights.get(address.key)
    if (flight === undefined) {
      const begun = begin(parts, wish, look, false)
      scope?.platform.waitUntil(begun.outcome.catch(() => undefined))
      const encoded = await untilAborted(begun.outcome, signal)
      if (encoded !== null) return encoded
      continue
    }
    counters.joined += 1
    const mostMs = rules.waitMs + plan.loadTimeoutMs + overheadMs
    try {
      const encoded = await untilAborted(within(clock, mostMs, flight.outcome, null), signal)
      if (encoded !== null) return encoded
    } catch (error) {
      signal?.throwIfAborted()
      // What a request broke off, or failed behind its back, is no answer to another one.
      if (flight.leader?.aborted !== true && !flight.isRefresh) throw error
    }
  }
  const alone: Flight<Encoded | null> = {
    outcome: Promise.resolve(null),
    leader: signal,
    isRefresh: false,
    isStale: false,
  }
  return untilAborted(loadAndKeep(parts, wish, look, alone), signal)
}

/** Loads a value anew in the background, unless somebody does so already or it failed a moment ago. */
export function refresh(parts: CacheParts, wish: Wish, look: Look): void {
  const { diagnostics, flights } = parts
  const { address, scope } = wish
  if (flights.get(address.key) !== undefined || flights.isHeldOff(address.key)) return
  const work = begin(parts, wish, look, true).outcome.catch((error: unknown) => {
    flights.holdOff(address.key)
    if (wish.plan.staleOn?.(error) === false) return
    diagnostics.emit({
      kind: 'cache.refresh-failed',
      level: 'warn',
      message: 'A value of the cache could not be loaded anew; the old one is given as long as it may be',
      error,
    })
  })
  scope?.platform.waitUntil(work)
}

function begin(parts: CacheParts, wish: Wish, look: Look, isRefresh: boolean): Flight<Encoded | null> {
  const { flights } = parts
  const leader = wish.scope?.signal ?? null
  return flights.begin(wish.address.key, { leader, isRefresh }, (flight) =>
    takeTurn(parts, wish, look, flight),
  )
}

/** Waits for other processes that load the same, then loads, unless they have brought it. */
async function takeTurn(
  parts: CacheParts,
  wish: Wish,
  before: Look,
  flight: Flight<Encoded | null>,
): Promise<Encoded | null> {
  const { rules, turns } = parts
  const { address, plan } = wish
  const old = oldValue(parts, before)
  if (old !== null && !flight.isRefresh && parts.flights.isHeldOff(address.key)) return old
  let latest = before
  async function look(): Promise<Encoded | null> {
    latest = await lookExactly(parts, address)
    const { entry } = latest
    if (entry === null || freshnessOf(parts, entry) !== 'fresh') return null
    return mayGive(parts, entry, plan) ? entry : null
  }
  const turn = await turns.take(address.lock, look, flight.isRefresh ? 0 : rules.waitMs, never)
  if (turn === null) return null
  if (turn.kind === 'there') return turn.value
  try {
    return await loadAndKeep(parts, wish, latest, flight)
  } finally {
    await turn.release()
  }
}

/** Loads, and keeps what came; when that fails, gives the old value if it may stand in. */
async function loadAndKeep(
  parts: CacheParts,
  wish: Wish,
  look: Look,
  flight: Flight<Encoded | null>,
): Promise<Encoded> {
  const { counters, diagnostics, flights, values } = parts
  const { address, plan } = wish
  counters.loads += 1
  // Before the load: what is invalidated while it runs makes its result worthless.
  const witnesses = await witnessesOf(parts, address, look.known, plan)
  let lifetimes: Lifetimes | null = null
  let value: unknown
  try {
    value = await run(parts, wish, flight, (kept) => (lifetimes = kept))
  } catch (error) {
    counters.loadFailures += 1
    const old = oldValue(parts, look)
    if (old === null || plan.staleOn?.(error) === false) throw error
    flights.holdOff(address.key)
    diagnostics.emit({
      kind: 'cache.stale-on-error',
      level: 'warn',
      message: 'A load failed; the old value is given',
      error,
    })
    return old
  }
  const encoded = await values.encode(value)
  const isNothing = value === null || value === undefined
  const nothing: Lifetimes = { ttlMs: plan.negativeTtlMs, staleMs: 0, staleIfErrorMs: 0 }
  const kept = lifetimes ?? (isNothing ? nothing : plan)
  if (witnesses === null || flight.isStale || kept.ttlMs === 0) return encoded
  const entry = createEntry(parts, encoded, { ...kept, jitter: plan.jitter }, witnesses)
  const bytes = formatWithin(parts, entry)
  if (bytes === null) return encoded
  const change = { key: address.key, bytes, ttlMs: storeTtlOf(parts, entry) }
  if (await parts.tiers.replace(change, look.bytes)) counters.writes += 1
  return encoded
}

/** Runs a loader within its bound. */
async function run(
  { clock }: CacheParts,
  { load, plan }: Wish,
  { isRefresh }: Flight<unknown>,
  keep: (lifetimes: Lifetimes) => void,
): Promise<unknown> {
  const abort = new AbortController()
  const late = new HttpError(
    503,
    'UNAVAILABLE',
    `Expected what is to be cached to be loaded within ${plan.loadTimeoutMs} ms; raise loadTimeoutMs or load less`,
    { headers: { 'retry-after': '5' } },
  )
  const work = Promise.resolve().then(() =>
    load({
      signal: abort.signal,
      isRefresh,
      keep: (lifetimes) => keep(readLifetimes(lifetimes, plan.ttlMs)),
    }),
  )
  const value = await within(clock, plan.loadTimeoutMs, work, late)
  if (value !== late) return value
  abort.abort(late)
  throw late
}

/** The old value, if it may stand in for a load that fails. */
function oldValue({ clock }: CacheParts, { entry }: Look): Entry | null {
  return entry !== null && clock.now() < entry.errorUntilMs ? entry : null
}
