import { describe, expect, test } from 'vitest'
import { Http3Error, nameOfErrorCode } from '../../../src/server/http3/error-code.ts'
import { decodeHuffman, huffmanRoom, writeHuffman } from '../../../src/server/http3/huffman.ts'
import { huffmanCodes, huffmanLengths } from '../../../src/server/http3/huffman-table.ts'
import { decodeFieldSection, prefixedSize, readPrefixed } from '../../../src/server/http3/qpack-decoder.ts'
import { staticTable } from '../../../src/server/http3/static-table.ts'
import { readVarint, varintLength, varintSize, writeVarint } from '../../../src/server/http3/varint.ts'
import { concat, hex, rawSection, section, text, varint } from './wire.ts'

describe('varints (RFC 9000 appendix A.1)', () => {
  const vectors: readonly (readonly [string, number])[] = [
    ['9d7f3e7d', 494_878_333],
    ['7bbd', 15_293],
    ['25', 37],
  ]
  test.each(vectors)('%s is %i, both ways', (bytes, value) => {
    expect(readVarint(hex(bytes), 0)).toBe(value)
    expect(Buffer.from(varint(value)).toString('hex')).toBe(bytes)
  })

  test('4025 is 37, although one byte would do', () => {
    expect(readVarint(hex('4025'), 0)).toBe(37)
  })

  test('c2197c5eff14e88c is 151,288,809,941,952,652, rounded', () => {
    expect(readVarint(hex('c2197c5eff14e88c'), 0)).toBe(Number(151_288_809_941_952_652n))
    expect(varintLength(0xc2)).toBe(8)
  })

  const edges = [0, 63, 64, 16_383, 16_384, 1_073_741_823, 1_073_741_824, Number.MAX_SAFE_INTEGER]
  test.each(edges)('%i comes back', (value) => {
    const bytes = new Uint8Array(9).fill(0xff)
    const end = writeVarint(bytes, 1, value)
    expect([end - 1, readVarint(bytes, 1)]).toEqual([varintSize(value), value])
  })
})

/** RFC 7541 appendices C.4 and C.6. */
const huffmanVectors: readonly (readonly [string, string])[] = [
  ['www.example.com', 'f1e3 c2e5 f23a 6ba0 ab90 f4ff'],
  ['no-cache', 'a8eb 1064 9cbf'],
  ['custom-key', '25a8 49e9 5ba9 7d7f'],
  ['custom-value', '25a8 49e9 5bb8 e8b4 bf'],
  ['302', '6402'],
  ['private', 'aec3 771a 4b'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff'],
  ['https://www.example.com', '9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3'],
  ['307', '640e ff'],
  ['Mon, 21 Oct 2013 20:13:22 GMT', 'd07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff'],
  ['gzip', '9bd9 ab'],
  [
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    `94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
  ],
]

function huffman(bytes: Uint8Array): string | null {
  const target = new Uint8Array(huffmanRoom(bytes.length))
  const length = decodeHuffman(bytes, 0, bytes.length, target)
  return length === -1 ? null : Buffer.from(target.subarray(0, length)).toString('latin1')
}

describe('Huffman (RFC 7541 appendix C)', () => {
  test.each(huffmanVectors)('%s is decoded', (plain, coded) => {
    expect(huffman(hex(coded))).toBe(plain)
  })

  test.each(huffmanVectors)('%s is encoded', (plain, coded) => {
    const target = new Uint8Array(100)
    const end = writeHuffman(plain, target, 0)
    expect(target.subarray(0, end)).toEqual(hex(coded))
  })

  test('every byte comes back, alone and beside others', () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code))
    const target = new Uint8Array(2_000)
    for (const plain of [...all, all, [...all].toReversed().join('')]) {
      expect(huffman(target.slice(0, writeHuffman(plain, target, 0)))).toBe(plain)
    }
  })

  test('the table has the codes of RFC 7541 appendix B at its corners', () => {
    const rows = [0, 10, 13, 22, 48, 97, 122, 124, 220, 249, 255].map((symbol) => [
      huffmanCodes[symbol],
      huffmanLengths[symbol],
    ])
    expect(rows).toEqual([
      [0x1ff8, 13],
      [0x3ffffffc, 30],
      [0x3ffffffd, 30],
      [0x3ffffffe, 30],
      [0x0, 5],
      [0x3, 5],
      [0x7b, 7],
      [0x7fc, 11],
      [0xffffffd, 28],
      [0xffffffe, 28],
      [0x3ffffee, 26],
    ])
  })

  test('padding of zeros is refused (RFC 7541 §5.2)', () => {
    // 'a' is 00011; the rest should be ones.
    expect(huffman(hex('1f'))).toBe('a')
    expect(huffman(hex('18'))).toBe(null)
    expect(huffman(hex('1b'))).toBe(null)
  })

  test('padding of eight bits or more is refused (RFC 7541 §5.2)', () => {
    expect(huffman(hex('1fff'))).toBe(null)
    expect(huffman(hex('ff'))).toBe(null)
  })

  test('EOS is refused (RFC 7541 §5.2)', () => {
    expect(huffman(hex('ffffffff'))).toBe(null)
    expect(huffman(hex('fffffffc'))).toBe(null)
  })
})

function decode(bytes: Uint8Array, maxBytes = 65_536): string[] | 'too large' {
  const fields: string[] = []
  const isWhole = decodeFieldSection(bytes, maxBytes, {
    onField: (name, value) => void fields.push(name, value),
  })
  return isWhole ? fields : 'too large'
}

function failureOf(bytes: Uint8Array): string {
  try {
    decode(bytes)
  } catch (error) {
    if (!(error instanceof Http3Error)) throw error
    return `${error.isConnectionError ? 'connection' : 'stream'} ${nameOfErrorCode(error.code)}`
  }
  return 'none'
}

describe('prefixed integers (RFC 7541 appendix C.1)', () => {
  const vectors: readonly (readonly [string, number, number])[] = [
    ['0a', 0x1f, 10],
    ['1f9a0a', 0x1f, 1_337],
    ['2a', 0xff, 42],
  ]
  test.each(vectors)('%s with mask %i is %i', (bytes, mask, value) => {
    expect(readPrefixed(hex(bytes), 0, mask)).toBe(value)
    expect(prefixedSize(hex(bytes), 0, mask)).toBe(bytes.length / 2)
  })

  test('62 bits are read (RFC 9204 §4.1.1)', () => {
    expect(readPrefixed(hex('ff80feffffffffffff3f'), 0, 0xff)).toBeGreaterThan(2 ** 61)
  })

  test('one that never ends is refused', () => {
    expect(readPrefixed(new Uint8Array(100).fill(0xff), 0, 0xff)).toBe(-1)
  })
})

describe('field sections (RFC 9204)', () => {
  test('B.1: a literal field line with a static name reference', () => {
    expect(decode(hex('0000 510b 2f69 6e64 6578 2e68 746d 6c'))).toEqual([':path', '/index.html'])
  })

  test('every entry of the static table is decoded and encoded as its index', () => {
    const secrets = new Set(['authorization', 'cookie', 'set-cookie'])
    for (let index = 0; index < 99; index++) {
      const bytes = concat(
        hex('0000'),
        index < 63 ? Uint8Array.of(0xc0 | index) : Uint8Array.of(0xff, index - 63),
      )
      const entry = staticTable.slice(index * 2, index * 2 + 2)
      expect(decode(bytes)).toEqual(entry)
      if (!secrets.has(entry[0] ?? '')) expect(section(entry)).toEqual(bytes)
    }
  })

  test('appendix A: the table has its 99 entries, the known ones in their places', () => {
    expect(staticTable.length).toBe(198)
    expect(
      [0, 17, 25, 46, 98].map((index) => staticTable.slice(index * 2, index * 2 + 2).join(': ')),
    ).toEqual([
      ':authority: ',
      ':method: GET',
      ':status: 200',
      'content-type: application/json',
      'x-frame-options: sameorigin',
    ])
  })

  test('§4.5.4 and §4.5.6: strings are Huffman codes where these are shorter', () => {
    expect(section(['x-a', 'www.example.com'])).toEqual(
      concat(hex('0000 23'), text('x-a'), hex('8c f1e3 c2e5 f23a 6ba0 ab90 f4ff')),
    )
    expect(section(['x-a', '\\\\\\'])).toEqual(concat(hex('0000 23'), text('x-a'), hex('03 5c5c5c')))
  })

  test('§7.1.3: secrets are literals that are never indexed', () => {
    // 0101 with N: 0x70 and the index of the name.
    expect(section(['authorization', ''])[2]).toBe(0x7f)
    expect(section(['cookie', ''])[2]).toBe(0x75)
    expect(section(['set-cookie', 'a=b'])[2]).toBe(0x7e)
    // 001 with N.
    expect((section(['proxy-authorization', 'x'])[2] ?? 0) & 0xf0).toBe(0x30)
    expect((section(['x-a', 'x'])[2] ?? 0) & 0xf0).toBe(0x20)
  })

  const refused: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a prefix that is cut off', '00'],
    ['§4.5.1.1: a required insert count', '0100 d1'],
    ['§4.5.1.2: a negative base', '0080 d1'],
    ['§4.5.2: an indexed line of the dynamic table', '0000 80'],
    ['§4.5.3: an indexed line with post-base index', '0000 10'],
    ['§4.5.4: a name of the dynamic table', '0000 40 00'],
    ['§4.5.5: a name with post-base index', '0000 00 00'],
    ['§3.1: an index beyond the static table', '0000 ff24'],
    ['§3.1: a name beyond the static table', '0000 5f54 00'],
    ['a string that is cut off', '0000 510b 2f69'],
    ['a string without its length', '0000 51'],
    ['an integer that is cut off', '0000 ff'],
    ['§7.4: an integer that is too long', '0000 ffffffffffffffffffffffff7f'],
    ['a malformed Huffman code', '0000 5181 00'],
    ['B.2: a section that refers to the dynamic table', '0381 1011'],
  ]
  test.each(refused)('%s is QPACK_DECOMPRESSION_FAILED', (_, bytes) => {
    expect(failureOf(hex(bytes))).toBe('connection QPACK_DECOMPRESSION_FAILED')
  })

  const malformed: readonly (readonly [string, string, string])[] = [
    ['an uppercase name', 'X-A', ''],
    ['an empty name', '', ''],
    ['a name with a space', 'a b', ''],
    ['a name with a colon within', 'a:b', ''],
    ['a colon alone', ':', ''],
    ['a name above ASCII', 'ä', ''],
    ['a value with CR', 'a', 'b\rc'],
    ['a value with LF', 'a', 'b\nc'],
    ['a value with NUL', 'a', 'b\0c'],
    ['a value with DEL', 'a', '\x7f'],
    ['a value that begins with a space', 'a', ' b'],
    ['a value that ends with a tab', 'a', 'b\t'],
  ]
  test.each(malformed)('%s is H3_MESSAGE_ERROR (RFC 9114 §4.1.2, §10.3)', (_, name, value) => {
    expect(failureOf(rawSection([name, value]))).toBe('stream H3_MESSAGE_ERROR')
  })

  test('bytes above ASCII in a value are Latin-1', () => {
    expect(decode(rawSection(['a', 'gr\xfc\xdfe']))).toEqual(['a', 'gr\xfc\xdfe'])
    const long = '\xfc'.repeat(100)
    expect(decode(rawSection(['a', long]))).toEqual(['a', long])
    expect(decode(section(['a', `${long}\x80\x9f`]))).toEqual(['a', `${long}\x80\x9f`])
  })

  test('a section is too large as soon as its fields with 32 bytes each are', () => {
    expect(decode(rawSection(['ab', 'cd']), 36)).toEqual(['ab', 'cd'])
    expect(decode(rawSection(['ab', 'cd']), 35)).toBe('too large')
    // Two thousand indexed lines of one byte each.
    expect(decode(concat(hex('0000'), new Uint8Array(2_000).fill(0xd1)), 65_536)).toBe('too large')
  })

  test('the encoder refuses what HTTP forbids, and takes white space off', () => {
    expect(() => section(['a\r\nb', ''])).toThrow(expect.objectContaining({ code: 'HEADER_INVALID' }))
    expect(() => section(['a', 'b\r\nc: d'])).toThrow(expect.objectContaining({ code: 'HEADER_INVALID' }))
    expect(() => section(['a', '\u0100'])).toThrow(expect.objectContaining({ code: 'HEADER_INVALID' }))
    expect(decode(section(['X-Upper', ' \tb \t']))).toEqual(['x-upper', 'b'])
  })
})
