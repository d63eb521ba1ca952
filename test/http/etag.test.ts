import { describe, expect, test } from 'vitest'
import {
  formatEtag,
  isEtag,
  isStrongMatch,
  isWeakMatch,
  someEtag,
  toVariantEtag,
} from '../../src/http/etag.ts'

describe('isStrongMatch() and isWeakMatch()', () => {
  // The table of RFC 9110 §8.8.3.2.
  test.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ])('compare %s and %s', (left, right, strong, weak) => {
    expect([isStrongMatch(left, right), isWeakMatch(left, right)]).toEqual([strong, weak])
    expect([isStrongMatch(right, left), isWeakMatch(right, left)]).toEqual([strong, weak])
  })
})

describe('isEtag()', () => {
  test.each([['"xyzzy"'], ['W/"xyzzy"'], ['""'], ['"a,b"'], ['"\u00e9"']])('takes %s', (text) => {
    expect(isEtag(text)).toBe(true)
  })

  test.each([['xyzzy'], ['w/"x"'], ['"x'], ['"a b"'], ['"a"b"'], ['W/ "x"'], ['"\u0101"'], ['"\n"'], ['']])(
    'refuses %j',
    (text) => {
      expect(isEtag(text)).toBe(false)
    },
  )
})

describe('formatEtag()', () => {
  test('makes a strong and a weak tag', () => {
    expect([formatEtag('a-1', false), formatEtag('a-1', true)]).toEqual(['"a-1"', 'W/"a-1"'])
  })

  test.each([['a"b'], ['a b'], ['a\r\n'], ['\u20ac']])('throws RangeError for %j', (opaque) => {
    expect(() => formatEtag(opaque, false)).toThrow(RangeError)
  })
})

describe('toVariantEtag()', () => {
  test('puts the variant within the quotes and keeps the weakness', () => {
    expect([toVariantEtag('"a"', 'br'), toVariantEtag('W/"a"', 'gzip')]).toEqual(['"a-br"', 'W/"a-gzip"'])
  })
})

describe('someEtag()', () => {
  const finds = (list: string, etag: string): boolean | null =>
    someEtag(list, (candidate) => candidate === etag)

  test.each([
    ['one', '"a"', true],
    ['the last of three', '"x", W/"y" ,"a"', true],
    ['one with a comma within', '"x,y","a"', true],
    ['one among empty elements', ', ,\t"a",,', true],
    ['none of two', '"x", "y"', false],
    ['none in an empty list', '', false],
    ['a weak one that only looks alike', 'W/"a"', false],
  ])('finds %s', (_name, list, expected) => {
    expect(finds(list, '"a"')).toBe(expected)
  })

  test.each([
    ['no quotes', 'a'],
    ['a quote that does not end', '"x'],
    ['no comma between', '"x" "a"'],
    ['a blank within', '"x y", "a"'],
    ['a star beside a tag', '*, "a"'],
    ['a small w', 'w/"x", "a"'],
  ])('returns null for a list with %s', (_name, list) => {
    expect(finds(list, '"a"')).toBeNull()
  })

  test('finds the 100th tag', () => {
    const list = [...Array.from({ length: 99 }, (_, index) => `"${index}"`), '"a"'].join(', ')
    expect(finds(list, '"a"')).toBe(true)
  })

  test('returns null for the 101st tag', () => {
    const list = [...Array.from({ length: 100 }, (_, index) => `"${index}"`), '"a"'].join(', ')
    expect(finds(list, '"a"')).toBeNull()
  })

  test('returns false for 100 tags with blanks after them', () => {
    const list = `${Array.from({ length: 100 }, (_, index) => `"${index}"`).join(',')} , `
    expect(finds(list, '"a"')).toBe(false)
  })

  test.each([
    [','.repeat(1_000_000)],
    ['"'.repeat(1_000_000)],
    [' '.repeat(1_000_000)],
    [`"${'a'.repeat(1_000_000)}`],
  ])('is linear on hostile input', (list) => {
    const began = performance.now()
    finds(list, '"a"')
    expect(performance.now() - began).toBeLessThan(500)
  })
})
