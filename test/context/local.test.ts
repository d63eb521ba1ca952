import { describe, expect, test } from 'vitest'
import { createLocal } from '../../src/context/index.ts'

describe('createLocal()', () => {
  test('keeps and forgets', () => {
    const local = createLocal(100)
    local.set('a', 'xy')
    expect([local.get('a'), local.usedBytes]).toEqual(['xy', 4])
    local.delete('a')
    expect([local.get('a'), local.usedBytes]).toEqual([undefined, 0])
  })

  test('refuses what is over the budget and keeps what was there', () => {
    const local = createLocal(10)
    local.set('a', 'xxxx')
    expect(() => local.set('a', 'xxxxxx')).toThrow(/at most 10 bytes/)
    expect([local.get('a'), local.usedBytes]).toEqual(['xxxx', 8])
  })

  test('counts a replaced value once', () => {
    const local = createLocal(10)
    local.set('a', new Uint8Array(8))
    local.set('a', new Uint8Array(10))
    expect(local.usedBytes).toBe(10)
  })

  test.each([Number.NaN, -1])('refuses the size %d', (size) => {
    expect(() => createLocal(10).set('a', 1, size)).toThrow(/at most/)
  })

  test('remember() loads once for concurrent callers', async () => {
    const local = createLocal(1000)
    let loads = 0
    const load = async (): Promise<number> => ++loads
    expect(await Promise.all([local.remember('k', load), local.remember('k', load)])).toEqual([1, 1])
    expect(await local.remember('k', load)).toBe(1)
  })

  test('remember() does not keep a failure', async () => {
    const local = createLocal(1000)
    const fails = (): never => {
      throw new Error('no')
    }
    await expect(local.remember('k', fails)).rejects.toThrow('no')
    expect(await local.remember('k', () => 'yes')).toBe('yes')
  })
})
