import { describe, expect, test } from 'vitest'
import { nameOfErrorCode } from '../../../src/server/http3/index.ts'
import { readVarint } from '../../../src/server/http3/varint.ts'
import type { ConnectOptions } from './client.ts'
import { connect, emptySettings } from './client.ts'
import { concat, frame, get, headers, hex, post, text, varint } from './wire.ts'

/** The error that the connection ends with; `''` if it lives on and still answers. */
async function endOf(
  act: (connected: ReturnType<typeof connect>) => void,
  options?: ConnectOptions,
): Promise<string> {
  const connected = connect(options)
  act(connected)
  await connected.settle()
  const code = connected.closeCode()
  if (code !== null) {
    expect(connected.session.isClosed).toBe(true)
    expect(connected.closures[0]?.reason).not.toBe('')
    return nameOfErrorCode(code)
  }
  expect((await connected.request(get)).answer().status).toBe(200)
  return ''
}

/** The same for what the control stream carries. */
function controlEnd(...parts: readonly Uint8Array[]): Promise<string> {
  return endOf(() => undefined, { control: concat(...parts) })
}

const control = varint(0x0)
const settings = frame(0x4)
const goaway = (id: number): Uint8Array => frame(0x7, varint(id))

describe('RFC 9114 §5.2 connection shutdown', () => {
  const hold: ConnectOptions = { onRequest: () => undefined }

  /** The ids of the GOAWAY frames on the server's control stream. */
  function goaways({ incoming }: ReturnType<typeof connect>): number[] {
    return (incoming[0]?.frames(1) ?? [])
      .filter(({ type }) => type === 0x7)
      .map(({ payload }) => readVarint(payload, 0))
  }

  test('drain() sends GOAWAY with the first id that is not served', async () => {
    const connected = connect(hold)
    connected.open().send(headers(get), true)
    connected.open().send(headers(get), true)
    await connected.settle()
    connected.session.drain()
    await connected.settle()
    expect([goaways(connected), connected.closeCode()]).toEqual([[8], null])
  })

  test('drain() without any request sends GOAWAY 0 and closes with H3_NO_ERROR', async () => {
    const connected = connect(hold)
    connected.session.drain()
    await connected.settle()
    expect([goaways(connected), connected.closeCode()]).toEqual([[0], 0x100])
  })

  test('running requests end, new ones are H3_REQUEST_REJECTED, then it closes with H3_NO_ERROR', async () => {
    const connected = connect({ ...hold, wire: { chunkBytes: 1_000 } })
    const { open, settle, session, exchanges } = connected
    const running = open().send(headers(get), true)
    await settle()
    session.drain()
    const late = open().send(headers(get), true)
    await settle()
    expect([late.resetCode, exchanges.length, connected.closeCode()]).toEqual([0x10b, 1, null])
    exchanges[0]?.respond(200, [], 'x'.repeat(200_000))
    await settle()
    expect([running.answer().body.length, running.isEnded, connected.closeCode()]).toEqual([
      200_000,
      true,
      0x100,
    ])
    expect(connected.closures).toEqual([{ kind: 'local', code: 0x100, reason: '' }])
  })

  test('a request with a lower id that comes late is still served', async () => {
    const { wire, settle, session, exchanges } = connect(hold)
    const { ClientStream } = await import('./client.ts')
    const high = new ClientStream()
    high.stream = wire.client.openBidirectional(high, 4)
    high.send(headers(get), true)
    await settle()
    session.drain()
    const low = new ClientStream()
    low.stream = wire.client.openBidirectional(low, 0)
    low.send(headers(get), true)
    await settle()
    expect([low.resetCode, exchanges.length]).toEqual([null, 2])
  })

  test('drain() twice sends one GOAWAY', async () => {
    const connected = connect(hold)
    connected.open().send(headers(get), true)
    await connected.settle()
    connected.session.drain()
    connected.session.drain()
    await connected.settle()
    expect(goaways(connected)).toEqual([4])
  })

  test('close() sends GOAWAY and cuts at once with its code', async () => {
    const connected = connect(hold)
    connected.open().send(headers(get), true)
    await connected.settle()
    connected.session.close(0x102)
    expect([connected.session.isClosed, connected.exchanges[0]?.isGone]).toEqual([true, true])
    await connected.settle()
    expect([goaways(connected), connected.closeCode()]).toEqual([[4], 0x102])
  })

  test('a GOAWAY of the client is taken; one that goes back is H3_ID_ERROR', async () => {
    expect(await controlEnd(control, settings, goaway(4), goaway(4), goaway(0))).toBe('')
    expect(await controlEnd(control, settings, goaway(4), goaway(5))).toBe('H3_ID_ERROR')
  })

  test('an idle connection is closed with H3_NO_ERROR', async () => {
    const { clock, settle, closeCode, request } = connect({ limits: { idleTimeoutMs: 10_000 } })
    await request(get)
    await clock.advance(9_000)
    expect(closeCode()).toBe(null)
    await clock.advance(5_000)
    await settle()
    expect(closeCode()).toBe(0x100)
    expect(clock.pending).toBe(0)
  })
})

describe('RFC 9114 §5.4 transport closure', () => {
  test('all requests are gone, and the reason is told', async () => {
    const { wire, open, settle, exchanges, closures, session, clock } = connect({
      onRequest: () => undefined,
    })
    open().send(headers(post))
    await settle()
    const reading = exchanges[0]?.read()
    wire.client.close(0x100, '', { delivers: false })
    await expect(reading).rejects.toMatchObject({ code: 'BODY_ABORTED' })
    expect(exchanges[0]?.isGone).toBe(true)
    expect(closures).toEqual([{ kind: 'application', code: 0x100, reason: '' }])
    expect([session.isClosed, clock.pending]).toEqual([true, 0])
    // The app answers in vain, and that is the end of it.
    exchanges[0]?.respond(200, [], 'late')
    expect(session.activeRequests).toBe(0)
  })
})

describe('RFC 9114 §6.2 unidirectional streams', () => {
  test('the server opens its control stream at once, SETTINGS first (§6.2.1, §7.2.4)', async () => {
    const { incoming, settle } = connect({ control: null, limits: { maxFieldSectionBytes: 4_096 } })
    await settle()
    expect(incoming.length).toBe(1)
    expect(incoming[0]?.bytes[0]).toBe(0x0)
    const [first] = incoming[0]?.frames(1) ?? []
    expect(first?.type).toBe(0x4)
    expect(first?.payload.slice(0, 3)).toEqual(hex('06 5000'))
  })

  test('a client that permits no control stream is H3_GENERAL_PROTOCOL_ERROR', async () => {
    expect(await endOf(() => undefined, { wire: { serverUniStreams: 0 } })).toBe('H3_GENERAL_PROTOCOL_ERROR')
  })

  test('a stream of an unknown type is stopped with H3_STREAM_CREATION_ERROR, and no error', async () => {
    const { openUni, settle, request, closeCode } = connect()
    const stream = openUni(concat(varint(0x21), text('anything')))
    const large = openUni(concat(varint(2 ** 50 + 5), text('anything')))
    await settle()
    expect([stream.stopCode, large.stopCode, closeCode()]).toEqual([0x103, 0x103, null])
    expect((await request(get)).answer().status).toBe(200)
  })

  const tolerated: readonly (readonly [string, Uint8Array])[] = [
    ['without a byte', new Uint8Array(0)],
    ['within its type', hex('40')],
    ['with an unknown type', concat(varint(0x21), text('x'))],
  ]
  test.each(tolerated)('one that ends %s is tolerated', async (_, bytes) => {
    expect(await endOf(({ openUni }) => void openUni(bytes, true))).toBe('')
  })

  test.each(tolerated)('one that is reset %s is tolerated', async (_, bytes) => {
    expect(await endOf(({ openUni }) => openUni(bytes).stream?.reset(0x100))).toBe('')
  })

  test('§6.2.2: a push stream of a client is H3_STREAM_CREATION_ERROR', async () => {
    expect(await endOf(({ openUni }) => void openUni(varint(0x1)))).toBe('H3_STREAM_CREATION_ERROR')
  })
})

describe('RFC 9114 §6.2.1 control streams', () => {
  test('a second one is H3_STREAM_CREATION_ERROR', async () => {
    expect(await endOf(({ openUni }) => void openUni(emptySettings))).toBe('H3_STREAM_CREATION_ERROR')
  })

  test('one that ends is H3_CLOSED_CRITICAL_STREAM', async () => {
    const act = ({ openUni }: ReturnType<typeof connect>): void => void openUni(emptySettings, true)
    expect(await endOf(act, { control: null })).toBe('H3_CLOSED_CRITICAL_STREAM')
  })

  test('one that is reset is H3_CLOSED_CRITICAL_STREAM', async () => {
    const connected = connect()
    await connected.settle()
    connected.control?.stream?.reset(0x100)
    await connected.settle()
    expect(connected.closeCode()).toBe(0x104)
  })

  test('asking the server to close its own is H3_CLOSED_CRITICAL_STREAM', async () => {
    const { incoming, settle, closeCode } = connect()
    await settle()
    incoming[0]?.stream?.stopSending(0x100)
    await settle()
    expect(closeCode()).toBe(0x104)
  })

  const firstFrames: readonly (readonly [string, Uint8Array])[] = [
    ['GOAWAY', goaway(0)],
    ['DATA', frame(0x0)],
    ['MAX_PUSH_ID', frame(0xd, varint(1))],
    ['an unknown frame (§9)', frame(0x21)],
  ]
  test.each(firstFrames)('%s before SETTINGS is H3_MISSING_SETTINGS', async (_, first) => {
    expect(await controlEnd(control, first, settings)).toBe('H3_MISSING_SETTINGS')
  })

  test('requests are answered before SETTINGS have come (§7.2.4.2)', async () => {
    const { request } = connect({ control: null })
    expect((await request(get)).answer().status).toBe(200)
  })
})

describe('RFC 9114 §7.1 frame layout', () => {
  const wrong: readonly (readonly [string, Uint8Array])[] = [
    ['GOAWAY without its id', frame(0x7)],
    ['GOAWAY whose id is cut off', frame(0x7, hex('40'))],
    ['GOAWAY with a byte more', frame(0x7, hex('0000'))],
    ['GOAWAY with many bytes more', frame(0x7, new Uint8Array(20))],
    ['MAX_PUSH_ID with a byte more', frame(0xd, hex('0000'))],
    ['CANCEL_PUSH without its id', frame(0x3)],
  ]
  test.each(wrong)('%s is H3_FRAME_ERROR', async (_, bytes) => {
    expect(await controlEnd(control, settings, bytes)).toBe('H3_FRAME_ERROR')
  })

  test('SETTINGS that end within a setting are H3_FRAME_ERROR', async () => {
    expect(await controlEnd(control, frame(0x4, hex('06')))).toBe('H3_FRAME_ERROR')
    expect(await controlEnd(control, frame(0x4, hex('0640')))).toBe('H3_FRAME_ERROR')
  })

  const cut: readonly (readonly [string, Uint8Array])[] = [
    ['its type', hex('40')],
    ['its length', hex('0040')],
    ['the payload of HEADERS', headers(get).subarray(0, 9)],
    ['the payload of DATA', concat(headers(post), hex('0005 61'))],
    ['the payload of an unknown frame', concat(headers(post), hex('2105 61'))],
  ]
  test.each(cut)('a request stream that ends within %s is H3_FRAME_ERROR', async (_, bytes) => {
    expect(await endOf(({ open }) => void open().send(bytes, true))).toBe('H3_FRAME_ERROR')
  })

  test('one that is reset within a frame is no such error', async () => {
    const { open, settle, closeCode } = connect()
    const stream = open().send(headers(get).subarray(0, 9))
    await settle()
    stream.stream?.reset(0x10c)
    await settle()
    expect(closeCode()).toBe(null)
  })
})

describe('RFC 9114 §7.2 frames in their places', () => {
  const onControl: readonly (readonly [string, Uint8Array])[] = [
    ['§7.2.1 DATA', frame(0x0, text('x'))],
    ['§7.2.2 HEADERS', headers(get)],
    ['§7.2.4 a second SETTINGS', settings],
    ['§7.2.5 PUSH_PROMISE', frame(0x5, hex('0000'))],
    ['§7.2.8 PRIORITY of HTTP/2', frame(0x2)],
    ['§7.2.8 PING of HTTP/2', frame(0x6)],
    ['§7.2.8 WINDOW_UPDATE of HTTP/2', frame(0x8)],
    ['§7.2.8 CONTINUATION of HTTP/2', frame(0x9)],
  ]
  test.each(onControl)('%s on the control stream is H3_FRAME_UNEXPECTED', async (_, bytes) => {
    expect(await controlEnd(control, settings, bytes)).toBe('H3_FRAME_UNEXPECTED')
  })

  const onRequest: readonly (readonly [string, Uint8Array])[] = [
    ['§7.2.3 CANCEL_PUSH', frame(0x3, varint(0))],
    ['§7.2.4 SETTINGS', settings],
    ['§7.2.5 PUSH_PROMISE', frame(0x5, hex('0000'))],
    ['§7.2.6 GOAWAY', goaway(0)],
    ['§7.2.7 MAX_PUSH_ID', frame(0xd, varint(0))],
    ['§7.2.8 PRIORITY of HTTP/2', frame(0x2)],
    ['§7.2.8 PING of HTTP/2', frame(0x6)],
    ['§7.2.8 WINDOW_UPDATE of HTTP/2', frame(0x8)],
    ['§7.2.8 CONTINUATION of HTTP/2', frame(0x9)],
  ]
  test.each(onRequest)('%s on a request stream is H3_FRAME_UNEXPECTED', async (_, bytes) => {
    expect(await endOf(({ open }) => void open().send(bytes))).toBe('H3_FRAME_UNEXPECTED')
    expect(await endOf(({ open }) => void open().send(concat(headers(post), bytes)))).toBe(
      'H3_FRAME_UNEXPECTED',
    )
  })

  test('§7.2.3: CANCEL_PUSH of a push that was never promised is H3_ID_ERROR', async () => {
    expect(await controlEnd(control, settings, frame(0xd, varint(9)), frame(0x3, varint(0)))).toBe(
      'H3_ID_ERROR',
    )
  })

  test('§7.2.7: MAX_PUSH_ID may rise; one that goes back is H3_ID_ERROR', async () => {
    const maxPushId = (id: number): Uint8Array => frame(0xd, varint(id))
    expect(await controlEnd(control, settings, maxPushId(1), maxPushId(1), maxPushId(7))).toBe('')
    expect(await controlEnd(control, settings, maxPushId(7), maxPushId(6))).toBe('H3_ID_ERROR')
  })

  test('§7.2.8 and §9: unknown and reserved frames are ignored', async () => {
    const reserved = frame(0x1f * 1_000 + 0x21, text('padding'))
    expect(await controlEnd(control, settings, reserved, frame(0xf0700, text('0u=1')), frame(0x21))).toBe('')
  })
})

describe('RFC 9114 §7.2.4 SETTINGS', () => {
  test.each([0x0, 0x2, 0x3, 0x4, 0x5])('setting %i of HTTP/2 is H3_SETTINGS_ERROR (§7.2.4.1)', async (id) => {
    expect(await controlEnd(control, frame(0x4, concat(varint(id), varint(1))))).toBe('H3_SETTINGS_ERROR')
  })

  test('one that is there twice is H3_SETTINGS_ERROR', async () => {
    expect(await controlEnd(control, frame(0x4, hex('0640 64 0640 64')))).toBe('H3_SETTINGS_ERROR')
  })

  test('unknown and reserved ones are ignored', async () => {
    expect(await controlEnd(control, frame(0x4, hex('21 40ff 3301 c000000000000099 00')))).toBe('')
  })

  test('SETTINGS_ENABLE_CONNECT_PROTOCOL that is neither 0 nor 1 is H3_SETTINGS_ERROR (RFC 8441 §3)', async () => {
    expect(await controlEnd(control, frame(0x4, hex('0801')))).toBe('')
    expect(await controlEnd(control, frame(0x4, hex('0802')))).toBe('H3_SETTINGS_ERROR')
  })

  test('SETTINGS of many KiB are H3_EXCESSIVE_LOAD', async () => {
    expect(await controlEnd(control, frame(0x4, new Uint8Array(5_000)))).toBe('H3_EXCESSIVE_LOAD')
  })

  test('extended CONNECT and a reserved setting are named as the options say', async () => {
    async function sent(options: ConnectOptions): Promise<string> {
      const { incoming, settle } = connect(options)
      await settle()
      return Buffer.from(incoming[0]?.frames(1)[0]?.payload ?? []).toString('hex')
    }
    expect(await sent({ grease: false })).toBe('0680008000')
    expect(await sent({ grease: false, allowExtendedConnect: true })).toBe('06800080000801')
    const greased = hex((await sent({})).slice(10))
    expect((readVarint(greased, 0) - 0x21) % 0x1f).toBe(0)
  })
})

describe('RFC 9114 §8 errors', () => {
  test('an unknown code is as good as H3_NO_ERROR', async () => {
    expect(nameOfErrorCode(0x1234)).toBe('H3_NO_ERROR')
    const { open, settle, closeCode } = connect({ onRequest: () => undefined })
    const stream = open().send(headers(post))
    await settle()
    stream.stream?.reset(0x1234)
    await settle()
    expect([stream.resetCode, closeCode()]).toEqual([0x10c, null])
  })

  test('a stream error leaves the other streams alone', async () => {
    const { open, settle, request } = connect()
    const bad = open().send(headers([...get, 'X-A', 'b']), true)
    await settle()
    expect(bad.resetCode).toBe(0x10e)
    expect((await request(get)).answer().status).toBe(200)
  })

  test('a connection error ends all of them', async () => {
    const { open, settle, exchanges, session } = connect({ onRequest: () => undefined })
    open().send(headers(post))
    await settle()
    open().send(frame(0x0))
    await settle()
    expect([exchanges[0]?.isGone, session.isClosed]).toEqual([true, true])
  })
})

describe('RFC 9204 §4 streams of QPACK', () => {
  const encoder = varint(0x2)
  const decoder = varint(0x3)
  const onUni =
    (...parts: readonly Uint8Array[]) =>
    ({ openUni }: ReturnType<typeof connect>): void =>
      void openUni(concat(...parts))

  test('§4.2: both are allowed, once', async () => {
    const both = (connected: ReturnType<typeof connect>): void => {
      connected.openUni(encoder)
      connected.openUni(decoder)
    }
    expect(await endOf(both)).toBe('')
    expect(await endOf((connected) => [connected.openUni(encoder), connected.openUni(encoder)])).toBe(
      'H3_STREAM_CREATION_ERROR',
    )
    expect(await endOf((connected) => [connected.openUni(decoder), connected.openUni(decoder)])).toBe(
      'H3_STREAM_CREATION_ERROR',
    )
  })

  test('§4.2: closing one is H3_CLOSED_CRITICAL_STREAM', async () => {
    expect(await endOf(({ openUni }) => void openUni(encoder, true))).toBe('H3_CLOSED_CRITICAL_STREAM')
    expect(await endOf(({ openUni }) => void openUni(decoder, true))).toBe('H3_CLOSED_CRITICAL_STREAM')
  })

  test('§4.3.1: a capacity of 0 is taken, any other is QPACK_ENCODER_STREAM_ERROR', async () => {
    expect(await endOf(onUni(encoder, hex('20 20')))).toBe('')
    expect(await endOf(onUni(encoder, hex('21')))).toBe('QPACK_ENCODER_STREAM_ERROR')
  })

  const inserts: readonly (readonly [string, string])[] = [
    ['B.2: capacity 220 and two inserts', '3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d'],
    ['B.3: an insert with a literal name', '4a 6375 7374 6f6d 2d6b 6579 0c 6375 7374 6f6d 2d76 616c 7565'],
    ['B.4: a duplicate', '02'],
  ]
  test.each(inserts)('%s is QPACK_ENCODER_STREAM_ERROR', async (_, bytes) => {
    expect(await endOf(onUni(encoder, hex(bytes)))).toBe('QPACK_ENCODER_STREAM_ERROR')
  })

  test('§4.4.2: a stream cancellation is taken, however long its id', async () => {
    expect(await endOf(onUni(decoder, hex('48 7f8001 7fffffffffffffff7f 40')))).toBe('')
  })

  const acknowledgements: readonly (readonly [string, string])[] = [
    ['§4.4.1: a section acknowledgment', '84'],
    ['§4.4.3: an insert count increment', '01'],
    ['§4.4.3: an increment of 0', '00'],
    ['an integer that never ends', '7fffffffffffffffffffffffff'],
  ]
  test.each(acknowledgements)('%s is QPACK_DECODER_STREAM_ERROR', async (_, bytes) => {
    expect(await endOf(onUni(decoder, hex(bytes)))).toBe('QPACK_DECODER_STREAM_ERROR')
  })

  test('§4.5: HEADERS without a byte are QPACK_DECOMPRESSION_FAILED', async () => {
    expect(await endOf(({ open }) => void open().send(frame(0x1)))).toBe('QPACK_DECOMPRESSION_FAILED')
  })

  test('§2.2: a section that cannot be decoded is QPACK_DECOMPRESSION_FAILED for the connection', async () => {
    expect(await endOf(({ open }) => void open().send(frame(0x1, hex('0381 1011')), true))).toBe(
      'QPACK_DECOMPRESSION_FAILED',
    )
  })
})
