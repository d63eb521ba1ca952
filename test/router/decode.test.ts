import { describe, expect, test } from 'vitest'
import { decodeParam, decodeParams } from '../../src/router/index.ts'

describe('decodeParam()', () => {
  test('decodes once', () => {
    expect(decodeParam('caf%C3%A9')).toBe('café')
    expect(decodeParam('%2525')).toBe('%25')
    expect(decodeParam('a%2Fb')).toBe('a/b')
    expect(decodeParam('plain')).toBe('plain')
  })
})

describe('decodeParams()', () => {
  test('leaves out an optional parameter that is absent', () => {
    expect(decodeParams(['a', 'b'], ['1', undefined])).toEqual({ a: '1' })
  })

  test('keeps encoded slashes of a rest parameter encoded', () => {
    expect(decodeParams(['*rest', 'x'], ['a%2Fb/%5C/%C3%A9', 'a%2Fb'])).toEqual({
      rest: 'a%2Fb/%5C/é',
      x: 'a/b',
    })
  })
})
