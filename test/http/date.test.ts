import { describe, expect, test } from 'vitest'
import { formatHttpDate, parseHttpDate } from '../../src/http/date.ts'

const nowMs = Date.UTC(2026, 10, 23)
const example = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('parseHttpDate()', () => {
  test.each([
    ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['asctime', 'Sun Nov  6 08:49:37 1994'],
  ])('reads the example of RFC 9110 §5.6.7 in the format %s', (_name, text) => {
    expect(parseHttpDate(text, nowMs)).toBe(example)
  })

  test('reads asctime with a day of two digits', () => {
    expect(parseHttpDate('Wed Nov 16 08:49:37 1994', nowMs)).toBe(Date.UTC(1994, 10, 16, 8, 49, 37))
  })

  test('takes two digits up to 50 years ahead as the future', () => {
    expect(parseHttpDate('Monday, 01-Jan-76 00:00:00 GMT', nowMs)).toBe(Date.UTC(2076, 0, 1))
  })

  test('takes two digits more than 50 years ahead as the past', () => {
    expect(parseHttpDate('Monday, 01-Jan-77 00:00:00 GMT', nowMs)).toBe(Date.UTC(1977, 0, 1))
  })

  test('reads a leap second', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', nowMs)).toBe(Date.UTC(2017, 0, 1))
  })

  test('reads the 29th of February of a leap year', () => {
    expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT', nowMs)).toBe(Date.UTC(2024, 1, 29))
  })

  test.each([
    ['a day that does not exist', 'Wed, 29 Feb 2023 00:00:00 GMT'],
    ['day 00', 'Sun, 00 Nov 1994 08:49:37 GMT'],
    ['a month that does not exist', 'Sun, 06 Foo 1994 08:49:37 GMT'],
    ['hour 24', 'Sun, 06 Nov 1994 24:00:00 GMT'],
    ['minute 60', 'Sun, 06 Nov 1994 08:60:00 GMT'],
    ['second 61', 'Sun, 06 Nov 1994 08:49:61 GMT'],
    ['another zone', 'Sun, 06 Nov 1994 08:49:37 CET'],
    ['an offset', 'Sun, 06 Nov 1994 08:49:37 +0000'],
    ['another case', 'sun, 06 nov 1994 08:49:37 gmt'],
    ['ISO 8601', '1994-11-06T08:49:37Z'],
    ['a number', '784111777'],
    ['blanks around it', ' Sun, 06 Nov 1994 08:49:37 GMT '],
    ['a year of two digits in four', 'Sun, 06 Nov 0094 08:49:37 GMT'],
    ['nothing', ''],
  ])('refuses %s', (_name, text) => {
    expect(parseHttpDate(text, nowMs)).toBeNull()
  })
})

describe('formatHttpDate()', () => {
  test('writes the preferred format', () => {
    expect(formatHttpDate(example + 999)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  })

  test('writes what parseHttpDate() reads', () => {
    for (let timeMs = 0; timeMs < 4e12; timeMs += 86_399_123_000) {
      expect(parseHttpDate(formatHttpDate(timeMs), nowMs)).toBe(Math.floor(timeMs / 1000) * 1000)
    }
  })

  test.each([[NaN], [Infinity], [8.64e15], [-1e14]])('throws RangeError for %s', (timeMs) => {
    expect(() => formatHttpDate(timeMs)).toThrow(RangeError)
  })
})
