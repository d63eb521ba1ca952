import { describe, expect, test } from 'vitest'
import type { Http3BodyReader, Http3Exchange } from '../../../src/server/http3/index.ts'
import type { ConnectOptions } from './client.ts'
import { connect } from './client.ts'
import { concat, frame, get, headers, post, text, varint } from './wire.ts'

const hold: ConnectOptions = { onRequest: () => undefined }

/** A body of so many chunks, which counts what was asked of it. */
function source(chunks: number, chunkBytes: number): Http3BodyReader & { reads: number; cancelled: unknown } {
  return {
    reads: 0,
    cancelled: null,
    async read() {
      if (this.reads === chunks) return { done: true }
      this.reads++
      return { done: false, value: new Uint8Array(chunkBytes).fill(97) }
    },
    async cancel(reason) {
      this.cancelled = reason
    },
  }
}

async function readAll(exchange: Http3Exchange): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let chunk = await exchange.read(); chunk !== null; chunk = await exchange.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('the body of a request', () => {
  test('holds its client back while nobody reads', async () => {
    const { open, settle, exchanges } = connect({
      ...hold,
      wire: { windowBytes: 16_384, chunkBytes: 4_096 },
      limits: { maxStreamBufferBytes: 32_768 },
    })
    const stream = open()
      .send(headers(post))
      .send(frame(0, new Uint8Array(1_000_000).fill(1)), true)
    await settle()
    // Our buffer and one chunk over it, and the window of the wire.
    const taken = 1_000_000 - stream.unsentBytes
    expect(taken).toBeGreaterThan(32_768)
    expect(taken).toBeLessThan(32_768 + 4_096 + 16_384 + 100)
    const [exchange] = exchanges
    const body = exchange === undefined ? Buffer.alloc(0) : await readAll(exchange)
    expect([body.length, body.every((byte) => byte === 1), stream.unsentBytes]).toEqual([1_000_000, true, 0])
  })

  test('all bodies of a connection together hold no more than its bound and a chunk each', async () => {
    const chunkBytes = 1_000
    const { open, settle, wire } = connect({
      ...hold,
      wire: { windowBytes: 16_384, chunkBytes },
      limits: { maxStreamBufferBytes: 60_000, maxConnectionBufferBytes: 100_000 },
    })
    const streams = Array.from({ length: 50 }, () => open().send(headers(post)))
    for (const stream of streams) stream.send(frame(0, new Uint8Array(100_000)))
    await settle()
    const unsent = streams.reduce((sum, { unsentBytes }) => sum + unsentBytes, 0)
    const held = 50 * 100_000 - unsent - wire.client.bytesUnderWay
    expect(held).toBeGreaterThanOrEqual(100_000)
    expect(held).toBeLessThan(100_000 + 51 * chunkBytes)
  })

  test('a full connection still moves for the one who reads', async () => {
    const { open, settle, exchanges } = connect({
      ...hold,
      wire: { windowBytes: 2_000, chunkBytes: 500 },
      limits: { maxConnectionBufferBytes: 1_000 },
    })
    for (const _ of [1, 2, 3])
      open()
        .send(headers(post))
        .send(frame(0, new Uint8Array(50_000)), true)
    await settle()
    const last = exchanges.at(-1)
    expect(last === undefined ? 0 : (await readAll(last)).length).toBe(50_000)
  })

  test('one that is dropped makes room for the others', async () => {
    const { open, settle, exchanges } = connect({
      ...hold,
      wire: { windowBytes: 1_000, chunkBytes: 1_000 },
      limits: { maxStreamBufferBytes: 50_000, maxConnectionBufferBytes: 50_000 },
    })
    open()
      .send(headers(post))
      .send(frame(0, new Uint8Array(100_000)))
    await settle()
    exchanges[0]?.abort()
    const second = open()
      .send(headers(post))
      .send(frame(0, new Uint8Array(100_000)))
    await settle()
    expect(second.unsentBytes).toBeLessThan(52_000)
  })

  test('a read that leaves the connection full resumes nothing', async () => {
    const { open, settle, exchanges } = connect({
      ...hold,
      wire: { windowBytes: 1_000, chunkBytes: 1_000 },
      limits: { maxConnectionBufferBytes: 10_000 },
    })
    const full = open()
      .send(headers(post))
      .send(frame(0, new Uint8Array(40_000)))
    await settle()
    open()
      .send(headers(post))
      .send(frame(0, new Uint8Array(40_000)))
    await settle()
    const { unsentBytes } = full
    expect((await exchanges[0]?.read())?.length).toBeLessThan(1_001)
    await settle()
    expect(full.unsentBytes).toBe(unsentBytes)
  })

  test('there is none where it was said to be empty', async () => {
    const { open, settle, exchanges } = connect(hold)
    open().send(headers([...post, 'content-length', '0']))
    open().send(headers(post))
    await settle()
    expect(exchanges.map(({ hasBody }) => hasBody)).toEqual([false, true])
  })

  test('pieces of one byte cost little more than themselves', async () => {
    const { open, settle, exchanges } = connect({ ...hold, wire: { chunkBytes: 1 } })
    open()
      .send(headers(post))
      .send(concat(...Array.from({ length: 5_000 }, (_, at) => frame(0, Uint8Array.of(at)))), true)
    await settle()
    const chunks: number[] = []
    for (let chunk = await exchanges[0]?.read(); chunk; chunk = await exchanges[0]?.read())
      chunks.push(chunk.length)
    expect(chunks.reduce((sum, length) => sum + length, 0)).toBe(5_000)
    expect(chunks.length).toBeLessThan(5)
  })

  test('its chunks lie in memory that nobody shares', async () => {
    const { open, settle, exchanges } = connect(hold)
    open()
      .send(headers(post))
      .send(frame(0, text('one')))
      .send(frame(0, text('two')), true)
    await settle()
    const chunks = [await exchanges[0]?.read(), await exchanges[0]?.read()]
    expect(chunks.map((chunk) => [chunk?.buffer.byteLength, Buffer.from(chunk ?? []).toString()])).toEqual([
      [3, 'one'],
      [3, 'two'],
    ])
  })

  test('a second read at a time is refused', async () => {
    const { open, settle, exchanges } = connect(hold)
    open().send(headers(post))
    await settle()
    const first = exchanges[0]?.read()
    await expect(exchanges[0]?.read()).rejects.toThrow(TypeError)
    exchanges[0]?.abort()
    await expect(first).rejects.toMatchObject({ code: 'BODY_ABORTED' })
  })

  test('one over the bound is BODY_TOO_LARGE for its reader, who may answer 413', async () => {
    const { open, settle } = connect({
      limits: { maxBodyBytes: 100 },
      onRequest: (exchange) =>
        void readAll(exchange).catch((error: { status: number }) => exchange.respond(error.status, [], null)),
    })
    const stream = open()
      .send(headers(post))
      .send(frame(0, new Uint8Array(101)))
    await settle()
    expect([stream.answer().status, stream.isEnded, stream.stopCode]).toEqual([413, true, 0x100])
  })

  test('100 is sent when it is read, if the client waits for that', async () => {
    const { open, settle, exchanges } = connect(hold)
    const stream = open().send(headers([...post, 'expect', '100-continue']))
    await settle()
    expect(stream.bytes.length).toBe(0)
    const [exchange] = exchanges
    const reading = exchange === undefined ? null : readAll(exchange)
    await settle()
    expect(stream.frames().length).toBe(1)
    stream.send(frame(0, text('body')), true)
    expect(String(await reading)).toBe('body')
    exchange?.respond(200, [], null)
    await settle()
    expect(stream.answer()).toMatchObject({ interim: [[':status', '100']], status: 200 })
  })

  test('trailers are there when it has ended', async () => {
    const { open, settle, exchanges } = connect(hold)
    const stream = open().send(headers(post))
    await settle()
    stream.send(concat(frame(0, text('x')), headers(['x-sum', '1', 'x-other', '2'])), true)
    await settle()
    const [exchange] = exchanges
    expect(exchange === undefined ? '' : String(await readAll(exchange))).toBe('x')
    expect(exchange?.trailers).toEqual(['x-sum', '1', 'x-other', '2'])
  })

  test('what came before its client went is never taken for all of it', async () => {
    const { open, settle, exchanges, wire } = connect(hold)
    open().send(concat(headers(post), frame(0, text('all of it'))), true)
    await settle()
    wire.client.close(0x100, '', { delivers: false })
    await settle()
    await expect(exchanges[0]?.read()).rejects.toMatchObject({ code: 'BODY_ABORTED' })
  })

  test('what is still unread is dropped when its client wants no answer', async () => {
    const { open, settle, exchanges } = connect(hold)
    const stream = open().send(concat(headers(post), frame(0, text('all of it'))), true)
    await settle()
    stream.stream?.stopSending(0x10c)
    await settle()
    await expect(exchanges[0]?.read()).rejects.toMatchObject({ code: 'BODY_ABORTED' })
  })

  test('discardBody() takes the rest and throws it away', async () => {
    const { open, settle, exchanges } = connect({ ...hold, limits: { maxStreamBufferBytes: 1_000 } })
    const stream = open()
      .send(headers(post))
      .send(frame(0, new Uint8Array(200_000)), true)
    await settle()
    exchanges[0]?.discardBody()
    await settle()
    expect([stream.unsentBytes, stream.stopCode]).toEqual([0, null])
    await expect(exchanges[0]?.read()).rejects.toMatchObject({ code: 'BODY_ABORTED' })
  })
})

describe('the body of an answer', () => {
  test('is read no faster than its client takes it', async () => {
    const body = source(1_000, 1_000)
    const { open, settle } = connect({
      onRequest: (exchange) => exchange.respond(200, [], body),
      wire: { windowBytes: 10_000 },
    })
    const stream = open()
    stream.stream?.pause()
    stream.send(headers(get), true)
    await settle()
    // What the wire holds, and one chunk that waits.
    expect(body.reads).toBeLessThan(12)
    stream.stream?.resume()
    await settle()
    expect([body.reads, stream.answer().body.length, stream.isEnded]).toEqual([1_000, 1_000_000, true])
  })

  test('a slow reader does not make memory grow', async () => {
    const body = source(100_000, 16_384)
    const { open, settle, wire } = connect({
      onRequest: (exchange) => exchange.respond(200, [], body),
      wire: { windowBytes: 32_768, chunkBytes: 1_024 },
    })
    const stream = open()
    stream.send(headers(get), true)
    for (let round = 0; round < 50; round++) {
      stream.stream?.pause()
      await settle()
      const given = body.reads * 16_384
      expect(given - stream.bytes.length).toBeLessThan(32_768 + 2 * 16_384)
      expect(wire.server.bytesUnderWay).toBeLessThanOrEqual(32_768 + 1_024)
      stream.stream?.resume()
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
    stream.stream?.stopSending(0x10c)
    await settle()
    expect(body.cancelled).toBeInstanceOf(Error)
  })

  test('a source that waits is cancelled at once when its client goes', async () => {
    const reasons: unknown[] = []
    const body: Http3BodyReader = {
      read: () => new Promise(() => undefined),
      cancel: async (reason) => void reasons.push(reason),
    }
    const { open, settle, session, failures } = connect({
      onRequest: (exchange) => exchange.respond(200, [], body),
    })
    const stream = open().send(headers(get), true)
    await settle()
    stream.stream?.stopSending(0x10c)
    await settle()
    expect([reasons.length, session.activeRequests, failures]).toEqual([1, 0, []])
  })

  test('one that fails resets the stream with H3_INTERNAL_ERROR, and is told', async () => {
    const failure = new Error('disk')
    const body: Http3BodyReader = { read: () => Promise.reject(failure), cancel: async () => undefined }
    const { request, failures, ended } = connect({ onRequest: (exchange) => exchange.respond(200, [], body) })
    expect([(await request(get)).resetCode, failures, ended.length]).toEqual([0x102, [failure], 1])
  })

  test.each([99, 101])('one of 100 bytes that was announced with %i is reset', async (length) => {
    const body = source(10, 10)
    const fields = ['content-length', String(length)]
    const { request, failures } = connect({ onRequest: (exchange) => exchange.respond(200, fields, body) })
    expect((await request(get)).resetCode).toBe(0x102)
    expect(failures).toEqual([expect.objectContaining({ code: 'STREAM_LENGTH' })])
  })

  test('trailers follow it', async () => {
    const { request } = connect({
      onRequest: (exchange) => exchange.respond(200, [], source(2, 3), { trailers: () => ['x-sum', '6'] }),
    })
    const stream = await request(get)
    expect([stream.answer(), stream.isEnded]).toEqual([
      { status: 200, fields: [], interim: [], body: 'aaaaaa', trailers: ['x-sum', '6'] },
      true,
    ])
  })

  test('several at a time do not mix, however small the window', async () => {
    const { open, settle } = connect({
      onRequest: (exchange) =>
        exchange.respond(200, ['x-id', `answer ${exchange.id}`], `body ${exchange.id}`),
      wire: { windowBytes: 5, chunkBytes: 3 },
    })
    const streams = [0, 4, 8, 12].map(() => open().send(headers(get), true))
    await settle()
    expect(streams.map((stream) => [stream.answer().fields[1], stream.answer().body])).toEqual([
      ['answer 0', 'body 0'],
      ['answer 4', 'body 4'],
      ['answer 8', 'body 8'],
      ['answer 12', 'body 12'],
    ])
  })

  test('empty chunks send nothing, text is UTF-8', async () => {
    const chunks = ['', 'ü', new Uint8Array(0), 'b', '']
    const body: Http3BodyReader = {
      read: async () => ({ done: chunks.length === 0, value: chunks.shift() }),
      cancel: async () => undefined,
    }
    const { request } = connect({ onRequest: (exchange) => exchange.respond(200, [], body) })
    const stream = await request(get)
    expect(
      stream
        .frames()
        .map(({ payload }) => Buffer.from(payload).toString())
        .slice(1),
    ).toEqual(['ü', 'b'])
  })

  test('a web stream is a reader too', async () => {
    const { request } = connect({
      onRequest: (exchange) => exchange.respond(200, [], new Blob(['from ', 'a blob']).stream().getReader()),
    })
    expect((await request(get)).answer().body).toBe('from a blob')
  })

  test('a large one that is there as a whole goes through a small window', async () => {
    const { request } = connect({
      onRequest: (exchange) => exchange.respond(200, [], 'ü'.repeat(100_000)),
      wire: { windowBytes: 1_000, chunkBytes: 333 },
    })
    const answer = (await request(get)).answer()
    expect(answer.fields).toEqual(['content-length', '200000'])
    expect(answer.body).toBe('ü'.repeat(100_000))
  })

  const bodyless: readonly (readonly [string, string, number, readonly string[]])[] = [
    ['HEAD', 'HEAD', 200, ['content-length', '5']],
    ['204', 'GET', 204, []],
    ['205', 'GET', 205, ['content-length', '0']],
    ['304', 'GET', 304, []],
  ]
  test.each(bodyless)('%s has none', async (_, method, status, fields) => {
    const { request } = connect({ onRequest: (exchange) => exchange.respond(status, [], 'hello') })
    const stream = await request([':method', method, ...get.slice(2)])
    expect(stream.answer()).toEqual({ status, fields, interim: [], body: '', trailers: [] })
    expect([stream.isEnded, stream.frames().length]).toEqual([true, 1])
  })

  test('HEAD cancels a reader, and keeps what was announced', async () => {
    const body = source(1, 1)
    const { request } = connect({
      onRequest: (exchange) => exchange.respond(200, ['content-length', '77'], body),
    })
    const stream = await request([':method', 'HEAD', ...get.slice(2)])
    expect(stream.answer().fields).toEqual(['content-length', '77'])
    expect([body.reads, body.cancelled]).toEqual([0, expect.any(Error)])
  })

  test('a second answer is a TypeError, a status that is none a RangeError', async () => {
    const errors: unknown[] = []
    const keep = (act: () => void): void => {
      try {
        act()
      } catch (error) {
        errors.push(error)
      }
    }
    const { request } = connect({
      onRequest(exchange) {
        keep(() => exchange.respond(101, [], null))
        keep(() => exchange.informational(101, []))
        keep(() => exchange.respond(200, ['a', 'b\nc'], null))
        exchange.respond(200, [], null)
        keep(() => exchange.respond(200, [], null))
      },
    })
    expect((await request(get)).answer().status).toBe(200)
    expect(errors).toEqual([
      expect.any(RangeError),
      expect.any(RangeError),
      expect.objectContaining({ code: 'HEADER_INVALID' }),
      expect.any(TypeError),
    ])
  })
})

describe('bounds', () => {
  test('rapid resets are H3_EXCESSIVE_LOAD', async () => {
    const { open, settle, closeCode, wire } = connect({ limits: { resetBurst: 20, resetsPerSecond: 0 } })
    for (let round = 0; round < 20 && closeCode() === null; round++) {
      const stream = open().send(headers(post).subarray(0, 5))
      await settle()
      stream.stream?.reset(0x10c)
      await settle()
    }
    expect(closeCode()).toBe(null)
    const stream = open().send(headers(post).subarray(0, 5))
    await settle()
    stream.stream?.reset(0x10c)
    await settle()
    expect([closeCode(), wire.isClosed]).toEqual([0x107, true])
  })

  test('resets are forgiven with time', async () => {
    const { open, settle, closeCode, clock } = connect({ limits: { resetBurst: 2, resetsPerSecond: 1 } })
    for (let round = 0; round < 8; round++) {
      const stream = open().send(headers(post).subarray(0, 5))
      await settle()
      stream.stream?.reset(0x10c)
      await settle()
      await clock.advance(1_000)
    }
    expect(closeCode()).toBe(null)
  })

  const limits = { noiseBurst: 50, noisePerSecond: 0 }
  const noise: readonly (readonly [string, Uint8Array])[] = [
    ['unknown frames', concat(...Array.from({ length: 51 }, () => frame(0x21)))],
    ['one large unknown frame', concat(varint(0x21), varint(60_000))],
    ['an unknown frame without end', concat(varint(0x21), new Uint8Array(8).fill(0xff))],
    ['empty DATA frames', concat(headers(post), ...Array.from({ length: 51 }, () => frame(0)))],
  ]
  test.each(noise)('%s beyond the bound are H3_EXCESSIVE_LOAD', async (_, bytes) => {
    const { open, settle, closeCode } = connect({ ...hold, limits })
    open().send(bytes)
    await settle()
    expect(closeCode()).toBe(0x107)
  })

  test('so are control frames and streams that have no effect', async () => {
    const first = connect({ limits })
    first.control?.send(concat(...Array.from({ length: 51 }, (_, id) => frame(0xd, varint(id)))))
    await first.settle()
    expect(first.closeCode()).toBe(0x107)
    const second = connect({ limits })
    for (let count = 0; count < 51; count++) second.openUni(varint(0x21))
    await second.settle()
    expect(second.closeCode()).toBe(0x107)
  })

  test('a busy client may send frames without effect beside its requests', async () => {
    const { open, settle, closeCode } = connect({ limits })
    for (let round = 0; round < 100; round++) {
      open().send(concat(frame(0x21), frame(0x21), headers(get)), true)
      await settle()
    }
    expect(closeCode()).toBe(null)
  })

  test('streams that end before their type is known count too', async () => {
    const { openUni, settle, closeCode } = connect({ limits })
    for (let count = 0; count < 51; count++) openUni(new Uint8Array(0), true)
    await settle()
    expect(closeCode()).toBe(0x107)
  })

  test('a header section that does not come in time is 408', async () => {
    const { open, settle, clock } = connect({ limits: { headTimeoutMs: 1_000 } })
    const stream = open().send(headers(get).subarray(0, 5))
    await settle()
    await clock.advance(900)
    await settle()
    expect(stream.bytes.length).toBe(0)
    await clock.advance(600)
    await settle()
    expect([stream.answer().status, stream.stopCode]).toEqual([408, 0x100])
  })

  test('a body that is waited for and does not come is given up with H3_REQUEST_CANCELLED', async () => {
    const { open, settle, clock, exchanges } = connect({ ...hold, limits: { stallTimeoutMs: 1_000 } })
    const stream = open().send(headers(post))
    await settle()
    const reading = expect(exchanges[0]?.read()).rejects.toMatchObject({ code: 'BODY_ABORTED' })
    await clock.advance(2_000)
    await settle()
    await reading
    expect(stream.resetCode).toBe(0x10c)
  })

  test('one that comes slowly is not, nor one that nobody waits for', async () => {
    const { open, settle, clock, exchanges } = connect({ ...hold, limits: { stallTimeoutMs: 1_000 } })
    const idle = open().send(headers(post))
    const slow = open().send(headers(post))
    await settle()
    for (let round = 0; round < 5; round++) {
      const reading = exchanges[1]?.read()
      await clock.advance(700)
      slow.send(frame(0, text('x')))
      await settle()
      expect((await reading)?.length).toBe(1)
    }
    expect([slow.resetCode, idle.resetCode]).toEqual([null, null])
  })

  test('an answer that is not taken is given up with H3_REQUEST_CANCELLED', async () => {
    const body = source(100, 10_000)
    const { open, settle, clock, session } = connect({
      onRequest: (exchange) => exchange.respond(200, [], body),
      limits: { stallTimeoutMs: 1_000 },
    })
    const stream = open()
    stream.stream?.pause()
    stream.send(headers(get), true)
    await settle()
    await clock.advance(2_500)
    await settle()
    expect([stream.resetCode, session.activeRequests, body.cancelled]).toEqual([0x10c, 0, expect.any(Error)])
  })

  test('a limit out of its range is a RangeError', () => {
    expect(() => connect({ limits: { maxConcurrentRequests: 0 } })).toThrow(/maxConcurrentRequests/)
    expect(() => connect({ limits: { maxFieldSectionBytes: 1.5 } })).toThrow(RangeError)
  })
})
