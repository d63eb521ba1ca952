import { encodeBase64url } from '../crypto/index.ts'
import type { Clock, RandomSource } from '../platform/contract.ts'
import type { Tiers } from './tiers.ts'
import { pause } from './waits.ts'

/** How a process got at its turn: it may load, or somebody else has loaded meanwhile. */
export type Turn<Value> =
  | { readonly kind: 'load'; readonly release: () => Promise<void> }
  | { readonly kind: 'there'; readonly value: Value }

/** Lets processes take turns in loading a key: a lock with an end, whose holder nobody relies on. */
export interface Turns {
  /**
   * Waits at most `waitMs` for the turn, looking from time to time whether the value is there. Who has waited that long,
   * or cannot lock, loads without it. With `waitMs` 0 null says that somebody else is at it.
   */
  take<Value>(
    lock: string,
    look: () => Promise<Value | null>,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Turn<Value> | null>
}

/** Shortest and longest time between two looks, in milliseconds. */
const firstLookMs = 20
const longestLookMs = 250
const encoder = new TextEncoder()

/** Makes the turns of one cache. */
export function createTurns(tiers: Tiers, clock: Clock, random: RandomSource, lockTtlMs: number): Turns {
  async function load(lock: string, token: Uint8Array<ArrayBuffer>): Promise<boolean | null> {
    return tiers.compareAndSet({ key: lock, bytes: token, ttlMs: lockTtlMs }, null)
  }
  return {
    async take(lock, look, waitMs, signal) {
      const free = { kind: 'load', release: async () => undefined } as const
      if (!tiers.canShareLoads()) return free
      const token = encoder.encode(encodeBase64url(random.bytes(12)))
      const release = async (): Promise<void> => {
        // Only one's own: after its end another one may have the lock.
        await tiers.compareAndSet({ key: lock, bytes: null, ttlMs: lockTtlMs }, token)
      }
      const startMs = clock.monotonic()
      for (let lookMs = firstLookMs; ; lookMs = Math.min(longestLookMs, lookMs * 2)) {
        const isMine = await load(lock, token)
        if (isMine === null) return free
        // Whoever had the lock until now may have brought the value.
        const value = await look()
        if (value !== null) {
          if (isMine) await release()
          return { kind: 'there', value }
        }
        if (isMine) return { kind: 'load', release }
        if (waitMs === 0) return null
        const restMs = startMs + waitMs - clock.monotonic()
        if (restMs <= 0 || signal.aborted) return free
        const [byte = 0] = random.bytes(1)
        await pause(clock, Math.min(restMs, lookMs * (0.5 + byte / 256)), signal)
      }
    },
  }
}
