import type { Writable } from 'node:stream'
import { RockstarError } from '../../src/errors/index.ts'
import type { BodyReader } from './handler.ts'
import { lengthOf } from './handler.ts'

/** A connection that takes the body of one answer. */
export interface Sink {
  readonly writable: Writable
  /** Has the client gone away, even if nobody was told yet? */
  isGone(): boolean
  /** See `Incoming.onGone`. */
  onGone(listener: () => void): () => void
  /** Sends the head now instead of together with the first chunk. */
  flushHead(): void
}

/**
 * Writes a stream as fast as the client takes it, and never more than one chunk ahead. Resolves to true when everything
 * was handed over; to false when the client went away, and then the source is cancelled at once. Rejects when the
 * source fails, or with `STREAM_LENGTH` when it gives not exactly `expectedBytes`; null is any number of them.
 */
export async function pump(reader: BodyReader, sink: Sink, expectedBytes: number | null): Promise<boolean> {
  const { writable } = sink
  let isGone = false
  let wake = (): void => undefined
  const onDrain = (): void => wake()
  const stopWatching = sink.onGone(() => {
    isGone = true
    // A source that waits for its next chunk is told at once, not when the chunk comes.
    reader.cancel(new Error('The client went away')).catch(() => undefined)
    wake()
  })
  // A client sees the head of an answer whose body is slow to come; that of a quick one goes with its first chunk.
  const flushing = setImmediate(() => sink.flushHead())
  writable.on('drain', onDrain)
  let size = 0
  try {
    while (!isGone) {
      const { done, value } = await reader.read()
      if (isGone) break
      if (done) {
        if (expectedBytes !== null && size !== expectedBytes) throw wrongLength(expectedBytes, size)
        return true
      }
      clearImmediate(flushing)
      size += lengthOf(value)
      if (expectedBytes !== null && size > expectedBytes) throw wrongLength(expectedBytes, size)
      if (writable.write(value)) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
    return false
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    // A body that is the request's own fails when its client goes away, before anything else tells so.
    if (isGone || sink.isGone()) return false
    throw error
  } finally {
    clearImmediate(flushing)
    stopWatching()
    writable.off('drain', onDrain)
  }
}

/** Security: fewer bytes than announced would make the client take the next answer for the rest of this one. */
function wrongLength(expected: number, given: number): RockstarError {
  return new RockstarError(
    'STREAM_LENGTH',
    `Expected a stream of ${expected} bytes as its content-length says, got ${given > expected ? 'more' : String(given)}`,
  )
}
