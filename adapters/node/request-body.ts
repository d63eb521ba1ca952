import type { Readable } from 'node:stream'
import { HttpError } from '../../src/errors/index.ts'
import type { Incoming } from './incoming.ts'

/** Reads a whole body straight from Node's stream: no web stream, one copy at most. */
export function readAll(incoming: Incoming, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const announced = incoming.contentLength
  if (announced !== null && announced > maxBytes) return Promise.reject(tooLarge(maxBytes))
  const source = incoming.openBody()
  if (source === null) return Promise.resolve(new Uint8Array(0))
  if (source.destroyed) return Promise.reject(aborted())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    function onData(chunk: Buffer): void {
      size += chunk.length
      if (size > maxBytes) finish(tooLarge(maxBytes))
      else chunks.push(chunk)
    }
    function onEnd(): void {
      finish(null)
    }
    function onClose(): void {
      finish(aborted())
    }
    function finish(error: HttpError | null): void {
      source?.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      if (error === null) resolve(join(chunks, size))
      else {
        source?.pause()
        reject(error)
      }
    }
    source.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/** The body as a web stream: pulled, never pushed; a body that is cut off errors the stream. */
export function toWebStream(source: Readable, onRead: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  let detach = (): void => undefined
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller): void {
        function onData(chunk: Buffer): void {
          controller.enqueue(copy(chunk))
          source.pause()
        }
        function onEnd(): void {
          detach()
          controller.close()
        }
        function onClose(): void {
          detach()
          controller.error(aborted())
        }
        detach = () => void source.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
        source.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
        source.pause()
      },
      pull(): void {
        onRead()
        source.resume()
      },
      cancel(): void {
        onRead()
        detach()
        source.pause()
      },
    },
    { highWaterMark: 0 },
  )
}

function join(chunks: readonly Buffer[], size: number): Uint8Array<ArrayBuffer> {
  const [first] = chunks
  if (chunks.length === 1 && first !== undefined) return copy(first)
  const joined = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.length
  }
  return joined
}

/** A view is enough: Node gives each chunk of a socket memory of its own. */
function copy(chunk: Buffer): Uint8Array<ArrayBuffer> {
  return chunk.buffer instanceof ArrayBuffer ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : new Uint8Array(chunk)
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `Expected a body of at most ${maxBytes} bytes`)
}

function aborted(): HttpError {
  return new HttpError(400, 'BODY_ABORTED', 'Expected a complete body, the connection was closed before its end')
}
