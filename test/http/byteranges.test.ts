import { describe, expect, test } from 'vitest'
import type { Byteranges } from '../../src/http/byteranges.ts'
import { createByteranges } from '../../src/http/byteranges.ts'
import type { ByteRange } from '../../src/http/range.ts'

const content = 'abcdefghijklmnopqrstuvwxyz'
const ranges = [
  { start: 0, end: 2 },
  { start: 24, end: 25 },
]

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller): void {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
}

function make(open: (range: ByteRange) => Promise<ReadableStream<Uint8Array>>): Byteranges {
  return createByteranges({ ranges, sizeBytes: 26, mediaType: 'text/plain', boundary: 'b0', open })
}

const slices = async ({ start, end }: ByteRange): Promise<ReadableStream<Uint8Array>> =>
  streamOf(content.slice(start, end + 1))

describe('createByteranges()', () => {
  test('writes the parts as RFC 9110 §14.6 has them', async () => {
    expect(await new Response(make(slices).stream).text()).toBe(
      [
        '--b0',
        'content-type: text/plain',
        'content-range: bytes 0-2/26',
        '',
        'abc',
        '--b0',
        'content-type: text/plain',
        'content-range: bytes 24-25/26',
        '',
        'yz',
        '--b0--',
        '',
      ].join('\r\n'),
    )
  })

  test('names the boundary in the media type', () => {
    expect(make(slices).mediaType).toBe('multipart/byteranges; boundary=b0')
  })

  test('announces the exact length', async () => {
    const body = make(slices)
    expect((await new Response(body.stream).bytes()).byteLength).toBe(body.sizeBytes)
  })

  test('takes a part in any chunks, empty ones too', async () => {
    const body = make(async ({ start, end }) => streamOf('', ...content.slice(start, end + 1), ''))
    expect(await new Response(body.stream).text()).toContain('\r\n\r\nabc\r\n--b0')
  })

  test('opens nothing before the first read', () => {
    let opened = 0
    make(async (range) => {
      opened++
      return slices(range)
    })
    expect(opened).toBe(0)
  })

  test('opens one range at a time', async () => {
    const opened: number[] = []
    const reader = make(async (range) => {
      opened.push(range.start)
      return slices(range)
    }).stream.getReader()
    await reader.read()
    await reader.read()
    expect(opened).toEqual([0])
    await reader.cancel()
  })

  test.each([
    ['fewer', 'a'],
    ['more', 'abcd'],
  ])('errors with STREAM_LENGTH when a range gives %s bytes than announced', async (_name, text) => {
    const { stream } = make(async () => streamOf(text))
    await expect(new Response(stream).text()).rejects.toMatchObject({ code: 'STREAM_LENGTH' })
  })

  test('cancels a range that gives too much', async () => {
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => void (cancelled = true),
    })
    await expect(new Response(make(async () => endless).stream).text()).rejects.toThrow()
    expect(cancelled).toBe(true)
  })

  test('errors when a range does', async () => {
    const { stream } = make(async () => {
      throw new Error('disk')
    })
    await expect(new Response(stream).text()).rejects.toThrow('disk')
  })

  test('cancels the range that is open', async () => {
    let reason: unknown
    const part = new ReadableStream<Uint8Array>({ cancel: (given) => void (reason = given) })
    const reader = make(async () => part).stream.getReader()
    await reader.read()
    await reader.cancel('gone')
    expect(reason).toBe('gone')
  })

  test('cancels a range that opens after the reader left', async () => {
    const asked = Promise.withResolvers<void>()
    const part = Promise.withResolvers<ReadableStream<Uint8Array>>()
    const reader = make(() => {
      asked.resolve()
      return part.promise
    }).stream.getReader()
    const read = reader.read()
    await asked.promise
    await reader.cancel()
    const cancelled = Promise.withResolvers<true>()
    part.resolve(new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve(true) }))
    expect(await cancelled.promise).toBe(true)
    expect((await read).done).toBe(true)
  })
})
