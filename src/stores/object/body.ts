import { RockstarError } from '../../errors/index.ts'
import type { ObjectBody, ObjectGetOptions, ObjectPutOptions } from './contract.ts'
import { rangeError } from './error.ts'

/**
 * The body of a `put`, chunk by chunk, within the bounds of its options: `STORE_TOO_LARGE` above `maxBytes`, the
 * signal's reason when it aborts, also while the stream gives nothing. A stream that is not read to its end is
 * cancelled.
 */
export async function* objectChunks(
  body: ObjectBody,
  options: ObjectPutOptions,
): AsyncGenerator<Uint8Array, void> {
  const { signal, maxBytes = Infinity } = options
  const reader = toStream(body).getReader()
  const abort = (): void => {
    reader.cancel(signal?.reason).catch(() => undefined)
  }
  signal?.addEventListener('abort', abort, { once: true })
  let sizeBytes = 0
  let ended = false
  try {
    while (true) {
      signal?.throwIfAborted()
      const { done, value } = await reader.read()
      // An aborted stream ends like one that is complete.
      signal?.throwIfAborted()
      if (done) {
        ended = true
        return
      }
      sizeBytes += value.byteLength
      if (sizeBytes > maxBytes) {
        throw new RockstarError(
          'STORE_TOO_LARGE',
          `Expected an object of at most ${maxBytes} bytes, got more`,
        )
      }
      yield value
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    if (!ended) await reader.cancel().catch(() => undefined)
  }
}

/** Cancels the body of a `put` that failed before its first byte was read. */
export async function discardBody(body: ObjectBody): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array || body.locked) return
  await body.cancel().catch(() => undefined)
}

/** The first byte and the number of bytes that a `get` is about; throws `STORE_RANGE`. */
export function resolveRange(
  range: ObjectGetOptions['range'],
  sizeBytes: number,
): { start: number; length: number } {
  if (range === undefined) return { start: 0, length: sizeBytes }
  const { start, end } = range
  if (!Number.isInteger(start) || start < 0 || !(end >= start) || start >= sizeBytes)
    throw rangeError(range, sizeBytes)
  return { start, length: Math.min(Math.floor(end), sizeBytes - 1) - start + 1 }
}

function toStream(body: ObjectBody): ReadableStream<Uint8Array> {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return new ReadableStream({
    start(controller): void {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}
