import { RockstarError } from '../errors/index.ts'
import type { ByteRange } from './range.ts'
import { formatContentRange } from './range.ts'

/** What a response with several ranges is made of. */
export interface ByterangesSource {
  readonly ranges: readonly ByteRange[]
  /** The size of the whole representation in bytes. */
  readonly sizeBytes: number
  /** The media type of the representation. */
  readonly mediaType: string
  /** 1 to 70 letters and digits that do not occur in the content: make it at random. */
  readonly boundary: string
  /** Opens the bytes of one range. Called for one after the other, as the reader gets there. */
  readonly open: (range: ByteRange) => Promise<ReadableStream<Uint8Array>>
}

/** A body of type `multipart/byteranges`. */
export interface Byteranges {
  readonly mediaType: string
  /** The exact length of the stream, for `Content-Length`. */
  readonly sizeBytes: number
  /** Errors with `STREAM_LENGTH` when a range gave fewer or more bytes than it should. */
  readonly stream: ReadableStream<Uint8Array>
}

/**
 * Makes the body of a 206 with several ranges (RFC 9110 §15.3.7.2, §14.6). Nothing is opened before the first read,
 * one range is open at a time, and cancelling closes it.
 */
export function createByteranges(source: ByterangesSource): Byteranges {
  const encoder = new TextEncoder()
  const heads = source.ranges.map((range, index) =>
    encoder.encode(
      `${index === 0 ? '' : '\r\n'}--${source.boundary}\r\ncontent-type: ${source.mediaType}\r\n` +
        `content-range: ${formatContentRange(range, source.sizeBytes)}\r\n\r\n`,
    ),
  )
  const tail = encoder.encode(`\r\n--${source.boundary}--\r\n`)
  const contentBytes = source.ranges.reduce((sum, range) => sum + range.end - range.start + 1, 0)
  return {
    mediaType: `multipart/byteranges; boundary=${source.boundary}`,
    sizeBytes: heads.reduce((sum, head) => sum + head.byteLength, contentBytes + tail.byteLength),
    stream: streamParts(source, heads, tail),
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

function streamParts(
  source: ByterangesSource,
  heads: readonly Uint8Array[],
  tail: Uint8Array,
): ReadableStream<Uint8Array> {
  let index = 0
  let reader: Reader | null = null
  let remaining = 0
  let cancelled = false

  /** Opens the next part; null when all are sent. */
  async function next(): Promise<Uint8Array | null> {
    const range = source.ranges[index]
    const head = heads[index]
    index++
    if (range === undefined || head === undefined) return null
    const part = await source.open(range)
    // The reader of this stream may have left while the part was being opened.
    if (cancelled) await part.cancel()
    else reader = part.getReader()
    remaining = range.end - range.start + 1
    return head
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller): Promise<void> {
        while (reader !== null) {
          const { done, value } = await reader.read()
          if (done) {
            reader = null
            if (remaining !== 0) throw lengthError(remaining)
          } else if (value.byteLength > 0) {
            remaining -= value.byteLength
            if (remaining < 0) {
              await reader.cancel()
              throw lengthError(remaining)
            }
            controller.enqueue(value)
            return
          }
        }
        const head = await next()
        if (cancelled) return
        controller.enqueue(head ?? tail)
        if (head === null) controller.close()
      },
      async cancel(reason): Promise<void> {
        cancelled = true
        await reader?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

function lengthError(remaining: number): RockstarError {
  const what = remaining > 0 ? `${remaining} bytes fewer` : 'more bytes'
  return new RockstarError(
    'STREAM_LENGTH',
    `Expected a range of the announced length, got ${what}; the content changed`,
  )
}
