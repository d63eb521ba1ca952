import { describe, expect, test } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../src/crypto/base64url.ts'

const utf8 = new TextEncoder()

describe('encodeBase64url()', () => {
  // RFC 4648 §10, without padding as §3.2 allows.
  test.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('writes %j as %j', (text, expected) => {
    expect(encodeBase64url(utf8.encode(text))).toBe(expected)
    expect(decodeBase64url(expected)).toEqual(utf8.encode(text))
  })

  test('uses the alphabet of URLs', () => {
    expect(encodeBase64url(new Uint8Array([251, 255, 191]))).toBe('-_-_')
  })

  test('encodes a megabyte, more than a call takes arguments', () => {
    const bytes = new Uint8Array(1_048_576).map((_, index) => index % 251)
    expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes)
  })
})

describe('decodeBase64url()', () => {
  test.each([
    ['padding', 'Zg=='],
    ['the other alphabet', '+/+/'],
    ['a length that no bytes have', 'Z'],
    ['white space', 'Zm 9v'],
    ['a line break at the end', 'Zm9v\n'],
    ['bits behind the last byte', 'Zh'],
    ['bits behind the last two bytes', 'Zm9'],
    ['a dot', 'Zm.v'],
    ['letters beyond ASCII', 'Zm9é'],
  ])('is null for %s', (_, text) => {
    expect(decodeBase64url(text)).toBeNull()
  })
})
