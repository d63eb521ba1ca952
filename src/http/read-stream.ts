import { HttpError, isHttpError } from '../errors/index.ts'
import { ByteWindow } from './byte-window.ts'

/**
 * Reads a whole stream, at most `maxBytes` bytes: the portable implementation of `Platform.readBody`. `contentLength`
 * is the header field, or null. Memory grows with what came, never with what was announced. Errors: `BODY_TOO_LARGE`
 * (413), `BODY_ABORTED` (400), `BODY_USED` for a stream that somebody else reads.
 */
export async function readStreamedBody(
  stream: ReadableStream<Uint8Array> | null,
  contentLength: string | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (stream === null) return new Uint8Array(0)
  if (stream.locked) throw bodyUsed()
  if (Number(contentLength) > maxBytes) throw tooLarge('a body', maxBytes)
  const reader = stream.getReader()
  // Security: joined as they come. A list of a million chunks of one byte each takes hundreds of times their size.
  const window = new ByteWindow()
  let size = 0
  try {
    for (let chunk = await readChunk(reader); chunk !== null; chunk = await readChunk(reader)) {
      size += chunk.byteLength
      if (size > maxBytes) throw tooLarge('a body', maxBytes)
      window.append(chunk)
    }
  } catch (error) {
    await cancelQuietly(reader, error)
    throw error
  } finally {
    reader.releaseLock()
  }
  // A copy even of a single chunk: its memory may be a window into what belongs to others.
  return new Uint8Array(window.bytes)
}

/**
 * The stream itself up to `maxBytes` bytes, then `BODY_TOO_LARGE`. Pulls from it only what its own reader wants.
 * `contentLength`, the header field, makes the first read fail when it announces too much. `BODY_USED` for a stream
 * that somebody else reads.
 */
export function limitStream(
  source: ReadableStream<Uint8Array>,
  maxBytes: number,
  contentLength: string | null = null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (source.locked) throw bodyUsed()
  const reader = source.getReader()
  let size = 0
  async function take(): Promise<Uint8Array | null> {
    if (Number(contentLength) > maxBytes) throw tooLarge('a body', maxBytes)
    const chunk = await readChunk(reader)
    size += chunk?.byteLength ?? 0
    if (size > maxBytes) throw tooLarge('a body', maxBytes)
    return chunk
  }
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller): Promise<void> {
        try {
          const chunk = await take()
          if (chunk === null) controller.close()
          else controller.enqueue(ownBytes(chunk))
        } catch (error) {
          await cancelQuietly(reader, error)
          throw error
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** The next chunk, or null at the end. A source that breaks off is `BODY_ABORTED`, unless it says why itself. */
export async function readChunk(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  let result: ReadableStreamReadResult<Uint8Array>
  try {
    result = await reader.read()
  } catch (error) {
    if (isHttpError(error)) throw error
    throw new HttpError(
      400,
      'BODY_ABORTED',
      'Expected a complete body, the connection was closed before its end',
      { cause: error },
    )
  }
  if (result.done) return null
  // Security: a stream that somebody made of strings has no byteLength, and NaN is under every bound.
  if (!ArrayBuffer.isView(result.value)) throw new TypeError('Expected a stream of bytes, got other chunks')
  return result.value
}

/** Tells the source that nobody reads on. What it answers does not matter any more: there is an error already. */
export async function cancelQuietly(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  reason?: unknown,
): Promise<void> {
  await reader.cancel(reason).catch(() => undefined)
}

/** The error of one who sends too much. `what` begins with an article. */
export function tooLarge(what: string, maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `Expected ${what} of at most ${maxBytes} bytes`)
}

/** The error of one who reads a body again. */
export function bodyUsed(): HttpError {
  return new HttpError(
    500,
    'BODY_USED',
    'Expected a body that was not read before; read it once and keep the value',
  )
}

function ownBytes(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  return chunk.buffer instanceof ArrayBuffer
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk)
}
