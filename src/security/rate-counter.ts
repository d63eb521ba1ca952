import { RockstarError } from '../errors/index.ts'
import type { KeyValueOptions, KeyValueStore } from '../stores/key-value/index.ts'
import type { RateLimitRule, RateLimitState } from './contract.ts'

/** What a double is off at most in a sum of units or of milliseconds of a window. */
const tolerance = 1e-6

/** One question to one rule. */
export interface RateCall {
  readonly store: KeyValueStore
  readonly rule: Required<RateLimitRule>
  /** The key in the store, without what the algorithm adds. */
  readonly key: string
  readonly cost: number
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number
  readonly waits: KeyValueOptions
  readonly progress: RateProgress
}

/** How far one question has come, shared by all its rules. */
export interface RateProgress {
  /** Has the wait ended for the one who asked? Then nothing more is to be begun. */
  isOver: boolean
  /** Did it wait for others of its own key, and not for the store alone? */
  isQueued: boolean
}

/** What a rule said, and what takes it back; a rule that refused has taken nothing. */
export interface Taken extends RateLimitState {
  refund(): Promise<void>
}

/** Counts in windows that begin at multiples of their length. What passes is one write, a refusal two. */
export async function takeFixed(call: RateCall): Promise<Taken> {
  const { limit, name } = call.rule
  const window = windowOf(call)
  const { value } = await increment(call, window.current, call.cost)
  const refund = async (): Promise<void> => void (await increment(call, window.current, -call.cost))
  if (value <= limit)
    return { name, remaining: limit - value, resetMs: window.leftMs, isViolated: false, refund }
  // What was refused must not fill the window for what is cheaper, or for what is given back later.
  await refund()
  const remaining = Math.max(0, limit - (value - call.cost))
  return { name, remaining, resetMs: window.leftMs, isViolated: true, refund: nothing }
}

/**
 * Counts in windows, and takes as much of the window before as still reaches into the last `windowMs`, as if it had
 * been spread evenly. A refusal is one read and no write; what passes is a read and a write.
 */
export async function takeSliding(call: RateCall): Promise<Taken> {
  const { limit } = call.rule
  const window = windowOf(call)
  const [before, now] = await call.store.getMany([window.previous, window.current], call.waits)
  // A late refund may leave a window that has ended below zero.
  const previous = Math.max(0, readCount(before))
  const carried = previous * (window.leftMs / call.rule.windowMs)
  const seen = readCount(now)
  const refused = (current: number): Taken => ({
    name: call.rule.name,
    remaining: Math.max(0, Math.floor(limit - carried - current + tolerance)),
    resetMs: slidingWaitMs(call, window.leftMs, previous, current),
    isViolated: true,
    refund: nothing,
  })
  if (carried + seen + call.cost > limit + tolerance) return refused(seen)
  const refund = async (): Promise<void> => void (await increment(call, window.current, -call.cost))
  const { value } = await increment(call, window.current, call.cost)
  // Security: only this value is certain; many at once have all read the same before it.
  if (carried + value > limit + tolerance) {
    await refund()
    return refused(value - call.cost)
  }
  const remaining = Math.max(0, Math.floor(limit - carried - value + tolerance))
  return { name: call.rule.name, remaining, resetMs: window.leftMs, isViolated: false, refund }
}

/** When `cost` fits in again, if nothing else comes. */
function slidingWaitMs(call: RateCall, leftMs: number, previous: number, current: number): number {
  const { limit, windowMs } = call.rule
  const room = limit - call.cost
  if (room < 0) return windowMs
  // The part of a window after which what is carried over from `count` is at most `most`.
  const fractionOf = (count: number, most: number): number => (count <= most ? 0 : 1 - most / count)
  const withinMs = fractionOf(previous, room - current) * windowMs - (windowMs - leftMs)
  const waitMs = current <= room ? Math.min(leftMs, withinMs) : leftMs + fractionOf(current, room) * windowMs
  return Math.max(1, Math.ceil(waitMs - tolerance))
}

interface Window {
  readonly current: string
  readonly previous: string
  /** Until the current one ends, in milliseconds above 0. */
  readonly leftMs: number
}

function windowOf({ key, nowMs, rule }: RateCall): Window {
  const index = Math.floor(nowMs / rule.windowMs)
  return {
    current: `${key}:${index}`,
    previous: `${key}:${index - 1}`,
    leftMs: (index + 1) * rule.windowMs - nowMs,
  }
}

/** It stays until the window after its own has ended. */
function increment(call: RateCall, key: string, by: number): Promise<{ readonly value: number }> {
  const ttlMs = Math.max(call.store.limits.minTtlMs, call.rule.windowMs * 2)
  return call.store.increment(key, by, { ...call.waits, ttlMs })
}

function readCount(bytes: Uint8Array | null | undefined): number {
  if (bytes === null || bytes === undefined) return 0
  const count = Number(new TextDecoder().decode(bytes))
  if (Number.isSafeInteger(count)) return count
  // Security: no comparison with what is no number ever refuses.
  throw new RockstarError('STORE_FAILED', 'Expected the count of a rate limit, the store has something else')
}

/** Gives nothing back. */
export async function nothing(): Promise<void> {}
