import { HttpError } from '../errors/index.ts'

/**
 * Reads a whole stream, at most `maxBytes` bytes: the portable implementation of `Platform.readBody`. `contentLength`
 * is the header field, or null.
 */
export async function readStreamedBody(
  stream: ReadableStream<Uint8Array> | null,
  contentLength: string | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (stream === null) return new Uint8Array(0)
  if (contentLength !== null && Number(contentLength) > maxBytes) throw tooLarge(maxBytes)
  if (stream.locked) throw bodyUsed()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of readChunks(stream)) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  const joined = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.byteLength
  }
  return joined
}

/** The stream itself up to `maxBytes` bytes, then `BODY_TOO_LARGE`. Pulls from it only what its own reader wants. */
export function limitStream(
  source: ReadableStream<Uint8Array>,
  maxBytes: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader()
  let size = 0
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller): Promise<void> {
        const { done, value } = await reader.read().catch((error: unknown) => {
          throw toAborted(error)
        })
        if (done) return controller.close()
        size += value.byteLength
        if (size > maxBytes) {
          const error = tooLarge(maxBytes)
          await reader.cancel(error)
          throw error
        }
        controller.enqueue(ownBytes(value))
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

async function* readChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
    ended = true
  } catch (error) {
    ended = true
    throw toAborted(error)
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined)
    reader.releaseLock()
  }
}

function ownBytes(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return value.buffer instanceof ArrayBuffer
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
}

function toAborted(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  return new HttpError(
    400,
    'BODY_ABORTED',
    'Expected a complete body, the connection was closed before its end',
    { cause: error },
  )
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `Expected a body of at most ${maxBytes} bytes`)
}

/** The error of one who reads a body again. */
export function bodyUsed(): HttpError {
  return new HttpError(
    500,
    'BODY_USED',
    'Expected a body that was not read before; read it once and keep the value',
  )
}
