import { describe, expect, test } from 'vitest'
import { decodeText } from '../../adapters/node/websocket-text.ts'
import type { FrameSink, TextDecode } from '../../src/realtime/frames/index.ts'
import {
  createFrameReader,
  decodeUtf8,
  isCloseCode,
  readClose,
  toClosePayload,
  unmask,
  writeFrameHeader,
} from '../../src/realtime/frames/index.ts'
import type { ClientFrame } from './client-frames.ts'
import { clientFrame } from './client-frames.ts'

type Heard = readonly [name: string, ...values: unknown[]]

/** What a reader hears of these chunks. */
function read(
  chunks: readonly Uint8Array[],
  options: { maxMessageBytes?: number; decode?: TextDecode } = {},
): Heard[] {
  const heard: Heard[] = []
  const reader = createFrameReader(recorder(heard), { maxMessageBytes: 1_000_000, ...options })
  for (const chunk of chunks) reader.push(chunk)
  return heard
}

function recorder(heard: Heard[]): FrameSink {
  return {
    message: (message) => void heard.push(['message', message]),
    // Its memory is the reader's.
    ping: (payload) => void heard.push(['ping', Buffer.from(payload).toString('latin1')]),
    pong: () => void heard.push(['pong']),
    close: (code, reason) => void heard.push(['close', code, reason]),
    fail: (code) => void heard.push(['fail', code]),
  }
}

function join(frames: readonly ClientFrame[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(frames.map(clientFrame)))
}

/** Small and reproducible: the same numbers in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function cut(bytes: Uint8Array, random: (below: number) => number, longest: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random(longest)
    // A copy each, because the reader unmasks in place.
    chunks.push(bytes.slice(at, at + length))
    at += length
  }
  return chunks
}

describe('the examples of RFC 6455 §5.7', () => {
  test('a masked text message', () => {
    const bytes = Uint8Array.of(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58)
    expect(read([bytes])).toEqual([['message', 'Hello']])
  })

  test('a fragmented text message', () => {
    const frames = [
      { kind: 1, payload: 'Hel', isFinal: false },
      { kind: 0, payload: 'lo' },
    ]
    expect(read(frames.map(clientFrame))).toEqual([['message', 'Hello']])
  })

  test('a ping and its answer', () => {
    const bytes = Uint8Array.of(0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58)
    expect(read([bytes])).toEqual([['ping', 'Hello']])
  })

  test.each([
    [5, [0x81, 0x05]],
    [125, [0x81, 0x7d]],
    [126, [0x81, 0x7e, 0x00, 0x7e]],
    [256, [0x81, 0x7e, 0x01, 0x00]],
    [65_535, [0x81, 0x7e, 0xff, 0xff]],
    [65_536, [0x81, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]],
    [2 ** 40 + 5, [0x81, 0x7f, 0, 0, 1, 0, 0, 0, 0, 5]],
  ])('the header of a server for %d bytes', (length, expected) => {
    const target = new Uint8Array(10)
    const end = writeFrameHeader(target, 0, 1, length)
    expect([...target.subarray(0, end)]).toEqual(expected)
  })

  test.each([126, 256, 65_535, 65_536])('a binary message of %d bytes', (length) => {
    const payload = new Uint8Array(length).fill(7)
    const [heard] = read([clientFrame({ kind: 2, payload })])
    expect(heard?.[1]).toEqual(payload)
  })
})

describe('frames that break the protocol', () => {
  test.each<[string, number, readonly ClientFrame[]]>([
    ['an unmasked frame', 1002, [{ kind: 1, payload: 'a', key: null }]],
    ['RSV1', 1002, [{ kind: 1, payload: 'a', reserved: 4 }]],
    ['RSV2', 1002, [{ kind: 1, payload: 'a', reserved: 2 }]],
    ['RSV3', 1002, [{ kind: 9, reserved: 1 }]],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((kind): [string, number, ClientFrame[]] => [
      `the opcode ${kind}`,
      1002,
      [{ kind }],
    ]),
    ['a fragmented ping', 1002, [{ kind: 9, isFinal: false }]],
    ['a fragmented close', 1002, [{ kind: 8, isFinal: false }]],
    ['a ping of 126 bytes', 1002, [{ kind: 9, payload: new Uint8Array(126) }]],
    ['a continuation of nothing', 1002, [{ kind: 0, payload: 'a' }]],
    ['a text within a text', 1002, [{ kind: 1, isFinal: false }, { kind: 1 }]],
    ['a binary within a text', 1002, [{ kind: 1, isFinal: false }, { kind: 2 }]],
    ['a length of 125 in two bytes', 1002, [{ kind: 1, payload: 'a'.repeat(125), lengthBytes: 2 }]],
    [
      'a length of 65535 in eight bytes',
      1002,
      [{ kind: 2, payload: new Uint8Array(65_535), lengthBytes: 8 }],
    ],
    ['a length with the highest bit', 1002, [{ kind: 2, announced: 2 ** 63, lengthBytes: 8 }]],
    ['a length over the bound', 1009, [{ kind: 2, announced: 1_000_001 }]],
    ['a length of 2^62', 1009, [{ kind: 2, announced: 2 ** 62, lengthBytes: 8 }]],
    [
      'parts that are together over the bound',
      1009,
      [
        { kind: 2, payload: new Uint8Array(999_999), isFinal: false },
        { kind: 0, payload: 'ab' },
      ],
    ],
    ['text that is no UTF-8', 1007, [{ kind: 1, payload: Uint8Array.of(0xc3, 0x28) }]],
    ['text that ends in the middle of a character', 1007, [{ kind: 1, payload: Uint8Array.of(0xe2, 0x82) }]],
    ['a surrogate in text', 1007, [{ kind: 1, payload: Uint8Array.of(0xed, 0xa0, 0x80) }]],
    [
      'no UTF-8 in the second part',
      1007,
      [
        { kind: 1, payload: 'a', isFinal: false },
        { kind: 0, payload: Uint8Array.of(0xff) },
      ],
    ],
    ['a close of one byte', 1002, [{ kind: 8, payload: 'a' }]],
    ['a reason that is no UTF-8', 1007, [{ kind: 8, payload: Uint8Array.of(3, 232, 0xff) }]],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65_535].map(
      (code): [string, number, ClientFrame[]] => [
        `a close with the code ${code}`,
        1002,
        [{ kind: 8, payload: Uint8Array.of(code >> 8, code & 255) }],
      ],
    ),
  ])('%s is %d, whole and byte by byte', (_name, code, frames) => {
    const after = { kind: 1, payload: 'not heard' }
    expect(read([join([...frames, after])])).toEqual([['fail', code]])
    expect(read(cut(join([...frames, after]), () => 0, 1))).toEqual([['fail', code]])
    expect(read([join(frames)], { decode: decodeText })).toEqual([['fail', code]])
  })

  test('an unmasked frame is told by its second byte', () => {
    expect(read([Uint8Array.of(0x81), Uint8Array.of(0x05)])).toEqual([['fail', 1002]])
  })
})

describe('messages', () => {
  test('control frames may stand between the parts of a message', () => {
    const frames = [
      { kind: 1, payload: 'ä'.slice(0, 0), isFinal: false },
      { kind: 9, payload: 'one' },
      { kind: 0, payload: Uint8Array.of(0xe2), isFinal: false },
      { kind: 10, payload: 'asked by nobody' },
      { kind: 0, payload: Uint8Array.of(0x82, 0xac) },
      { kind: 2, payload: '' },
      { kind: 8, payload: Uint8Array.of(0x0f, 0xa0, 0xc3, 0xa9) },
    ]
    const expected = [
      ['ping', 'one'],
      ['pong'],
      ['message', '€'],
      ['message', new Uint8Array(0)],
      ['close', 4000, 'é'],
    ]
    expect(read([join(frames)])).toEqual(expected)
    expect(read(cut(join(frames), () => 0, 1))).toEqual(expected)
  })

  test('a close without a code is 1005, and ends it', () => {
    expect(read([join([{ kind: 8 }, { kind: 1, payload: 'a' }])])).toEqual([['close', 1005, '']])
  })

  test('a byte order mark and U+FFFE belong to the text', () => {
    for (const decode of [decodeUtf8, decodeText])
      expect(read([clientFrame({ kind: 1, payload: '\uFEFFa\uFFFE' })], { decode })).toEqual([
        ['message', '\uFEFFa\uFFFE'],
      ])
  })

  test('binary messages have memory of their own', () => {
    const chunk = new Uint8Array(65_536)
    chunk.set(clientFrame({ kind: 2, payload: 'abc' }))
    const heard: Heard[] = []
    createFrameReader(recorder(heard), { maxMessageBytes: 10 }).push(chunk.subarray(0, 9))
    const message = heard[0]?.[1] as Uint8Array
    expect(message.buffer.byteLength).toBe(3)
  })

  test('a stopped reader hears nothing, also of the same chunk', () => {
    const heard: Heard[] = []
    const sink = recorder(heard)
    const reader = createFrameReader(
      { ...sink, message: (message) => (sink.message(message), reader.stop()) },
      { maxMessageBytes: 10 },
    )
    reader.push(
      join([
        { kind: 1, payload: 'a' },
        { kind: 1, payload: 'b' },
      ]),
    )
    reader.push(clientFrame({ kind: 1, payload: 'c' }))
    expect(heard).toEqual([['message', 'a']])
  })

  test('a great length that is announced takes no memory before it comes', () => {
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 200 }, () => {
      const reader = createFrameReader(recorder([]), { maxMessageBytes: 2 ** 30 })
      reader.push(clientFrame({ kind: 2, payload: 'a', announced: 2 ** 30 }))
      return reader
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024)
    for (const reader of readers) reader.stop()
  })
})

describe('properties', () => {
  const alphabet = ['a', 'é', '€', '😀', '\0', '\uFEFF', '\n']

  test('what is sent in any parts and cut anywhere is what is heard', () => {
    const random = createRandom(1)
    for (let run = 0; run < 80; run++) {
      const frames: ClientFrame[] = []
      const expected: Heard[] = []
      for (let count = 1 + random(5); count > 0; count--) {
        const isText = random(2) === 0
        const size = [0, 1, 7, 125, 126, 300, 5000, 70_000][random(8)] ?? 0
        const text = Array.from({ length: size }, () => alphabet[random(alphabet.length)]).join('')
        const payload = Buffer.from(text)
        expected.push(['message', isText ? text : new Uint8Array(payload)])
        const parts = cut(payload, random, 1 + random(payload.length + 1))
        if (parts.length === 0) parts.push(new Uint8Array(0))
        for (const [index, part] of parts.entries()) {
          const key = [random(256), random(256), random(256), random(256)]
          const kind = index > 0 ? 0 : isText ? 1 : 2
          frames.push({ kind, payload: part, isFinal: index === parts.length - 1, key })
          if (random(4) === 0) {
            frames.push({ kind: 9, payload: 'p', key })
            const at = index === parts.length - 1 ? expected.length : expected.length - 1
            expected.splice(at, 0, ['ping', 'p'])
          }
        }
      }
      const decode = random(2) === 0 ? decodeUtf8 : decodeText
      const longest = [1, 3, 100, 100_000][random(4)] ?? 1
      expect(read(cut(join(frames), random, longest), { decode })).toEqual(expected)
    }
  })

  test('no bytes whatsoever make the reader throw, and it says at most one end', () => {
    const random = createRandom(2)
    for (let run = 0; run < 10_000; run++) {
      const bytes = Uint8Array.from({ length: 1 + random(60) }, () => random(256))
      // Half of them begin like a valid frame, to get further.
      if (random(2) === 0) {
        bytes[0] = 0x80 | ([0, 1, 2, 8, 9, 10][random(6)] ?? 0)
        bytes[1] = 0x80 | random(40)
      }
      const heard = read(cut(bytes, random, 20), { maxMessageBytes: 50 })
      const ends = heard.filter(([name]) => name === 'fail' || name === 'close')
      expect(ends.length).toBeLessThanOrEqual(1)
      if (ends.length === 1) expect(heard.at(-1)).toBe(ends[0])
    }
  })

  test('unmask() does the same at every alignment and length, and tells whether all is ASCII', () => {
    const random = createRandom(3)
    const key = Uint8Array.of(1, 2, 128, 255)
    for (let run = 0; run < 3000; run++) {
      const memory = Uint8Array.from({ length: 400 }, () => random(256))
      const view = memory.subarray(random(8))
      const start = random(100)
      const end = start + random(250)
      const phase = random(4)
      const isAscii = random(2) === 0
      if (isAscii)
        for (let at = start; at < end; at++) view[at] = random(128) ^ (key[(at - start + phase) & 3] ?? 0)
      const expected = view.map((byte, at) =>
        at >= start && at < end ? byte ^ (key[(at - start + phase) & 3] ?? 0) : byte,
      )
      const seen = unmask(view, start, end, key, phase)
      expect(view).toEqual(expected)
      expect(seen < 128).toBe(expected.subarray(start, end).every((byte) => byte < 128))
    }
  })
})

describe('close frames', () => {
  test('the codes that may be sent are those of RFC 6455 §7.4 and of its registry', () => {
    const codes = Array.from({ length: 5200 }, (_, code) => code).filter(isCloseCode)
    const low = codes.filter((code) => code < 3000)
    expect(low).toEqual([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014])
    expect(codes.length - low.length).toBe(2000)
  })

  test('a reason is cut at 123 bytes, between characters', () => {
    const payload = toClosePayload(1000, '€'.repeat(50))
    expect(payload.length).toBe(2 + 123)
    expect(readClose(payload, decodeUtf8)).toEqual({ code: 1000, reason: '€'.repeat(41) })
    expect(toClosePayload(1000, `a${'€'.repeat(50)}`).length).toBe(2 + 121)
    expect(toClosePayload(1005, 'x').length).toBe(0)
  })
})
