import { describe, expect, it } from 'vitest'
import { createLimit } from '../../../src/stores/sql/limit.ts'
import { manualTimer } from './timer.ts'

const never = new Promise<never>(() => undefined)

describe('createLimit', () => {
  it('rejects a wait when the time is over', async () => {
    const timer = manualTimer()
    const wait = createLimit({ timeoutMs: 100 }, timer).race(never)
    timer.advance(100)
    await expect(wait).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
  })

  it('rejects a wait when the signal is aborted, with the reason as cause', async () => {
    const abort = new AbortController()
    const wait = createLimit({ signal: abort.signal }, manualTimer()).race(never)
    abort.abort('reason')
    await expect(wait).rejects.toMatchObject({ code: 'SQL_ABORTED', cause: 'reason' })
  })

  it('settles as the work does when that is first', async () => {
    const limit = createLimit({ timeoutMs: 100 }, manualTimer())
    await expect(limit.race(Promise.resolve(7))).resolves.toBe(7)
    await expect(limit.race(Promise.reject(new Error('mine')))).rejects.toThrow('mine')
  })

  it('fails when its parent does', async () => {
    const timer = manualTimer()
    const parent = createLimit({ timeoutMs: 50 }, timer)
    const wait = createLimit({ timeoutMs: 100 }, timer, { parent }).race(never)
    timer.advance(50)
    await expect(wait).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
  })

  it('does not fail its parent', () => {
    const timer = manualTimer()
    const parent = createLimit({ timeoutMs: 100 }, timer)
    const child = createLimit({ timeoutMs: 50 }, timer, { parent })
    timer.advance(50)
    expect([child.failure()?.code, parent.failure()]).toEqual(['SQL_TIMEOUT', null])
  })

  it('leaves no timer behind when it ends', () => {
    const timer = manualTimer()
    createLimit({ timeoutMs: 100 }, timer).end()
    expect(timer.pending()).toBe(0)
  })

  it('leaves no timer behind when it fails in a sleep', async () => {
    const timer = manualTimer()
    const sleep = createLimit({ timeoutMs: 100 }, timer).sleep(1_000)
    timer.advance(100)
    await expect(sleep).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
    expect(timer.pending()).toBe(0)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('refuses a bound of %d ms', (timeoutMs) => {
    expect(() => createLimit({ timeoutMs }, manualTimer())).toThrow(RangeError)
  })
})
