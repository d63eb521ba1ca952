import { describe, expect, test } from 'vitest'
import { formatCookie, needsSecure, parseCookies } from '../../src/http/cookie.ts'

const control = (code: number): string => String.fromCharCode(code)

describe('parseCookies()', () => {
  test('reads the pairs of a field', () => {
    expect([...parseCookies('SID=31d4d96e407aad42; lang=en-US')]).toEqual([
      ['SID', '31d4d96e407aad42'],
      ['lang', 'en-US'],
    ])
  })

  test.each([
    ['without a field', null],
    ['of an empty field', ''],
    ['of separators', ' ; ;;'],
    ['of a pair without a name', '=value'],
    ['of a name without a value', 'name'],
  ])('reads nothing %s', (_, header) => {
    expect(parseCookies(header).size).toBe(0)
  })

  test.each([
    ['an equals sign in the value', 'a=b=c', 'b=c'],
    ['an empty value', 'a=', ''],
    ['blanks around', ' \ta\t =\t b \t', 'b'],
    ['blanks inside', 'a=b c', 'b c'],
    ['quotes around the value', 'a="b c"', 'b c'],
    ['a single quote', 'a="', '"'],
    ['a percent-encoded value', 'a=%E2%82%AC%3B', '€;'],
    ['a malformed percent-encoding', 'a=100%', '100%'],
    ['a percent-encoding that is no UTF-8', 'a=%FF', '%FF'],
    ['encoded quotes, which belong to the value', 'a=%22b%22', '"b"'],
    ['a plus sign', 'a=b+c', 'b+c'],
  ])('understands %s', (_, header, value) => {
    expect(parseCookies(header).get('a')).toBe(value)
  })

  test('takes the first of two cookies with one name', () => {
    expect(parseCookies('a=1; a=2').get('a')).toBe('1')
  })

  test('tells names of different case apart', () => {
    expect(parseCookies('a=1; A=2').get('A')).toBe('2')
  })

  test('does not decode a name into one with a prefix', () => {
    expect(parseCookies('%5F%5FHost-a=1').has('__Host-a')).toBe(false)
  })

  // Browsers guard the prefix only where it stands at the very beginning of a name.
  test.each([0xa0, 0x0b, 0x0c, 0xfeff, 0x2000, 0x2028, 0x3000, 0x85])(
    'does not strip U+%s into a name with a prefix',
    (code) => {
      expect(parseCookies(`${control(code)}__Host-a=1`).has('__Host-a')).toBe(false)
    },
  )

  test('has names of the prototype as plain names', () => {
    const cookies = parseCookies('__proto__=1; constructor=2')
    expect(cookies.get('__proto__')).toBe('1')
    expect(cookies.get('toString')).toBeUndefined()
  })

  test('reads 150 cookies', () => {
    const header = Array.from({ length: 150 }, (_, index) => `c${index}=${index}`).join('; ')
    expect(parseCookies(header).get('c149')).toBe('149')
  })

  test('refuses 151 cookies', () => {
    const header = Array.from({ length: 151 }, (_, index) => `c${index}=${index}`).join('; ')
    expect(() => parseCookies(header)).toThrow(
      expect.objectContaining({ status: 431, code: 'LIMIT_EXCEEDED' }),
    )
  })

  test('refuses a field of 1 MB without reading it', () => {
    expect(() => parseCookies('a=1;'.repeat(262_144))).toThrow(
      expect.objectContaining({ status: 431, code: 'LIMIT_EXCEEDED' }),
    )
  })

  test('reads 16 KiB of blanks in linear time', () => {
    const started = performance.now()
    expect(parseCookies(`a=${' '.repeat(16_000)}b`).get('a')).toBe('b')
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('formatCookie()', () => {
  test('has safe attributes by default', () => {
    expect(formatCookie('sid', 'x')).toBe('sid=x; Path=/; HttpOnly; Secure; SameSite=Lax')
  })

  test('writes every attribute', () => {
    expect(
      formatCookie('sid', 'x', {
        path: '/app',
        domain: 'example.com',
        maxAgeSeconds: 60,
        httpOnly: false,
        sameSite: 'none',
        partitioned: true,
      }),
    ).toBe('sid=x; Path=/app; Domain=example.com; Max-Age=60; Secure; SameSite=None; Partitioned')
  })

  test('writes SameSite=Strict', () => {
    expect(formatCookie('sid', 'x', { sameSite: 'strict' })).toMatch(/; SameSite=Strict$/)
  })

  test('cuts an age to the 400 days that browsers allow', () => {
    expect(formatCookie('sid', 'x', { maxAgeSeconds: 99_999_999 })).toContain('; Max-Age=34560000;')
  })

  test.each([
    'plain',
    '',
    'a b',
    'a;b, c="d"\\',
    '100%',
    '%41',
    '"quoted"',
    'line\r\nSet-Cookie: evil=1',
    'naïve €uro 𝄞',
    'a=b&c=d',
    control(0),
  ])('writes the value %j so that it is read as it was', (value) => {
    const pair = formatCookie('a', value).split(';')[0] ?? ''
    expect(pair).toMatch(/^a=[!#-+\--:<-[\]-~]*$/)
    expect(parseCookies(pair).get('a')).toBe(value)
  })

  test('gives back every character of Latin-1', () => {
    for (let code = 0; code < 256; code++) {
      const pair = formatCookie('a', control(code)).split(';')[0] ?? ''
      expect(parseCookies(pair).get('a')).toBe(control(code))
    }
  })

  test.each([
    ['an empty name', ''],
    ['a name with a space', 'a b'],
    ['a name with an equals sign', 'a=b'],
    ['a name with a semicolon', 'a;b'],
    ['a name with a line break', 'a\r\nSet-Cookie: b'],
    ['a name with a line break at its end', 'a\n'],
    ['a name with NUL', 'a\0'],
    ['a name of letters beyond ASCII', 'naïve'],
  ])('refuses %s', (_, name) => {
    expect(() => formatCookie(name, 'x')).toThrow(expect.objectContaining({ code: 'COOKIE_INVALID' }))
  })

  test.each([
    ['a path that ends the attribute', { path: '/; Domain=evil.example' }],
    ['a path with a line break', { path: '/\r\nX: y' }],
    ['a path that does not begin with /', { path: 'app' }],
    ['an empty path', { path: '' }],
    ['a path beyond ASCII', { path: '/é' }],
    ['a path that browsers ignore for its length', { path: `/${'a'.repeat(1024)}` }],
    ['a domain that ends the attribute', { domain: 'a.example; Path=/' }],
    ['a domain with a line break', { domain: 'a.example\n' }],
    ['an empty domain', { domain: '' }],
    ['a domain with an empty label', { domain: 'a..example' }],
    ['a domain that is too long', { domain: `${'a.'.repeat(127)}a` }],
    ['an age that is no whole number', { maxAgeSeconds: 1.5 }],
    ['a negative age', { maxAgeSeconds: -1 }],
    ['an age of NaN', { maxAgeSeconds: Number.NaN }],
    ['SameSite=None without secure', { sameSite: 'none', secure: false }],
    ['Partitioned without secure', { partitioned: true, secure: false }],
  ] as const)('refuses %s', (_, attributes) => {
    expect(() => formatCookie('a', 'x', attributes)).toThrow(
      expect.objectContaining({ code: 'COOKIE_INVALID' }),
    )
  })

  test.each([
    ['__Host- without secure', '__Host-a', { secure: false }],
    ['__Host- with a domain', '__Host-a', { domain: 'example.com' }],
    ['__Host- with a path', '__Host-a', { path: '/app' }],
    ['__Secure- without secure', '__Secure-a', { secure: false }],
    ['a prefix in another case', '__hOST-a', { domain: 'example.com' }],
  ] as const)('refuses %s', (_, name, attributes) => {
    expect(() => formatCookie(name, 'x', attributes)).toThrow(
      expect.objectContaining({ code: 'COOKIE_INVALID' }),
    )
  })

  test('allows __Secure- with domain and path', () => {
    expect(formatCookie('__Secure-a', 'x', { domain: 'example.com', path: '/app' })).toContain(
      '; Domain=example.com',
    )
  })

  test('allows a pair of 4,096 bytes and refuses one more', () => {
    expect(formatCookie('a', 'x'.repeat(4094))).toContain('; Path=/')
    expect(() => formatCookie('a', 'x'.repeat(4095))).toThrow('at most 4096 bytes')
  })

  test('counts a value as it is sent', () => {
    expect(() => formatCookie('a', '€'.repeat(1000))).toThrow(
      expect.objectContaining({ code: 'COOKIE_INVALID' }),
    )
  })

  test('refuses a value that is no text', () => {
    expect(() => formatCookie('a', '\ud800')).toThrow(expect.objectContaining({ code: 'COOKIE_INVALID' }))
  })

  test('names the cookie in its message, bounded', () => {
    expect(() => formatCookie(' '.repeat(1000), 'x')).toThrow(/^.{20,200}$/)
  })
})

describe('needsSecure()', () => {
  test.each([
    ['a', {}, false],
    ['a', { sameSite: 'none' }, true],
    ['a', { partitioned: true }, true],
    ['__Host-a', {}, true],
    ['__secure-a', {}, true],
    ['x__Host-a', {}, false],
  ] as const)('%s with %j is %s', (name, attributes, expected) => {
    expect(needsSecure(name, attributes)).toBe(expected)
  })
})
