/** Keys whose answer was not to be kept a moment ago. */
export interface Passes {
  /** Why it was not kept; null for a key that is to be tried. */
  reasonOf(key: string, nowMs: number): string | null
  add(key: string, reason: string, nowMs: number): void
}

/** How long requests of such a key run beside each other, in milliseconds. */
const passMs = 10_000
const maxPasses = 1000

/**
 * Remembers what is not worth waiting for: else requests of one key would wait for an answer that each of them then has to
 * make for itself. When there are too many, the oldest is forgotten.
 */
export function createPasses(): Passes {
  const passes = new Map<string, { readonly reason: string; readonly untilMs: number }>()
  return {
    reasonOf(key, nowMs) {
      const pass = passes.get(key)
      if (pass === undefined) return null
      if (nowMs < pass.untilMs) return pass.reason
      passes.delete(key)
      return null
    },
    add(key, reason, nowMs) {
      passes.delete(key)
      const [oldest] = passes.keys()
      if (passes.size >= maxPasses && oldest !== undefined) passes.delete(oldest)
      passes.set(key, { reason, untilMs: nowMs + passMs })
    },
  }
}
