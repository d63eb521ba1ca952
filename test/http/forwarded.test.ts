import { describe, expect, test } from 'vitest'
import type { Client } from '../../src/http/forwarded.ts'
import { compileTrust, isAuthority, resolveClient } from '../../src/http/forwarded.ts'

const direct = { scheme: 'http', host: 'internal:8080' } as const

/** The client of a request that came from 10.0.0.1, with 10.0.0.0/8 trusted. */
function resolve(
  headers: Readonly<Record<string, string>>,
  peer = '10.0.0.1',
  trusted = ['10.0.0.0/8'],
): Client {
  return resolveClient(
    { ...direct, peer: { address: peer, port: 1, encrypted: false, protocol: 'HTTP/1.1' } },
    new Headers(headers),
    compileTrust(trusted),
  )
}

describe('compileTrust()', () => {
  test.each([
    ['loopback', '127.9.9.9', true],
    ['loopback', '::1', true],
    ['loopback', '10.0.0.1', false],
    ['private', '10.1.2.3', true],
    ['private', '172.16.0.1', true],
    ['private', '192.168.0.1', true],
    ['private', '100.64.0.1', true],
    ['private', '169.254.0.1', true],
    ['private', 'fd00::1', true],
    ['private', 'fe80::1', true],
    ['private', '127.0.0.1', false],
    ['private', '8.8.8.8', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '::ffff:192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
  ])('of %s believes %s: %s', (trusted, peer, expected) => {
    const client = resolve({ 'x-forwarded-for': '203.0.113.9' }, peer, [trusted])
    expect(client.address === '203.0.113.9').toBe(expected)
  })

  test('lists all mistakes at once', () => {
    expect(() => compileTrust(['10.0.0.0/8', 'proxy.example', '10.0.0.0/99', '__proto__', '*'])).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        details: {
          problems: [
            expect.stringContaining('"proxy.example"'),
            expect.stringContaining('"10.0.0.0/99"'),
            expect.stringContaining('"__proto__"'),
            expect.stringContaining('"*"'),
          ],
        },
      }),
    )
  })
})

describe('resolveClient()', () => {
  const fields = {
    forwarded: 'for=203.0.113.9;proto=https;host=evil.example',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
  }

  test('believes no field of a peer that is not trusted', () => {
    expect(resolve(fields, '198.51.100.1')).toEqual({ ...direct, address: '198.51.100.1' })
  })

  test('believes nobody by default', () => {
    expect(resolve(fields, '127.0.0.1', [])).toEqual({ ...direct, address: '127.0.0.1' })
  })

  test('has no address where the runtime does not tell, and believes nothing there', () => {
    expect(
      resolveClient({ ...direct, peer: null }, new Headers(fields), compileTrust(['0.0.0.0/0', '::/0'])),
    ).toEqual({
      ...direct,
      address: '',
    })
  })

  test('believes nothing of a Unix socket', () => {
    expect(resolve(fields, '', ['0.0.0.0/0', '::/0']).address).toBe('')
  })

  test('writes a mapped address of the peer as IPv4', () => {
    expect(resolve({}, '::ffff:198.51.100.1').address).toBe('198.51.100.1')
  })

  test('keeps the direct facts of a trusted peer that says nothing', () => {
    expect(resolve({})).toEqual({ ...direct, address: '10.0.0.1' })
  })

  test.each([
    ['the only hop', '203.0.113.9', '203.0.113.9'],
    ['the last that is not trusted', '203.0.113.9, 10.0.0.3, 10.0.0.2', '203.0.113.9'],
    [
      'none of what the client wrote itself',
      '1.1.1.1, 127.0.0.1, 10.9.9.9, 203.0.113.9, 10.0.0.2',
      '203.0.113.9',
    ],
    ['the first of hops that are all trusted', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['an address with a port', '203.0.113.9:5000', '203.0.113.9'],
    ['an IPv6 address', '2001:DB8:0::17', '2001:db8::17'],
    ['an IPv6 address with a port', '[2001:db8::17]:443', '2001:db8::17'],
    ['the proxy before a hop that is malformed', '203.0.113.9, nonsense, 10.0.0.2', '10.0.0.2'],
    ['the proxy before a hop that is empty', '203.0.113.9,, 10.0.0.2', '10.0.0.2'],
    ['the proxy before a hop with a leading zero', '203.0.113.9, 010.0.0.3, 10.0.0.2', '10.0.0.2'],
    ['the peer when the last hop is hidden', 'unknown', '10.0.0.1'],
    ['the peer when the field is empty', '', '10.0.0.1'],
  ])('takes of X-Forwarded-For %s', (_, header, expected) => {
    expect(resolve({ 'x-forwarded-for': header }).address).toBe(expected)
  })

  test('walks 50 hops and no more', () => {
    const hops = Array.from({ length: 60 }, (_, index) => `10.0.1.${60 - index}`).join(', ')
    expect(resolve({ 'x-forwarded-for': hops }).address).toBe('10.0.1.50')
  })

  test.each(['1.1.1.1, ', ',', 'x', '"'])('is not led astray by a megabyte of %j before', (piece) => {
    const junk = piece.repeat(1_048_576 / piece.length)
    expect(resolve({ 'x-forwarded-for': `${junk}, 203.0.113.9, 10.0.0.2` }).address).toBe('203.0.113.9')
    expect(resolve({ forwarded: `for=${junk}, for=203.0.113.9, for=10.0.0.2` }).address).toBe('203.0.113.9')
  })

  test('does not take a cut hop for an address', () => {
    const header = `9203.0.113.9${' '.repeat(8192 - 11)}`
    expect(resolve({ 'x-forwarded-for': `8${header}` }).address).toBe('10.0.0.1')
  })

  test('takes scheme and host of the hop that they belong to', () => {
    const client = resolve({
      'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.0.0.2',
      'x-forwarded-proto': 'http, https, http',
      'x-forwarded-host': 'spoofed.example, shop.example, edge.internal',
    })
    expect(client).toEqual({ address: '203.0.113.9', scheme: 'https', host: 'shop.example' })
  })

  test('aligns shorter fields with the nearest hops', () => {
    const client = resolve({
      'x-forwarded-for': '1.1.1.1, 203.0.113.9',
      'x-forwarded-proto': 'HTTPS',
      'x-forwarded-host': 'shop.example',
    })
    expect(client).toEqual({ address: '203.0.113.9', scheme: 'https', host: 'shop.example' })
  })

  test('takes of longer fields only what the nearest hops wrote', () => {
    const client = resolve({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'http, https',
      'x-forwarded-host': 'spoofed.example, shop.example',
    })
    expect(client).toEqual({ address: '203.0.113.9', scheme: 'https', host: 'shop.example' })
  })

  test('takes a scheme without an address, and the address of the proxy', () => {
    expect(resolve({ 'x-forwarded-proto': 'https' })).toEqual({
      ...direct,
      scheme: 'https',
      address: '10.0.0.1',
    })
  })

  test.each(['javascript', 'httpsx', '', 'ws', 'file', '__proto__'])(
    'takes the scheme %j for none',
    (scheme) => {
      expect(resolve({ 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': scheme }).scheme).toBe('http')
    },
  )

  test.each(['evil.example/path', 'a b', 'user@evil.example', '<script>', 'a?b', 'a#b', '[', ''])(
    'takes the host %j for none',
    (host) => {
      expect(resolve({ 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': host }).host).toBe(
        'internal:8080',
      )
    },
  )

  // Nearly all proxies write X-Forwarded-For and pass Forwarded on as the client sent it.
  test('does not let a client overrule the proxy by the other kind of field', () => {
    const client = resolve({
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=1.1.1.1;proto=https;host=evil.example',
    })
    expect(client).toEqual({ ...direct, address: '203.0.113.9' })
  })
})

describe('resolveClient(), with Forwarded', () => {
  // RFC 7239 §4 and §7.
  test.each([
    ['for="_gazonk"', '10.0.0.1'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
    ['for=192.0.2.43, for=198.51.100.17', '198.51.100.17'],
    ['for=_hidden, for=_SEVKISEK', '10.0.0.1'],
    ['for=unknown', '10.0.0.1'],
    ['for="192.0.2.43:47011"', '192.0.2.43'],
    ['for="192.0.2.43:_secret"', '192.0.2.43'],
    ['for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown', '10.0.0.1'],
  ])('reads %s', (header, expected) => {
    expect(resolve({ forwarded: header }).address).toBe(expected)
  })

  test.each([
    ['goes through trusted hops', 'for=1.1.1.1, for=203.0.113.9, for=10.0.0.3, for=10.0.0.2', '203.0.113.9'],
    ['stops at a hidden hop', 'for=203.0.113.9, for=_x, for=10.0.0.2', '10.0.0.2'],
    ['stops at a hop without address', 'for=203.0.113.9, by=10.0.0.1, for=10.0.0.2', '10.0.0.2'],
    ['stops at a name that stands twice', 'for=1.1.1.1;for=2.2.2.2, for=10.0.0.2', '10.0.0.2'],
    ['stops at what is no pair', 'for=203.0.113.9, nonsense, for=10.0.0.2', '10.0.0.2'],
    ['stops at white space around the equals sign', 'for = 203.0.113.9', '10.0.0.1'],
    ['ignores parameters that it does not know', 'x-id=1;for=203.0.113.9;secret="a,b;c"', '203.0.113.9'],
    ['ignores empty elements', ', for=203.0.113.9 ,,', '203.0.113.9'],
    ['ignores empty pairs', ';for=203.0.113.9;', '203.0.113.9'],
    ['undoes quoted pairs', 'for="203\\.0.113.9"', '203.0.113.9'],
    ['is not misled by an open quote', 'for="1.1.1.1, for=203.0.113.9', '203.0.113.9'],
    [
      'is not misled by a quote that a proxy seems to close',
      'for="1.1.1.1, for="[2001:db8::17]"',
      '2001:db8::17',
    ],
    ['is not misled by a backslash', 'for="1.1.1.1\\, for="[2001:db8::17]"', '2001:db8::17'],
    ['is not misled by an element in quotes', 'x=", for=1.1.1.1", for=203.0.113.9', '203.0.113.9'],
  ])('%s', (_, header, expected) => {
    expect(resolve({ forwarded: header }).address).toBe(expected)
  })

  test("takes scheme and host of the client's hop", () => {
    expect(
      resolve({
        forwarded: 'for=1.1.1.1;host=spoofed.example, for=203.0.113.9;proto=HTTPS;host="shop.example:444"',
      }),
    ).toEqual({
      address: '203.0.113.9',
      scheme: 'https',
      host: 'shop.example:444',
    })
  })

  test('reads fields of several lines as one', () => {
    const headers = new Headers([
      ['forwarded', 'for=1.1.1.1'],
      ['forwarded', 'for=203.0.113.9'],
    ])
    const peer = { address: '10.0.0.1', port: 1, encrypted: false, protocol: 'HTTP/1.1' }
    expect(resolveClient({ ...direct, peer }, headers, compileTrust(['10.0.0.0/8'])).address).toBe(
      '203.0.113.9',
    )
  })

  test('never throws and never leaves the trusted part, whatever the client wrote', () => {
    const pieces = [
      'for=',
      '"',
      '\\',
      ',',
      ';',
      '=',
      ' ',
      '1.1.1.1',
      '10.0.0.9',
      '[::1]',
      'host=',
      'proto=',
      '%',
      '\t',
      '_',
    ]
    let seed = 11
    for (let round = 0; round < 20_000; round++) {
      let written = ''
      for (let count = 1 + (round % 15); count > 0; count--) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        written += pieces[(seed >> 8) % pieces.length]
      }
      expect(resolve({ forwarded: `${written}, for="203.0.113.9:80";proto=https` })).toMatchObject({
        address: '203.0.113.9',
        scheme: 'https',
        host: 'internal:8080',
      })
      expect(resolve({ 'x-forwarded-for': `${written}, 203.0.113.9` }).address).toBe('203.0.113.9')
    }
  })
})

describe('isAuthority()', () => {
  test.each([
    'example.com',
    'example.com:8080',
    'localhost',
    '127.0.0.1:3000',
    '[::1]',
    '[::1]:80',
    'a_b.example',
  ])('takes %s', (text) => {
    expect(isAuthority(text)).toBe(true)
  })

  test.each([
    '',
    ':80',
    'a b',
    'a/b',
    'a@b',
    'a?b',
    'a#b',
    'a\\b',
    'a\nb',
    'a\n',
    'a,b',
    'a:',
    'a:x',
    'a:123456',
    'a:65536',
    '::1',
    '[::1',
    '[]',
    '[:::::]',
    '[1.2.3]',
    '1.2.3.4.5',
    '256.1.1.1',
    'é.example',
    'a%2fb',
    'a'.repeat(256),
  ])('refuses %j', (text) => {
    expect(isAuthority(text)).toBe(false)
  })

  test('takes nothing of which no URL can be made', () => {
    for (const text of ['.', '..', '-', '_', '0', '1.2', '[::]', '[::1.2.3.4]']) {
      if (isAuthority(text)) expect(URL.canParse(`https://${text}/`)).toBe(true)
    }
    expect(isAuthority('1.2')).toBe(true)
  })
})
