import { describe, expect, test } from 'vitest'
import { acceptedCodings } from '../../src/static/coding.ts'

describe('acceptedCodings()', () => {
  test.each([
    ['no field', null, [null]],
    ['an empty field', '', [null]],
    ['what browsers send', 'gzip, deflate, br, zstd', ['br', 'zstd', 'gzip', null]],
    ['one coding', 'gzip', ['gzip', null]],
    ['weights', 'gzip;q=1.0, br;q=0.5', ['gzip', 'br', null]],
    ['blanks and capitals', ' GZIP ; Q=0.8 ,BR;q=0.9', ['br', 'gzip', null]],
    ['the old name of gzip', 'x-gzip', ['gzip', null]],
    ['a refused coding', 'br;q=0, gzip', ['gzip', null]],
    ['a star', '*', ['br', 'zstd', 'gzip', null]],
    ['a star that refuses the rest', 'gzip, *;q=0', ['gzip', null]],
    ['a star with a weight', 'gzip;q=0.2, *;q=0.5', ['br', 'zstd', 'gzip', null]],
    ['a plain file that is wanted more', 'identity;q=0.8, gzip;q=0.5', [null, 'gzip']],
    ['a plain file as welcome as the rest', 'identity, gzip', ['gzip', null]],
    ['a plain file that is refused, last all the same', 'identity;q=0, gzip;q=0.001', ['gzip', null]],
    ['everything refused', '*;q=0', [null]],
    ['a malformed weight', 'br;q=2, zstd;q=x, gzip;q=0.1234', [null]],
    ['another parameter', 'gzip;level=9', [null]],
    ['codings that nobody knows', 'deflate, compress', [null]],
  ])('reads %s', (_name, value, expected) => {
    expect(acceptedCodings(value, ['br', 'zstd', 'gzip'])).toEqual(expected)
  })

  test('keeps the order of the offer among equals', () => {
    expect(acceptedCodings('br, gzip', ['gzip', 'br'])).toEqual(['gzip', 'br', null])
  })

  test('is linear on hostile input', () => {
    const began = performance.now()
    acceptedCodings(`${'a;'.repeat(500_000)},${',q='.repeat(500_000)}`, ['br'])
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
