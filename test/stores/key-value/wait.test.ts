import { describe, expect, it } from 'vitest'
import { RockstarError } from '../../../src/errors/index.ts'
import { createWaits } from '../../../src/stores/key-value/wait.ts'
import { createTestClock } from '../../../src/testing/index.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('createWaits()', () => {
  it('ends a wait after timeoutMs, and tells the work', async () => {
    const clock = createTestClock()
    const waits = createWaits('redis', clock)
    let signal: AbortSignal | undefined
    const waiting = waits.run({ timeoutMs: 500 }, (wait) => {
      signal = wait.signal
      return never()
    })
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    await clock.advance(499)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    await outcome
    expect(signal?.aborted).toBe(true)
  })

  it('waits ten seconds when no bound is named', async () => {
    const clock = createTestClock()
    const outcome = expect(createWaits('redis', clock).run({}, never)).rejects.toThrow('within 10000 ms')
    await clock.advance(10_000)
    await outcome
  })

  it('rejects with the reason of a signal that is aborted while it waits', async () => {
    const abort = new AbortController()
    const waits = createWaits('redis', createTestClock())
    const reason = new Error('gone')
    const waiting = waits.run({ signal: abort.signal }, never)
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it('ends what waits when it is closed', async () => {
    const waits = createWaits('redis', createTestClock())
    const waiting = waits.run({}, never)
    expect([waits.close(), waits.close()]).toEqual([true, false])
    await expect(waiting).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await expect(waits.run({}, never)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  it('leaves no timer and no listener behind', async () => {
    const clock = createTestClock()
    const waits = createWaits('redis', clock)
    const { signal } = new AbortController()
    let listeners = 0
    const counted: AbortSignal = Object.assign(Object.create(signal), {
      addEventListener: () => void (listeners += 1),
      removeEventListener: () => void (listeners -= 1),
      throwIfAborted: () => undefined,
    })
    await waits.run({ signal: counted }, async () => 1)
    await waits.run({ signal: counted }, () => Promise.reject(new Error('no'))).catch(() => undefined)
    expect([clock.pending, listeners]).toEqual([0, 0])
  })

  it('makes an error of the contract of what a backend throws, and lets those through that are one', async () => {
    const waits = createWaits('redis', createTestClock())
    const cause = new Error('ECONNRESET')
    await expect(waits.run({}, () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      cause,
    })
    const own = new RockstarError('STORE_COUNTER', 'Expected an integer')
    await expect(waits.run({}, () => Promise.reject(own))).rejects.toBe(own)
    const foreign = waits.run({}, () => {
      throw cause
    })
    await expect(foreign).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
  })
})
