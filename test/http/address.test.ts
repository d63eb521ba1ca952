import { BlockList, isIP } from 'node:net'
import { describe, expect, test } from 'vitest'
import { formatAddress, isInRange, parseAddress, parseRange } from '../../src/http/address.ts'

function rewritten(text: string): string | null {
  const address = parseAddress(text)
  return address === null ? null : formatAddress(address)
}

function isIn(address: string, range: string): boolean {
  const [bytes, compiled] = [parseAddress(address), parseRange(range)]
  if (bytes === null || compiled === null) throw new Error(`Expected an address and a range, got ${range}`)
  return isInRange(bytes, compiled)
}

describe('parseAddress()', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['192.0.2.1:80', '192.0.2.1'],
    ['192.0.2.1:_port', '192.0.2.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[2001:db8::17]:4711', '2001:db8::17'],
    ['[2001:db8::17]:_x.y-z', '2001:db8::17'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:80', 'fe80::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('reads %s', (text, expected) => {
    expect(rewritten(text)).toBe(expected)
  })

  test.each([
    '',
    ' ',
    'localhost',
    'unknown',
    '_hidden',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '127.0.0.01',
    '00.0.0.0',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1.2.3.-4',
    '1.2.3.4%eth0',
    '1.2.3.4:',
    '1.2.3.4:123456',
    '[1.2.3.4]',
    '١.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '::1::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::ffff:1.2.3.04',
    '::ffff:1.2.3.256',
    '::1.2.3',
    '[::1',
    '::1]',
    '[::1]x',
    '[::1]:',
    '[[::1]]',
    '[]',
    'fe80::1%',
    'fe80::1%a b',
    '::1\n',
    '::1/128',
    '1'.repeat(10_000),
    `::${'0'.repeat(100)}`,
  ])('is null for %j', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  test('agrees with Node on random texts', () => {
    let seed = 7
    const pieces = ['0', '1', 'ff', '255', '256', '.', ':', '::', 'fFfF', '1.2.3.4', ':0', '00']
    let valid = 0
    for (let round = 0; round < 50_000; round++) {
      let text = ''
      for (let count = 2 + (round % 12); count > 0; count--) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        text += pieces[(seed >> 8) % pieces.length]
      }
      // Ports are ours; Node knows none.
      if (/^[\d.]+:/.test(text)) continue
      const expected = isIP(text) !== 0
      if (expected) valid++
      expect(`${text} ${parseAddress(text) !== null}`).toBe(`${text} ${expected}`)
    }
    expect(valid).toBeGreaterThan(100)
  })
})

describe('formatAddress()', () => {
  // RFC 5952 §1, §2 and §4; RFC 4291 §2.2.
  test.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:0:1', '2001:db8:aaaa:bbbb:cccc:dddd:0:1'],
    ['2001:db8:0:0:aaaa:0:0:0', '2001:db8:0:0:aaaa::'],
    ['FF01:0:0:0:0:0:0:101', 'ff01::101'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:1:1:1:1:0:0', '::1:1:1:1:0:0'],
    ['10:0:0:10:100:0:0:1000', '10::10:100:0:0:1000'],
    ['0:1:0:1:0:1:0:1', '0:1:0:1:0:1:0:1'],
  ])('writes %s as %s', (text, expected) => {
    expect(rewritten(text)).toBe(expected)
  })

  test('writes what reads the same, as a URL does', () => {
    let seed = 3
    for (let round = 0; round < 2000; round++) {
      const groups = Array.from({ length: 8 }, () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        return (seed >> 8) % 3 === 0 ? (seed >> 12) & 0xffff : 0
      })
      const text = groups.map((group) => group.toString(16)).join(':')
      if (text.startsWith('0:0:0:0:0:ffff')) continue
      expect(rewritten(text)).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1))
    }
  })
})

describe('parseRange()', () => {
  test.each([
    ['10.0.0.0/8', 104],
    ['10.0.0.1', 128],
    ['0.0.0.0/0', 96],
    ['2001:db8::/32', 32],
    ['::/0', 0],
    ['::1/128', 128],
    ['::ffff:10.0.0.0/104', 104],
    ['::ffff:0:0/96', 96],
  ])('reads %s', (text, prefixBits) => {
    expect(parseRange(text)).toMatchObject({ prefixBits })
  })

  test.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/8x',
    '10.0.0.0/ 8',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0:80/8',
    '10.0.0.0:80',
    '10.0.0/8',
    '10',
    '::/129',
    '[::1]',
    '[::1]/128',
    '::1]/128',
    'fe80::1%eth0/64',
    '::ffff:10.0.0.0/8',
    'example.com',
    '*',
  ])('is null for %j', (text) => {
    expect(parseRange(text)).toBeNull()
  })
})

describe('isInRange()', () => {
  test.each([
    ['10.255.0.1', '10.0.0.0/8', true],
    ['11.0.0.0', '10.0.0.0/8', false],
    ['192.168.1.127', '192.168.1.0/25', true],
    ['192.168.1.128', '192.168.1.0/25', false],
    ['172.31.255.255', '172.16.0.0/12', true],
    ['172.32.0.0', '172.16.0.0/12', false],
    ['10.9.8.7', '10.1.2.3/8', true],
    ['::ffff:10.1.1.1', '10.0.0.0/8', true],
    ['10.1.1.1', '::ffff:10.0.0.0/104', true],
    ['8.8.8.8', '0.0.0.0/0', true],
    ['8.8.8.8', '::/0', false],
    ['::ffff:8.8.8.8', '::/0', false],
    ['2001:db8::1', '::/0', true],
    ['::1', '0.0.0.0/0', false],
    ['2001:db8:ffff::', '2001:db8::/32', true],
    ['2001:db9::', '2001:db8::/32', false],
    ['fdff::1', 'fc00::/7', true],
    ['fe00::1', 'fc00::/7', false],
    ['::1', '::1', true],
    ['::2', '::1', false],
    ['127.0.0.1', '::1', false],
  ])('says of %s in %s: %s', (address, range, expected) => {
    expect(isIn(address, range)).toBe(expected)
  })

  test('agrees with Node on every prefix of IPv4', () => {
    for (let bits = 0; bits <= 32; bits++) {
      const list = new BlockList()
      list.addSubnet('172.21.203.91', bits)
      for (let flipped = 0; flipped < 32; flipped++) {
        const bytes = [172, 21, 203, 91]
        bytes[flipped >> 3] = (bytes[flipped >> 3] ?? 0) ^ (128 >> (flipped & 7))
        const address = bytes.join('.')
        expect(isIn(address, `172.21.203.91/${bits}`)).toBe(list.check(address))
      }
    }
  })
})
