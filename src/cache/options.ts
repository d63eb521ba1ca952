import type {
  CacheCodec,
  CacheLifetimes,
  CacheRules,
  CacheSetOptions,
  KeptValue,
  RememberOptions,
} from './contract.ts'

/** The rules of one cache, complete. */
export interface Rules {
  readonly keyPrefix: string
  readonly ttlMs: number
  readonly jitter: number
  readonly maxValueBytes: number
  readonly storeTimeoutMs: number
  readonly loadTimeoutMs: number
  readonly waitMs: number
  readonly lockTtlMs: number
  readonly codec: CacheCodec | null
}

/** Lifetimes, complete. */
export interface Lifetimes {
  readonly ttlMs: number
  readonly staleMs: number
  readonly staleIfErrorMs: number
}

/** The options of one `set`, complete. */
export interface Keeping extends Lifetimes {
  readonly tags: readonly string[]
  readonly jitter: number
}

/** The options of one `remember`, complete. */
export interface Plan extends Keeping {
  readonly negativeTtlMs: number
  readonly loadTimeoutMs: number
  readonly accept: ((kept: KeptValue) => boolean) | null
  readonly staleOn: ((error: unknown) => boolean) | null
}

const longestMs = 2 ** 38
const longestTimerMs = 2 ** 31 - 1
const maxTags = 100

/** Completes the rules. `RangeError` for one out of range. */
export function readRules(rules: CacheRules): Rules {
  return {
    keyPrefix: rules.keyPrefix ?? 'cache:',
    ttlMs: whole('ttlMs', rules.ttlMs ?? 300_000, 1, longestMs),
    jitter: share(rules.jitter ?? 0.1),
    maxValueBytes: whole('maxValueBytes', rules.maxValueBytes ?? 1_048_576, 1024, longestTimerMs),
    storeTimeoutMs: whole('storeTimeoutMs', rules.storeTimeoutMs ?? 1000, 1, 60_000),
    loadTimeoutMs: whole('loadTimeoutMs', rules.loadTimeoutMs ?? 30_000, 1, longestTimerMs),
    waitMs: whole('waitMs', rules.waitMs ?? 5000, 0, longestTimerMs),
    lockTtlMs: whole('lockTtlMs', rules.lockTtlMs ?? 10_000, 100, 3_600_000),
    codec: rules.codec ?? null,
  }
}

/** Completes lifetimes. */
export function readLifetimes(given: CacheLifetimes, ttlMs: number): Lifetimes {
  const lifetimes = {
    ttlMs: whole('ttlMs', given.ttlMs ?? ttlMs, 0, longestMs),
    staleMs: whole('staleMs', given.staleMs ?? 0, 0, longestMs),
    staleIfErrorMs: whole('staleIfErrorMs', given.staleIfErrorMs ?? 0, 0, longestMs),
  }
  whole('ttlMs, staleMs and staleIfErrorMs together', lifeOf(lifetimes), 0, longestMs)
  return lifetimes
}

/** Completes the options of `set`. */
export function readKeeping(given: CacheSetOptions, rules: Rules): Keeping {
  const tags = given.tags === undefined ? [] : [...new Set(given.tags)]
  assertTagCount(tags.length)
  return { ...readLifetimes(given, rules.ttlMs), tags, jitter: share(given.jitter ?? rules.jitter) }
}

/** Completes the options of `remember`. */
export function readPlan(given: RememberOptions, rules: Rules): Plan {
  return {
    ...readKeeping(given, rules),
    negativeTtlMs: whole('negativeTtlMs', given.negativeTtlMs ?? 0, 0, longestMs),
    loadTimeoutMs: whole('loadTimeoutMs', given.loadTimeoutMs ?? rules.loadTimeoutMs, 1, longestTimerMs),
    accept: given.accept ?? null,
    staleOn: given.staleOn ?? null,
  }
}

/** `RangeError` for more tags than a value or an invalidation may have. */
export function assertTagCount(count: number): void {
  if (count > maxTags) throw new RangeError(`Expected at most ${maxTags} tags, got ${count}`)
}

/** How long a value is of any use, in milliseconds. */
export function lifeOf({ ttlMs, staleMs, staleIfErrorMs }: Lifetimes): number {
  return ttlMs + Math.max(staleMs, staleIfErrorMs)
}

/** `RangeError` unless it is a whole number in its range. */
export function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`Expected ${name} as a whole number from ${least} to ${most}, got ${value}`)
}

function share(value: number): number {
  if (value >= 0 && value <= 1) return value
  throw new RangeError(`Expected jitter from 0 to 1, got ${value}`)
}
