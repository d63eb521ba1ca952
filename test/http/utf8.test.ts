import { describe, expect, test } from 'vitest'
import { decodeUtf8 } from '../../src/http/utf8.ts'

describe('decodeUtf8()', () => {
  test('reads UTF-8 without its byte order mark', () => {
    expect(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xbc]), 'a body')).toBe('ü')
  })

  test.each([
    ['a stray byte', [0xff]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a character cut off', [0xf0, 0x9f, 0x98]],
  ])('refuses %s with 400', (_, bytes) => {
    expect(() => decodeUtf8(new Uint8Array(bytes), 'a body')).toThrow(
      expect.objectContaining({ code: 'BODY_MALFORMED', status: 400, message: 'Expected a body in UTF-8' }),
    )
  })

  test('is not disturbed by the malformed text before', () => {
    expect(() => decodeUtf8(new Uint8Array([0xc3]), 'a body')).toThrow('UTF-8')
    expect(decodeUtf8(new Uint8Array([0x61]), 'a body')).toBe('a')
  })
})
