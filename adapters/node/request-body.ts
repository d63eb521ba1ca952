import type { Readable } from 'node:stream'
import { HttpError } from '../../src/errors/index.ts'
import type { Incoming } from './incoming.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** So many chunks are kept as they came; then they go into one store. */
const maxLooseChunks = 64

/**
 * Reads a whole body, at most `maxBytes`, straight from Node's stream. Memory grows with what really came, never with
 * what was announced. Errors: `BODY_TOO_LARGE`, `BODY_ABORTED`.
 */
export function readAll(incoming: Incoming, maxBytes: number): Promise<Bytes> {
  const announced = incoming.contentLength
  if (announced !== null && announced > maxBytes) return Promise.reject(tooLarge(maxBytes))
  if (!incoming.hasBody) return Promise.resolve(new Uint8Array(0))
  const source = incoming.openBody()
  if (source.destroyed) return Promise.reject(aborted())
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let size = 0
    let store: Bytes = new Uint8Array(0)
    let stored = 0
    let isDone = false
    function onData(chunk: Buffer): void {
      size += chunk.length
      if (size > maxBytes) stop(tooLarge(maxBytes))
      else if (chunks.push(chunk) >= maxLooseChunks) {
        store = append(store, stored, chunks, size)
        stored = size
        chunks = []
      }
    }
    function onEnd(): void {
      // The listeners go with the request; taking them off one by one would cost more than the rest.
      isDone = true
      resolve(stored === 0 ? join(chunks, size) : append(store, stored, chunks, size).subarray(0, size))
    }
    function onClose(): void {
      if (!isDone) stop(aborted())
    }
    function stop(error: HttpError): void {
      source.off('data', onData).off('end', onEnd).off('close', onClose)
      source.pause()
      reject(error)
    }
    source.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

/**
 * Appends chunks to a store that doubles when it is full, so that each byte is copied a bounded number of times.
 *
 * Security: every chunk is an object of its own that holds on to the memory it came in. A body of single bytes would
 * otherwise take five hundred times its size.
 */
function append(store: Bytes, stored: number, chunks: readonly Buffer[], size: number): Bytes {
  const grown = size <= store.length ? store : new Uint8Array(Math.max(size, store.length * 2, 16_384))
  if (grown !== store) grown.set(store.subarray(0, stored))
  let offset = stored
  for (const chunk of chunks) {
    grown.set(chunk, offset)
    offset += chunk.length
  }
  return grown
}

/**
 * The body as a web stream of bytes. Takes from Node's stream only what its reader asks for, and touches it only then;
 * `onRead` is called whenever it does. A body that is cut off errors the stream with `BODY_ABORTED`.
 */
export function toWebStream(incoming: Incoming, onRead: () => void): ReadableStream<Bytes> {
  let source: Readable | null = null
  let wake = (): void => undefined
  let cancelled = false
  const onReadable = (): void => wake()
  const detach = (): void => {
    source
      ?.off('readable', onReadable)
      .off('end', onReadable)
      .off('close', onReadable)
      .off('error', onReadable)
  }
  async function next(from: Readable): Promise<Buffer | null> {
    for (;;) {
      const chunk: Buffer | null = from.read()
      if (chunk !== null) return chunk
      if (from.readableEnded || cancelled) return null
      if (from.destroyed) throw aborted()
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
  }
  return new ReadableStream({
    type: 'bytes',
    async pull(controller: ReadableByteStreamController): Promise<void> {
      onRead()
      if (source === null) {
        source = incoming.openBody()
        source
          .on('readable', onReadable)
          .on('end', onReadable)
          .on('close', onReadable)
          .on('error', onReadable)
      }
      try {
        const chunk = await next(source)
        if (cancelled) return
        if (chunk !== null) return controller.enqueue(own(chunk))
        detach()
        controller.close()
        // Streams Standard: a reader that brought a buffer waits until it is told that nothing is in it.
        controller.byobRequest?.respond(0)
      } catch (error) {
        detach()
        throw error
      }
    },
    cancel(): void {
      onRead()
      cancelled = true
      detach()
      wake()
    },
  })
}

/** A stream that has been read to its end, for a body that was. Taking it for a new body is a TypeError. */
export function spentStream(): ReadableStream<Bytes> {
  const stream = new ReadableStream({ type: 'bytes' })
  stream.cancel().catch(() => undefined)
  return stream
}

function join(chunks: readonly Buffer[], size: number): Bytes {
  const [first] = chunks
  if (chunks.length === 1 && first !== undefined) return own(first)
  const joined = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.length
  }
  return joined
}

/**
 * The same bytes in memory that nobody shares. Security: a chunk of HTTP/2 is a window into what came for all streams
 * of its connection, which `bytes.buffer` would open.
 */
function own(chunk: Buffer): Bytes {
  const { buffer } = chunk
  return buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(chunk)
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `Expected a body of at most ${maxBytes} bytes`)
}

function aborted(): HttpError {
  return new HttpError(
    400,
    'BODY_ABORTED',
    'Expected a complete body, the connection was closed before its end',
  )
}
