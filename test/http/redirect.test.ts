import { describe, expect, test } from 'vitest'
import { safeLocation } from '../../src/http/redirect.ts'

const base = new URL('https://shop.example/basket/view?x=1')

describe('safeLocation()', () => {
  test.each([
    ['/'],
    ['/orders'],
    ['/orders?id=1&x=%20#top'],
    ['./next'],
    ['../'],
    ['?page=2'],
    ['/@user/~home/a:b'],
    ['/%09/still-a-path'],
  ])('leaves %s as it is', (location) => {
    expect(new URL(safeLocation(location, base, []), base).href).toBe(new URL(location, base).href)
  })

  test.each([
    ['next', '/basket/next'],
    ['', '/basket/view?x=1'],
    ['#top', '/basket/view?x=1#top'],
    ['https://shop.example/orders', '/orders'],
    ['https://shop.example:443/orders', '/orders'],
    ['HTTPS://SHOP.EXAMPLE/orders', '/orders'],
    ['//shop.example/orders', '/orders'],
    ['/größe', '/gr%C3%B6%C3%9Fe'],
    ['/a\r\nSet-Cookie: x=1', '/aSet-Cookie:%20x=1'],
    ['  /padded  ', '/padded'],
    ['https:evil.example', '/basket/evil.example'],
    ['https:/evil.example', '/evil.example'],
  ])('writes %j as the path %s', (location, expected) => {
    expect(safeLocation(location, base, [])).toBe(expected)
  })

  test.each([
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    '/\r\\evil.example',
    ' //evil.example',
    '\u0000//evil.example',
    'https://evil.example',
    'https:/\\evil.example',
    'https:\\\\evil.example',
    'http://shop.example/',
    'https://shop.example:8443/',
    'https://shop.example.evil.example/',
    'https://shop.example@evil.example/',
    'https://evil.example#@shop.example/',
    'https://evil.example\\@shop.example/',
    'https://user@shop.example/',
    'https://user:pass@shop.example/',
    'https://shop。example.evil.example/',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    ' javascript:alert(1)',
    '\u0001javascript:alert(1)',
    'javascript://shop.example/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'blob:https://shop.example/1',
    'file:///etc/passwd',
    'ftp://shop.example/',
    'mailto:x@shop.example',
    'https://[::1',
    'https://',
    '//',
    '//evil.example/%2f..',
    '//evil%E3%80%82example',
    '//\u3002evil.example',
  ])('refuses %j', (location) => {
    expect(() => safeLocation(location, base, [])).toThrow(
      expect.objectContaining({ code: 'REDIRECT_REFUSED' }),
    )
  })

  // A resolved path may begin with two slashes, which a browser would read as a host.
  test.each([
    './/evil.example',
    './/evil.example/..',
    '/.//evil.example',
    '/x/..//evil.example',
    '../..//evil.example',
    '.\\/evil.example',
    '/./\\evil.example',
    '/%2e//evil.example',
    'https://shop.example//evil.example',
    'https://shop.example/.//evil.example',
    'https://shop.example\\\\evil.example',
    '/\u00e9/..//evil.example',
    './/\u00e9vil.example',
  ])('keeps %j on the site', (location) => {
    const safe = safeLocation(location, base, [])
    const seen = new URL(safe, base)
    expect(seen.origin).toBe(base.origin)
    expect(seen.pathname).toBe(new URL(location, base).pathname)
    expect(safe).not.toMatch(/^[/\\]{2}/)
  })

  test('never leaves the site for what is made of the characters of the tricks', () => {
    const pieces = [
      '/',
      '\\',
      '.',
      '..',
      'evil.example',
      '@',
      ':',
      '\t',
      '\n',
      '?',
      '#',
      '%2f',
      'https:',
      'é',
    ]
    let seed = 42
    const pick = (): string => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return pieces[seed % pieces.length] ?? ''
    }
    for (let round = 0; round < 20_000; round++) {
      const location = Array.from({ length: 1 + (round % 7) }, pick).join('')
      let safe: string
      try {
        safe = safeLocation(location, base, [])
      } catch {
        continue
      }
      const seen = new URL(safe, base)
      const meant = new URL(location, base)
      expect([seen.origin, seen.pathname, seen.search]).toEqual([base.origin, meant.pathname, meant.search])
      expect(safe).toMatch(/^[!-~]*$/)
    }
  })

  test('goes to an origin that is named', () => {
    expect(safeLocation('https://pay.example/a b', base, ['https://pay.example'])).toBe(
      'https://pay.example/a%20b',
    )
  })

  test.each([
    'https://pay.example:444/',
    'http://pay.example/',
    'https://x@pay.example/',
    'https://a.pay.example/',
  ])('does not take %s for an origin that is named', (location) => {
    expect(() => safeLocation(location, base, ['https://pay.example'])).toThrow(
      expect.objectContaining({ code: 'REDIRECT_REFUSED' }),
    )
  })

  test('says what it refused, bounded', () => {
    expect(() => safeLocation(`//evil.example/${'x'.repeat(10_000)}`, base, [])).toThrow(/^.{1,300}$/)
  })
})
