import { describe, expect, test } from 'vitest'
import { formatContentRange, parseRange } from '../../src/http/range.ts'

const sizeBytes = 10_000

describe('parseRange()', () => {
  // The examples of RFC 9110 §14.1.2, for a representation of 10,000 bytes.
  test.each([
    ['the first 500 bytes', 'bytes=0-499', [[0, 499]]],
    ['the second 500 bytes', 'bytes=500-999', [[500, 999]]],
    ['the final 500 bytes', 'bytes=-500', [[9500, 9999]]],
    ['the final 500 bytes, open', 'bytes=9500-', [[9500, 9999]]],
    [
      'the first and the last byte',
      'bytes=0-0,-1',
      [
        [0, 0],
        [9999, 9999],
      ],
    ],
    [
      'the first, middle and last 1,000',
      'bytes= 0-999, 4500-5499, -1000',
      [
        [0, 999],
        [4500, 5499],
        [9000, 9999],
      ],
    ],
    ['two that touch', 'bytes=500-600,601-999', [[500, 999]]],
    ['two that overlap', 'bytes=500-700,601-999', [[500, 999]]],
    ['an end behind the end', 'bytes=9000-99999', [[9000, 9999]]],
    ['a suffix longer than all', 'bytes=-99999', [[0, 9999]]],
    ['a number beyond any size', 'bytes=0-99999999999999999999999999', [[0, 9999]]],
    ['the unit in another case', 'BYTES=0-1', [[0, 1]]],
    ['empty elements', 'bytes=,0-1, ,', [[0, 1]]],
    [
      'the order of the request',
      'bytes=5000-5099,0-99',
      [
        [5000, 5099],
        [0, 99],
      ],
    ],
    ['only what lies within', 'bytes=20000-,0-1', [[0, 1]]],
    ['a gap smaller than the head of a part', 'bytes=0-9,80-99', [[0, 99]]],
    [
      'a gap larger than that',
      'bytes=0-9,200-299',
      [
        [0, 9],
        [200, 299],
      ],
    ],
    ['one that joins two others', 'bytes=0-99,300-399,150-250', [[0, 399]]],
    [
      'one that joins two, others between them',
      'bytes=0-99,5000-5099,300-399,150-250',
      [
        [0, 399],
        [5000, 5099],
      ],
    ],
  ])('reads %s', (_name, value, expected) => {
    const ranges = parseRange(value, sizeBytes)
    expect(Array.isArray(ranges) ? ranges.map(({ start, end }) => [start, end]) : ranges).toEqual(expected)
  })

  test.each([
    ['a start at the end', 'bytes=10000-'],
    ['a start behind the end', 'bytes=10000-20000, 30000-'],
    ['a suffix of nothing', 'bytes=-0'],
  ])('says that %s is unsatisfiable', (_name, value) => {
    expect(parseRange(value, sizeBytes)).toBe('unsatisfiable')
  })

  test.each([
    ['another unit', 'seconds=0-1'],
    ['no unit', '0-1'],
    ['no range', 'bytes='],
    ['only commas', 'bytes=,,'],
    ['a lone dash', 'bytes=-'],
    ['an end before its start', 'bytes=5-4'],
    ['one bad among good', 'bytes=0-1,x-2'],
    ['a sign', 'bytes=+1-2'],
    ['a fraction', 'bytes=1.5-2'],
    ['hexadecimal', 'bytes=0x1-2'],
    ['a blank within', 'bytes=1 - 2'],
    ['two suffixes in one', 'bytes=--5'],
    ['a blank before the equals sign', 'bytes =0-1'],
    [
      '17 ranges',
      `bytes=${Array.from({ length: 17 }, (_, index) => `${index * 500}-${index * 500 + 1}`).join(',')}`,
    ],
    ['three that overlap', 'bytes=0-,1-,2-'],
    ['many times the same', `bytes=${Array.from({ length: 16 }, () => '0-').join(',')}`],
    ['a field of 100,000 characters', `bytes=0-1${','.repeat(100_000)}`],
  ])('ignores %s', (_name, value) => {
    expect(parseRange(value, sizeBytes)).toBeNull()
  })

  test('reads 16 ranges', () => {
    const value = `bytes=${Array.from({ length: 16 }, (_, index) => `${index * 500}-${index * 500 + 1}`).join(',')}`
    expect(parseRange(value, sizeBytes)).toHaveLength(16)
  })

  test('says that a range of an empty representation is unsatisfiable', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable')
  })

  test('ignores a suffix of an empty representation', () => {
    expect(parseRange('bytes=-5', 0)).toBeNull()
  })

  test('never returns ranges that overlap or leave the representation, for random input', () => {
    let seed = 1
    const random = (bound: number): number => (seed = (Math.imul(seed, 48271) >>> 0) % 2147483647) % bound
    for (let round = 0; round < 3000; round++) {
      const size = random(400)
      const parts = Array.from({ length: 1 + random(6) }, () => {
        const from = random(450)
        return [`${from}-`, `-${random(100)}`, `${from}-${from + random(60)}`][random(3)]
      })
      const ranges = parseRange(`bytes=${parts.join(',')}`, size)
      if (!Array.isArray(ranges)) continue
      const sorted = ranges.toSorted((left, right) => left.start - right.start)
      for (const [index, range] of sorted.entries()) {
        expect(range.start >= 0 && range.start <= range.end && range.end < size).toBe(true)
        expect(range.start).toBeGreaterThan(sorted[index - 1]?.end ?? -1)
      }
    }
  })
})

describe('formatContentRange()', () => {
  test('writes a range', () => {
    expect(formatContentRange({ start: 42, end: 1233 }, 1234)).toBe('bytes 42-1233/1234')
  })

  test('writes that there is none', () => {
    expect(formatContentRange(null, 1234)).toBe('bytes */1234')
  })
})
