import { describe, expect, test } from 'vitest'
import { nameOfErrorCode } from '../../../src/server/http3/index.ts'
import type { Http3Exchange } from '../../../src/server/http3/index.ts'
import type { ClientStream, ConnectOptions } from './client.ts'
import { connect } from './client.ts'
import { concat, frame, get, headers, hex, post, rawSection, text } from './wire.ts'

/** What becomes of a request of these bytes: of its stream, its connection, and whether the app saw it. */
async function fateOf(
  bytes: Uint8Array,
  options: ConnectOptions & { isOpen?: boolean } = {},
): Promise<string> {
  const { isOpen = false, ...given } = options
  const connected = connect(given)
  const stream = connected.open().send(bytes, !isOpen)
  await connected.settle()
  expect(connected.failures).toEqual([])
  const seen = connected.exchanges.length > 0 ? ', seen' : ''
  const code = connected.closeCode()
  return code === null ? `${streamFate(stream)}${seen}` : `connection ${nameOfErrorCode(code)}${seen}`
}

function streamFate(stream: ClientStream): string {
  if (stream.resetCode !== null) return `stream ${nameOfErrorCode(stream.resetCode)}`
  return String(stream.answer().status)
}

function without(fields: readonly string[], name: string): string[] {
  const place = fields.indexOf(name)
  return fields.toSpliced(place, 2)
}

const data = frame(0x0, text('hello'))
const unknown = frame(0x21, text('anything'))
const withLength = (length: string): Uint8Array => headers([...post, 'content-length', length])

describe('RFC 9114 §4.1 message framing', () => {
  const sequences: readonly (readonly [string, Uint8Array, string])[] = [
    ['HEADERS alone', headers(get), '200, seen'],
    ['HEADERS and DATA', concat(headers(post), data, data), '200, seen'],
    ['HEADERS, DATA and trailers', concat(headers(post), data, headers(['x-sum', '1'])), '200, seen'],
    ['HEADERS and trailers', concat(headers(post), headers(['x-sum', '1'])), '200, seen'],
    [
      'unknown frames anywhere',
      concat(unknown, headers(post), unknown, data, unknown, headers(['a', 'b']), unknown),
      '200, seen',
    ],
    ['DATA before HEADERS', concat(data, headers(post)), 'connection H3_FRAME_UNEXPECTED'],
    [
      'DATA after trailers',
      concat(headers(post), headers(['a', 'b']), data),
      'connection H3_FRAME_UNEXPECTED',
    ],
    [
      'HEADERS after trailers',
      concat(headers(post), headers(['a', 'b']), headers(['a', 'b'])),
      'connection H3_FRAME_UNEXPECTED',
    ],
    ['a second request on the stream', concat(headers(get), headers(get)), 'stream H3_MESSAGE_ERROR'],
    ['nothing at all', new Uint8Array(0), 'stream H3_REQUEST_INCOMPLETE'],
    ['unknown frames alone', unknown, 'stream H3_REQUEST_INCOMPLETE'],
  ]
  test.each(sequences)('%s', async (_, bytes, fate) => {
    expect(await fateOf(bytes)).toBe(fate)
  })

  test('Transfer-Encoding is malformed', async () => {
    expect(await fateOf(headers([...post, 'transfer-encoding', 'chunked']))).toBe('stream H3_MESSAGE_ERROR')
  })

  test('the server ends the stream behind its answer', async () => {
    const { request } = connect()
    expect((await request(get)).isEnded).toBe(true)
  })

  test('an answer that is complete before the request asks to stop with H3_NO_ERROR', async () => {
    const { open, settle, ended } = connect()
    const stream = open().send(headers(post))
    await settle()
    expect([stream.answer().status, stream.isEnded, stream.stopCode, stream.resetCode]).toEqual([
      200,
      true,
      0x100,
      null,
    ])
    expect(ended.length).toBe(1)
  })

  test('a small rest of a request is taken instead, and its stream then ends cleanly', async () => {
    const { open, settle, ended } = connect()
    const stream = open().send(withLength('10')).send(data)
    await settle()
    expect([stream.isEnded, stream.stopCode, ended.length]).toEqual([true, null, 0])
    stream.send(data, true)
    await settle()
    expect([stream.stopCode, ended.length]).toEqual([null, 1])
  })

  test('the end of a GET may come by itself, behind its answer', async () => {
    const { open, settle, ended, exchanges } = connect()
    const stream = open().send(headers(get))
    await settle()
    expect([stream.isEnded, stream.stopCode, ended.length]).toEqual([true, null, 0])
    stream.send(new Uint8Array(0), true)
    await settle()
    expect([stream.stopCode, ended.length, exchanges[0]?.isGone]).toEqual([null, 1, false])
  })

  test('a body that comes instead is asked to stop', async () => {
    const { open, settle, ended } = connect()
    const stream = open().send(headers(get))
    await settle()
    stream.send(data)
    await settle()
    expect([stream.stopCode, ended.length]).toEqual([0x100, 1])
  })

  test('interim answers come before the final one', async () => {
    const { request } = connect({
      onRequest(exchange) {
        expect(exchange.informational(103, ['link', '</a.css>; rel=preload'])).toBe(true)
        exchange.respond(200, [], 'x')
        expect(exchange.informational(103, [])).toBe(false)
      },
    })
    expect((await request(get)).answer()).toMatchObject({
      interim: [[':status', '103', 'link', '</a.css>; rel=preload']],
      status: 200,
      body: 'x',
    })
  })
})

describe('RFC 9114 §4.1.1 cancellation and rejection', () => {
  const hold: ConnectOptions = { onRequest: () => undefined }

  test('a reset by the client is answered with H3_REQUEST_CANCELLED', async () => {
    const { open, settle, exchanges, closeCode } = connect(hold)
    const stream = open().send(headers(post))
    await settle()
    let isGone = false
    exchanges[0]?.onGone(() => (isGone = true))
    stream.stream?.reset(0x10c)
    await settle()
    expect([stream.resetCode, isGone, exchanges[0]?.isGone, closeCode()]).toEqual([0x10c, true, true, null])
  })

  test('one whose header section was not complete is H3_REQUEST_REJECTED', async () => {
    const { open, settle, exchanges } = connect(hold)
    const stream = open().send(headers(post).subarray(0, 10))
    await settle()
    stream.stream?.reset(0x10c)
    await settle()
    expect([stream.resetCode, exchanges.length]).toEqual([0x10b, 0])
  })

  test('a client that reads no more is told H3_REQUEST_CANCELLED on both sides', async () => {
    const { open, settle, exchanges } = connect(hold)
    const stream = open().send(headers(post))
    await settle()
    stream.stream?.stopSending(0x10c)
    await settle()
    expect([stream.resetCode, stream.stopCode, exchanges[0]?.isGone]).toEqual([0x10c, 0x10c, true])
  })

  test('a reset of the rest does not hurt an answer that is complete', async () => {
    const { open, settle, ended, exchanges } = connect()
    const stream = open().send(withLength('10'))
    await settle()
    stream.stream?.reset(0x10c)
    await settle()
    expect([stream.answer().status, stream.isEnded, stream.resetCode]).toEqual([200, true, null])
    expect([ended.length, exchanges[0]?.isGone]).toEqual([1, false])
  })

  test('a request beyond those that are allowed is H3_REQUEST_REJECTED, and counts none', async () => {
    const { open, settle, exchanges } = connect({ ...hold, limits: { maxConcurrentRequests: 2 } })
    const streams = [1, 2, 3].map(() => open().send(headers(get), true))
    await settle()
    expect(streams.map(({ resetCode }) => resetCode)).toEqual([null, null, 0x10b])
    exchanges[0]?.respond(200, [], null)
    await settle()
    open().send(headers(get), true)
    await settle()
    expect(exchanges.length).toBe(3)
  })

  test('a request that was given up counts until the app is done with it', async () => {
    const { open, settle, exchanges, session } = connect({ ...hold, limits: { maxConcurrentRequests: 1 } })
    const first = open().send(headers(get), true)
    await settle()
    first.stream?.stopSending(0x10c)
    await settle()
    const second = open().send(headers(get), true)
    await settle()
    expect([second.resetCode, session.activeRequests]).toEqual([0x10b, 1])
    exchanges[0]?.respond(200, [], 'too late')
    expect(session.activeRequests).toBe(0)
  })

  test('abort() cuts both directions with its code', async () => {
    const { open, settle, ended } = connect({ onRequest: (exchange) => exchange.abort(0x110) })
    const stream = open().send(headers(post))
    await settle()
    expect([stream.resetCode, stream.stopCode, ended.length]).toEqual([0x110, 0x110, 1])
  })

  test('what throws for the app ends in H3_INTERNAL_ERROR', async () => {
    const failure = new Error('broken')
    const { request, failures } = connect({
      onRequest() {
        throw failure
      },
    })
    expect([(await request(get)).resetCode, failures]).toEqual([0x102, [failure]])
  })
})

describe('RFC 9114 §4.1.2 malformed requests', () => {
  const lengths: readonly (readonly [string, Uint8Array, string])[] = [
    ['a body as long as Content-Length', concat(withLength('5'), data), '200, seen'],
    ['no body for Content-Length 0', withLength('0'), '200, seen'],
    ['a shorter body', concat(withLength('6'), data), 'stream H3_MESSAGE_ERROR'],
    ['no body', withLength('5'), 'stream H3_MESSAGE_ERROR'],
    ['a longer body', concat(withLength('4'), data), 'stream H3_MESSAGE_ERROR'],
    ['a length that is none', concat(withLength('+5'), data), 'stream H3_MESSAGE_ERROR'],
    ['a list of lengths', concat(withLength('5, 5'), data), 'stream H3_MESSAGE_ERROR'],
    [
      'two lengths',
      concat(headers([...post, 'content-length', '5', 'content-length', '5']), data),
      'stream H3_MESSAGE_ERROR',
    ],
  ]
  test.each(lengths)('%s', async (_, bytes, fate) => {
    expect(await fateOf(bytes)).toBe(fate)
  })

  test('a body that turns out too short fails for its reader', async () => {
    const errors: unknown[] = []
    const { open, settle } = connect({
      onRequest: async (exchange) => {
        try {
          while ((await exchange.read()) !== null);
        } catch (error) {
          errors.push(error)
          exchange.respond(400, [], null)
        }
      },
    })
    const stream = open().send(withLength('6')).send(data)
    await settle()
    stream.send(new Uint8Array(0), true)
    await settle()
    expect([stream.resetCode, errors]).toEqual([0x10e, [expect.objectContaining({ code: 'BODY_ABORTED' })]])
  })
})

describe('RFC 9114 §4.2 fields', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['an uppercase name', 'X-A', 'b'],
    ['connection', 'connection', 'close'],
    ['keep-alive', 'keep-alive', '1'],
    ['proxy-connection', 'proxy-connection', 'close'],
    ['upgrade', 'upgrade', 'websocket'],
    ['http2-settings', 'http2-settings', ''],
    ['TE that is not trailers', 'te', 'gzip'],
  ]
  test.each(refused)('%s is malformed', async (_, name, value) => {
    expect(await fateOf(headers([...get, name, value]))).toBe('stream H3_MESSAGE_ERROR')
  })

  test('TE: trailers is not', async () => {
    expect(await fateOf(headers([...get, 'te', 'trailers']))).toBe('200, seen')
  })

  test('no answer has fields of a connection', async () => {
    const { request } = connect({
      onRequest: (exchange) =>
        exchange.respond(
          200,
          ['connection', 'close', 'te', 'x', 'transfer-encoding', 'chunked', 'x-a', 'b'],
          null,
        ),
    })
    expect((await request(get)).answer().fields).toEqual(['x-a', 'b', 'content-length', '0'])
  })

  test('§4.2.1: cookies that were split are one field again', async () => {
    const { request, exchanges } = connect()
    await request([...get, 'cookie', 'a=1', 'x-a', 'b', 'cookie', 'c=2', 'cookie', 'd=3'])
    expect(exchanges[0]?.headers).toEqual(['host', 'example.com', 'cookie', 'a=1; c=2; d=3', 'x-a', 'b'])
  })

  test('§4.2.2: a header section that is too large is 431', async () => {
    const limits = { maxFieldSectionBytes: 1_024 }
    expect(await fateOf(headers([...get, 'x-a', 'b'.repeat(2_000)]), { limits })).toBe('431')
    // Small on the wire, large when it is decoded.
    expect(await fateOf(frame(0x1, concat(hex('0000'), new Uint8Array(100).fill(0xfd))), { limits })).toBe(
      '431',
    )
  })

  test('§4.2.2: 431 asks to stop with H3_NO_ERROR, and the connection lives on', async () => {
    const { open, request, settle } = connect({ limits: { maxFieldSectionBytes: 1_024 } })
    const stream = open().send(headers([...post, 'x-a', 'b'.repeat(2_000)]))
    await settle()
    expect([stream.answer().status, stream.isEnded, stream.stopCode]).toEqual([431, true, 0x100])
    expect((await request(get)).answer().status).toBe(200)
  })

  test('§4.2.2: trailers that are too large are H3_EXCESSIVE_LOAD', async () => {
    const bytes = concat(headers(post), headers(['x-a', 'b'.repeat(2_000)]))
    expect(await fateOf(bytes, { limits: { maxFieldSectionBytes: 1_024 } })).toBe('stream H3_EXCESSIVE_LOAD')
  })

  test('§4.2.2: an answer that is larger than the client takes is not sent', async () => {
    const errors: unknown[] = []
    const settings = frame(0x4, hex('06 4100'))
    const { request } = connect({
      control: concat(hex('00'), settings),
      onRequest(exchange) {
        try {
          exchange.respond(200, ['x-a', 'b'.repeat(300)], null)
        } catch (error) {
          errors.push(error)
          exchange.respond(500, [], null)
        }
      },
    })
    expect((await request(get)).answer().status).toBe(500)
    expect(errors).toEqual([expect.objectContaining({ code: 'LIMIT_EXCEEDED' })])
  })
})

describe('RFC 9114 §4.3 control data', () => {
  const malformed: readonly (readonly [string, readonly string[]])[] = [
    ['a pseudo-header field after another field', [...get.slice(0, 6), 'x-a', 'b', ':path', '/']],
    ['a pseudo-header field after host', [...get.slice(0, 6), 'host', 'example.com', ':path', '/']],
    ['one of an answer', [...get, ':status', '200']],
    ['an unknown one', [...get, ':color', 'red']],
    [
      ':protocol that was not offered (RFC 9220 §3)',
      [':method', 'CONNECT', ...get.slice(2), ':protocol', 'websocket'],
    ],
    ['no :method', without(get, ':method')],
    ['no :scheme', without(get, ':scheme')],
    ['no :path', without(get, ':path')],
    ['no authority', without(get, ':authority')],
    ['an empty :path', [...without(get, ':path'), ':path', '']],
    ['an empty :authority', [...without(get, ':authority'), ':authority', '']],
    ['an empty host', [...without(get, ':authority'), 'host', '']],
    ['two :method', [...get, ':method', 'GET']],
    ['two :path', [...get, ':path', '/']],
    ['two :scheme', [...get, ':scheme', 'https']],
    ['two :authority', [...get, ':authority', 'example.com']],
    ['two host', [...get, 'host', 'example.com', 'host', 'example.com']],
    ['host that is not :authority', [...get, 'host', 'example.org']],
    ['user information', [...without(get, ':authority'), ':authority', 'me@example.com']],
    ['an authority with a path', [...without(get, ':authority'), ':authority', 'example.com/a']],
    ['a port that is none', [...without(get, ':authority'), ':authority', 'example.com:65536']],
    ['a :method that is no token', [':method', 'G T', ...get.slice(2)]],
    ['a :scheme that is none', [...without(get, ':scheme'), ':scheme', 'ht tp']],
    ['a :path in absolute form', [...without(get, ':path'), ':path', 'https://example.com/']],
    ['a :path with a space', [...without(get, ':path'), ':path', '/a b']],
    ['a :path with a fragment', [...without(get, ':path'), ':path', '/a#b']],
    ['a :path above ASCII', [...without(get, ':path'), ':path', '/\xe4']],
    ['a :path of * without OPTIONS', [...without(get, ':path'), ':path', '*']],
  ]
  test.each(malformed)('%s is malformed', async (_, fields) => {
    expect(await fateOf(headers(fields))).toBe('stream H3_MESSAGE_ERROR')
  })

  test('a pseudo-header field among trailers is malformed', async () => {
    expect(await fateOf(concat(headers(post), headers([':status', '200'])))).toBe('stream H3_MESSAGE_ERROR')
  })

  const fine: readonly (readonly [string, readonly string[]])[] = [
    ['host that is :authority', [...get, 'host', 'example.com']],
    ['host alone', [...without(get, ':authority'), 'host', 'example.com']],
  ]
  test.each(fine)('%s gives one host', async (_, fields) => {
    const { request, exchanges } = connect()
    await request(fields)
    expect(exchanges[0]).toMatchObject({ authority: 'example.com', headers: ['host', 'example.com'] })
  })

  test('OPTIONS may have * for its path', async () => {
    const fields = [':method', 'OPTIONS', ...without(get.slice(2), ':path'), ':path', '*']
    expect(await fateOf(headers(fields))).toBe('200, seen')
  })

  test('an answer has :status first, and no other pseudo-header field', async () => {
    const errors: unknown[] = []
    const { request } = connect({
      onRequest(exchange) {
        try {
          exchange.respond(200, [':path', '/'], null)
        } catch (error) {
          errors.push(error)
        }
        exchange.respond(204, [], null)
      },
    })
    expect((await request(get)).frames()[0]?.payload).toEqual(hex('0000 ff01'))
    expect(errors).toEqual([expect.objectContaining({ code: 'HEADER_INVALID' })])
  })
})

describe('RFC 9114 §4.4 CONNECT', () => {
  const connectTo = (...fields: string[]): Uint8Array => headers([':method', 'CONNECT', ...fields])

  test('is answered with 501, and the app does not see it', async () => {
    expect(await fateOf(connectTo(':authority', 'example.com:443'), { isOpen: true })).toBe('501')
  })

  const malformed: readonly (readonly [string, readonly string[]])[] = [
    [':scheme', [':authority', 'example.com:443', ':scheme', 'https']],
    [':path', [':authority', 'example.com:443', ':path', '/']],
    ['no port', [':authority', 'example.com']],
    ['no :authority', ['host', 'example.com:443']],
  ]
  test.each(malformed)('with %s is malformed', async (_, fields) => {
    expect(await fateOf(connectTo(...fields))).toBe('stream H3_MESSAGE_ERROR')
  })
})

describe('RFC 9220 extended CONNECT, where it is offered', () => {
  const socket = [':method', 'CONNECT', ...get.slice(2), ':protocol', 'websocket']
  const allowed = { allowExtendedConnect: true, isOpen: true }

  test('carries bytes in both directions', async () => {
    const { open, settle } = connect({
      allowExtendedConnect: true,
      onRequest(exchange) {
        expect(exchange).toMatchObject({ method: 'CONNECT', protocol: 'websocket', path: '/', hasBody: true })
        exchange.respond(200, [], echo(exchange))
      },
    })
    const stream = open().send(headers(socket))
    await settle()
    stream.send(data)
    await settle()
    expect([stream.answer().fields, stream.answer().body, stream.isEnded]).toEqual([[], 'hello', false])
    stream.send(data, true)
    await settle()
    expect([stream.answer().body, stream.isEnded]).toEqual(['hellohello', true])
  })

  test('an answer that opens it names no length', async () => {
    const { open, settle } = connect({ allowExtendedConnect: true })
    const stream = open().send(headers(socket))
    await settle()
    expect(stream.answer()).toMatchObject({ status: 200, fields: [] })
  })

  test('HEADERS on it are H3_FRAME_UNEXPECTED (RFC 9114 §4.4)', async () => {
    const bytes = concat(headers(socket), headers(['a', 'b']))
    expect(await fateOf(bytes, allowed)).toBe('connection H3_FRAME_UNEXPECTED')
  })

  const malformed: readonly (readonly [string, readonly string[]])[] = [
    ['without :path', without(socket, ':path')],
    ['without :scheme', without(socket, ':scheme')],
    ['without :authority', without(socket, ':authority')],
    ['with another method', [':method', 'GET', ...socket.slice(2)]],
    ['with a protocol that is no token', [...without(socket, ':protocol'), ':protocol', 'a b']],
  ]
  test.each(malformed)('%s is malformed', async (_, fields) => {
    expect(await fateOf(headers(fields), allowed)).toBe('stream H3_MESSAGE_ERROR')
  })
})

function echo(exchange: Http3Exchange): {
  read(): Promise<{ done: boolean; value: Uint8Array | undefined }>
  cancel(): Promise<void>
} {
  return {
    async read() {
      const value = await exchange.read()
      return { done: value === null, value: value ?? undefined }
    },
    cancel: async () => undefined,
  }
}

describe('RFC 9114 §10.3', () => {
  test('a field with characters that HTTP forbids is malformed', async () => {
    expect(await fateOf(frame(0x1, rawSection([...get, 'a', 'b\r\nc: d'])))).toBe('stream H3_MESSAGE_ERROR')
    expect(await fateOf(frame(0x1, rawSection([...get, 'a b', 'c'])))).toBe('stream H3_MESSAGE_ERROR')
  })
})
