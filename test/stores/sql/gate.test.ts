import { describe, expect, it } from 'vitest'
import { createGate } from '../../../src/stores/sql/gate.ts'
import { createLimit } from '../../../src/stores/sql/limit.ts'
import { manualTimer } from './timer.ts'

describe('createGate', () => {
  it('lets one in at a time, in the order of arrival', async () => {
    const gate = createGate()
    const limit = createLimit({}, manualTimer())
    const order: number[] = []
    const enter = async (index: number): Promise<void> => {
      await gate.enter(limit)
      order.push(index)
      gate.leave()
    }
    await gate.enter(limit)
    const all = Promise.all([1, 2, 3].map(enter))
    expect(order).toEqual([])
    gate.leave()
    await all
    expect(order).toEqual([1, 2, 3])
  })

  it('lets nobody in at once while somebody is inside', () => {
    const gate = createGate()
    expect([gate.tryEnter(), gate.tryEnter()]).toEqual([true, false])
    gate.leave()
    expect(gate.tryEnter()).toBe(true)
  })

  it('forgets who gave up', async () => {
    const gate = createGate()
    const timer = manualTimer()
    gate.tryEnter()
    const tired = gate.enter(createLimit({ timeoutMs: 10 }, timer))
    timer.advance(10)
    await expect(tired).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
    gate.leave()
    expect(gate.tryEnter()).toBe(true)
  })

  it('hands the turn on when it comes to one who gives up in the same moment', async () => {
    const gate = createGate()
    const abort = new AbortController()
    gate.tryEnter()
    const tired = gate.enter(createLimit({ signal: abort.signal }, manualTimer()))
    const next = gate.enter(createLimit({}, manualTimer()))
    abort.abort()
    gate.leave()
    await expect(tired).rejects.toMatchObject({ code: 'SQL_ABORTED' })
    await expect(next).resolves.toBeUndefined()
  })
})
