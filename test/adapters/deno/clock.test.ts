import { describe, expect, it } from 'vitest'
import { createSlotClock } from '../../../adapters/deno/clock.ts'
import type { Clock } from '../../../src/platform/index.ts'

/** A clock that is advanced by hand, and knows how many timers it was asked for. */
function handClock(): Clock & { timers: number; advance(ms: number): void } {
  let nowMs = 0
  const waiting = new Set<{ readonly at: number; readonly callback: () => void }>()
  return {
    timers: 0,
    now: () => nowMs,
    monotonic: () => nowMs,
    schedule(delayMs, callback) {
      this.timers++
      const timer = { at: nowMs + delayMs, callback }
      waiting.add(timer)
      return () => void waiting.delete(timer)
    },
    advance(ms) {
      nowMs += ms
      for (const timer of waiting) {
        if (timer.at > nowMs) continue
        waiting.delete(timer)
        timer.callback()
      }
    },
  }
}

describe('createSlotClock()', () => {
  it('calls a long wait never early, and at most 200 ms late', () => {
    const hand = handClock()
    const clock = createSlotClock(hand)
    hand.advance(137)
    const ended: number[] = []
    for (const delayMs of [2000, 2001, 30_000])
      clock.schedule(delayMs, () => ended.push(hand.now() - 137 - delayMs))
    for (let step = 0; step < 31_000; step++) hand.advance(1)
    expect(ended).toHaveLength(3)
    for (const late of ended) expect(late >= 0 && late <= 200, `${late} ms late`).toBe(true)
  })

  it('shares one timer between long waits of a slot, and gives short ones their own', () => {
    const hand = handClock()
    const clock = createSlotClock(hand)
    for (let index = 0; index < 100; index++) clock.schedule(30_000, () => undefined)
    expect(hand.timers).toBe(1)
    clock.schedule(100, () => undefined)
    expect(hand.timers).toBe(2)
  })

  it('does not call what was cancelled', () => {
    const hand = handClock()
    const clock = createSlotClock(hand)
    let calls = 0
    const cancel = clock.schedule(5000, () => calls++)
    clock.schedule(5000, () => calls++)
    cancel()
    hand.advance(6000)
    expect(calls).toBe(1)
  })
})
