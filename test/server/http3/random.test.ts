import { describe, expect, test } from 'vitest'
import { Http3Error } from '../../../src/server/http3/error-code.ts'
import { FrameReader } from '../../../src/server/http3/frame-reader.ts'
import type { PayloadUse } from '../../../src/server/http3/frame-reader.ts'
import { nameOfErrorCode } from '../../../src/server/http3/index.ts'
import type { Http3Exchange } from '../../../src/server/http3/index.ts'
import { decodeFieldSection } from '../../../src/server/http3/qpack-decoder.ts'
import { connect, emptySettings } from './client.ts'
import type { LoopbackOptions } from './loopback.ts'
import { concat, frame, get, headers, hex, post, rawSection, section, seeded, text, varint } from './wire.ts'

type Random = () => number

function integer(random: Random, below: number): number {
  return Math.floor(random() * below)
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  // An index below the length is there.
  return items[integer(random, items.length)] as Item
}

function bytes(random: Random, most: number): Uint8Array {
  return Uint8Array.from({ length: integer(random, most + 1) }, () => integer(random, 256))
}

/** Answers with all that came. */
async function reflect(exchange: Http3Exchange): Promise<void> {
  const chunks: Uint8Array[] = []
  try {
    for (let chunk = await exchange.read(); chunk !== null; chunk = await exchange.read()) chunks.push(chunk)
    const { method, scheme, authority, path, headers, trailers } = exchange
    const body = Buffer.concat(chunks).toString('hex')
    exchange.respond(
      200,
      ['x-id', String(exchange.id)],
      JSON.stringify({ method, scheme, authority, path, headers, trailers, body }),
    )
  } catch {
    exchange.respond(400, [], null)
  }
}

/** What a client sends: its control stream, further unidirectional streams, and requests. */
interface Script {
  readonly control: Uint8Array
  readonly uni: readonly Uint8Array[]
  readonly requests: readonly Uint8Array[]
}

/** All that can be seen of a connection that carries this. */
async function play({ control, uni, requests }: Script, wire: LoopbackOptions): Promise<unknown> {
  const connected = connect({ control, wire, onRequest: (exchange) => void reflect(exchange) })
  await connected.settle()
  for (const stream of uni) connected.openUni(stream)
  await connected.settle()
  const seen: unknown[] = []
  for (const request of requests) {
    // One after the other, because streams may overtake each other.
    const stream = connected.open().send(request, true)
    await connected.settle()
    seen.push([stream.answer(), stream.resetCode, stream.isEnded])
  }
  expect(connected.failures).toEqual([])
  const code = connected.closeCode()
  return [code === null ? null : nameOfErrorCode(code), code === null ? seen : seen.length]
}

const unknown = frame(0x21 + 0x1f * 50, text('padding'))
const upload = concat(
  headers([...post, 'cookie', 'a=1', 'cookie', 'b=2', 'content-length', '310']),
  frame(0, new Uint8Array(300).fill(7)),
  unknown,
  frame(0, text('0123456789')),
  headers(['x-sum', '1']),
)
const valid: Script = {
  control: concat(
    varint(0),
    frame(0x4, hex('06 7fff 21 05 3300')),
    unknown,
    frame(0xd, varint(100)),
    frame(0x7, varint(70_000)),
  ),
  uni: [
    concat(varint(2), hex('20')),
    concat(varint(3), hex('7f8001 41')),
    concat(varint(0x40 + 0x21), text('grease')),
  ],
  requests: [
    concat(
      unknown,
      frame(0x1, section([...get, 'user-agent', 'Mozilla/5.0 (X11; Linux x86_64)', 'accept', '*/*'])),
    ),
    upload,
    concat(frame(0x1, section(post)), frame(0, new Uint8Array(4_000).fill(9))),
  ],
}
const scripts: readonly (readonly [string, Script])[] = [
  ['a connection without errors', valid],
  ['a malformed request', { ...valid, requests: [headers([...get, 'X', 'y']), upload] }],
  ['a body that is too short', { ...valid, requests: [headers([...post, 'content-length', '9']), upload] }],
  [
    'a section that is too large',
    { ...valid, requests: [headers([...get, 'x', 'y'.repeat(40_000)]), upload] },
  ],
  ['DATA first', { ...valid, requests: [frame(0, text('x')), upload] }],
  ['a frame that is cut', { ...valid, requests: [upload.subarray(0, 200)] }],
  ['a malformed section', { ...valid, requests: [frame(1, hex('0000 80')), upload] }],
  ['a second SETTINGS', { ...valid, control: concat(emptySettings, frame(4)) }],
  ['an insert', { ...valid, uni: [concat(varint(2), hex('20 3fbd01'))] }],
]

describe('however the bytes of a stream are split', () => {
  test.each(scripts)('%s is the same', async (_, script) => {
    const random = seeded(1)
    const whole = await play(script, {})
    expect(await play(script, { hasLateFin: true })).toEqual(whole)
    for (let round = 0; round < 12; round++) {
      const most = pick(random, [1, 2, 3, 10, 100, 1_000])
      const wire = {
        chunkBytes: () => 1 + integer(random, most),
        hasLateFin: random() < 0.5,
        windowBytes: 3_000,
      }
      expect(await play(script, wire)).toEqual(whole)
    }
  })

  test('frames are the same', () => {
    const random = seeded(2)
    for (let round = 0; round < 500; round++) {
      const frames = Array.from({ length: 1 + integer(random, 8) }, () => {
        const type = pick(random, [0, 1, 4, 0x21, 70, 20_000, 2 ** 31, 2 ** 40])
        return { type, payload: bytes(random, pick(random, [0, 5, 70, 3_000])) }
      })
      const wire = concat(...frames.map(({ type, payload }) => frame(type, payload)))
      const seen: { type: number; payload: Uint8Array }[] = []
      const reader = new FrameReader({
        onFrame(type, length): PayloadUse {
          seen.push({ type, payload: new Uint8Array(0) })
          return type === 0 ? 'pieces' : length === 0 || type < 0x21 ? 'whole' : 'pieces'
        },
        onPayload(payload) {
          const last = seen.pop()
          if (last !== undefined) seen.push({ type: last.type, payload: concat(last.payload, payload) })
        },
      })
      const most = pick(random, [1, 4, 50, 5_000])
      for (let at = 0; at < wire.length;) {
        const end = Math.min(wire.length, at + 1 + integer(random, most))
        reader.push(wire.slice(at, end))
        at = end
        if (at < wire.length && end === 1) expect(reader.isWithinFrame).toBe(true)
      }
      expect(seen).toEqual(frames)
      expect(reader.isWithinFrame).toBe(false)
    }
  })
})

describe('what was encoded', () => {
  const nameChars = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
  const known = [
    ':status',
    ':path',
    'content-type',
    'cookie',
    'vary',
    'server',
    'x-frame-options',
    'authorization',
    'etag',
  ]
  const values = ['', 'deny', 'text/plain', '200', '/', 'accept-encoding', 'W/"abc"']

  function fieldName(random: Random): string {
    if (random() < 0.5) return pick(random, known)
    return Array.from(
      { length: 1 + integer(random, 40) },
      () => nameChars[integer(random, nameChars.length)],
    ).join('')
  }

  function fieldValue(random: Random): string {
    if (random() < 0.3) return pick(random, values)
    const most = random() < 0.1 ? 3_000 : 60
    const codes = Array.from({ length: integer(random, most) }, () =>
      random() < 0.9 ? 0x20 + integer(random, 0x5f) : 0x80 + integer(random, 0x80),
    )
    return String.fromCharCode(...codes).replaceAll(/^ +| +$/g, '')
  }

  test('is what is decoded', () => {
    const random = seeded(3)
    for (let round = 0; round < 3_000; round++) {
      const fields = Array.from({ length: integer(random, 12) }, () => [
        fieldName(random),
        fieldValue(random),
      ]).flat()
      const decoded: string[] = []
      const sink = { onField: (name: string, value: string): void => void decoded.push(name, value) }
      expect(decodeFieldSection(section(fields), Infinity, sink)).toBe(true)
      expect(decoded).toEqual(fields)
    }
  })
})

function mutate(random: Random, original: Uint8Array): Uint8Array {
  let mutated: Uint8Array = original.slice()
  for (let count = 1 + integer(random, 4); count > 0; count--) {
    const at = integer(random, mutated.length + 1)
    const kind = integer(random, 6)
    if (kind === 0) mutated = mutated.slice(0, at)
    else if (kind === 1) mutated = concat(mutated.slice(0, at), bytes(random, 10), mutated.slice(at))
    else if (kind === 2) mutated = concat(mutated.slice(0, at), mutated.slice(at + integer(random, 10)))
    else if (kind === 3) mutated = concat(mutated, mutated.slice(at))
    else if (at < mutated.length) {
      mutated[at] = kind === 4 ? integer(random, 256) : (mutated[at] ?? 0) ^ (1 << integer(random, 8))
    }
  }
  return mutated
}

describe('whatever comes', () => {
  test('a field section gives fields within the bound, or an error of HTTP/3', () => {
    const random = seeded(4)
    const good = [
      section([...post, 'user-agent', 'Mozilla/5.0 (X11; Linux x86_64)']),
      rawSection([...get, 'x-a', 'b']),
    ]
    const maxBytes = 300
    const outcomes = new Map<string, number>()
    for (let round = 0; round < 40_000; round++) {
      const input =
        random() < 0.3
          ? concat(hex('0000'), bytes(random, 60))
          : mutate(random, pick(random, good)).subarray(0, 600)
      let size = 0
      let outcome = ''
      try {
        const onField = (name: string, value: string): void => void (size += name.length + value.length + 32)
        outcome = String(decodeFieldSection(input, maxBytes, { onField }))
      } catch (error) {
        expect(error).toBeInstanceOf(Http3Error)
        outcome = error instanceof Http3Error ? nameOfErrorCode(error.code) : ''
      }
      expect(size).toBeLessThanOrEqual(maxBytes)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    // The inputs reach all of them.
    expect([...outcomes.keys()].toSorted()).toEqual([
      'H3_MESSAGE_ERROR',
      'QPACK_DECOMPRESSION_FAILED',
      'false',
      'true',
    ])
  })

  test('a connection ends with a code of HTTP/3, or goes on', { timeout: 60_000 }, async () => {
    const random = seeded(5)
    const codes = new Set<string>()
    for (let round = 0; round < 600; round++) {
      const connected = connect({
        control: random() < 0.3 ? mutate(random, valid.control) : valid.control,
        wire: { chunkBytes: () => 1 + integer(random, 400), hasLateFin: random() < 0.5 },
        onRequest: (exchange) => void reflect(exchange),
      })
      for (const stream of valid.uni) connected.openUni(random() < 0.2 ? mutate(random, stream) : stream)
      const streams = valid.requests.map((request) =>
        connected.open().send(random() < 0.6 ? mutate(random, request) : bytes(random, 200), random() < 0.9),
      )
      if (random() < 0.2) pick(random, streams).stream?.reset(integer(random, 1_000))
      if (random() < 0.2) pick(random, streams).stream?.stopSending(integer(random, 1_000))
      await connected.settle()
      expect(connected.failures).toEqual([])
      const code = connected.closeCode()
      if (code !== null) {
        codes.add(nameOfErrorCode(code))
        expect([connected.session.isClosed, connected.session.activeRequests]).toEqual([true, 0])
        expect(connected.clock.pending).toBe(0)
      } else {
        expect((await connected.request(get)).answer().status).toBe(200)
        connected.session.close()
        await connected.settle()
        expect(connected.session.activeRequests).toBe(0)
      }
      expect(connected.ended.length).toBe(connected.exchanges.length)
    }
    expect(codes.size).toBeGreaterThan(6)
  })

  test('a section of 64 KiB is decoded in bounded time', () => {
    const worst = [
      // Fields of no length, which the overhead of 32 bytes bounds; long codes; many integers.
      concat(hex('0000'), new Uint8Array(65_536).fill(0xd1)),
      concat(hex('0000 51ff81fe03'), new Uint8Array(65_400).fill(0)),
      concat(hex('0000'), ...Array.from({ length: 20_000 }, () => hex('2161 00'))),
      concat(hex('0000'), new Uint8Array(65_536).fill(0xff)),
    ]
    const began = performance.now()
    for (const input of worst) {
      try {
        decodeFieldSection(input, 65_536, { onField: () => undefined })
      } catch (error) {
        expect(error).toBeInstanceOf(Http3Error)
      }
    }
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  test('a frame takes memory for what came, not for what was announced', () => {
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 1_000 }, () => {
      const reader = new FrameReader({ onFrame: () => 'whole', onPayload: () => undefined })
      reader.push(concat(varint(1), varint(2 ** 30), text('only this')))
      return reader
    })
    expect(readers.every((reader) => reader.isWithinFrame)).toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_048_576)
  })
})
