import { describe, expect, test } from 'vitest'
import { assertHeaderValue, assertStatus, isRepeatable, toHeaderName } from '../../src/http/header.ts'

describe('toHeaderName()', () => {
  test.each([
    ['Content-Type', 'content-type'],
    ['x_y.z~1', 'x_y.z~1'],
    ["!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~"],
  ])('takes %s', (name, expected) => {
    expect(toHeaderName(name)).toBe(expected)
  })

  test.each([
    '',
    'a b',
    'a:',
    'a\r\nb',
    'a\n',
    'a\0',
    'a\t',
    'naïve',
    '"a"',
    'a(b)',
    'a/b',
    '\u212a-header',
    'a'.repeat(100) + ' ',
  ])('refuses %j', (name) => {
    expect(() => toHeaderName(name)).toThrow(expect.objectContaining({ code: 'HEADER_INVALID' }))
  })

  test('says the name, bounded', () => {
    expect(() => toHeaderName(' '.repeat(10_000))).toThrow(/^.{1,150}$/)
  })
})

describe('assertHeaderValue()', () => {
  test.each(['', 'text', 'a b\tc', '!"#~', 'caf\u00e9', '\u0080\u00ff'])('takes %j', (value) => {
    expect(() => assertHeaderValue('x', value)).not.toThrow()
  })

  test('refuses every control character but the tab', () => {
    for (const code of [...Array(32).keys(), 127].filter((code) => code !== 9)) {
      expect(() => assertHeaderValue('x', `a${String.fromCharCode(code)}b`)).toThrow(
        expect.objectContaining({ code: 'HEADER_INVALID' }),
      )
    }
  })

  // Cut to a byte, these become CR and LF on the wire.
  test.each(['\u010d', '\u010a', '\u560d\u560a', '€', '𝄞', '\u2028'])('refuses %j', (value) => {
    expect(() => assertHeaderValue('x', value)).toThrow(expect.objectContaining({ code: 'HEADER_INVALID' }))
  })

  test.each(['a\n', '\na', 'a\r', 'a\0'])('refuses %j at either end', (value) => {
    expect(() => assertHeaderValue('x', value)).toThrow(expect.objectContaining({ code: 'HEADER_INVALID' }))
  })

  test('does not repeat the value, which may be a secret', () => {
    expect(() => assertHeaderValue('x', 'hunter2\n')).toThrow(/^(?!.*hunter2).*$/)
  })
})

describe('assertStatus()', () => {
  test.each([200, 204, 304, 418, 599])('takes %d', (status) => {
    expect(() => assertStatus(status)).not.toThrow()
  })

  test.each([0, 100, 101, 199, 600, 1000, -1, 200.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d',
    (status) => {
      expect(() => assertStatus(status)).toThrow(RangeError)
    },
  )
})

describe('isRepeatable()', () => {
  test.each(['set-cookie', 'vary', 'link', 'server-timing', 'www-authenticate'])('%s is', (name) => {
    expect(isRepeatable(name)).toBe(true)
  })

  test.each(['content-type', 'location', 'etag'])('%s is not', (name) => {
    expect(isRepeatable(name)).toBe(false)
  })
})
