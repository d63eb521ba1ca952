import type { Writable } from 'node:stream'

/**
 * Writes a stream to a socket as fast as the client takes it. Resolves to true when everything was handed over; to
 * false when the client went away, and then the source is cancelled. Rejects when the source fails.
 */
export async function pump(source: ReadableStream<Uint8Array>, sink: Writable): Promise<boolean> {
  const reader = source.getReader()
  let wake = (): void => undefined
  const onReady = (): void => wake()
  const onClose = (): void => {
    wake()
    // A source that waits for its next chunk is told at once, not when the chunk comes.
    reader.cancel(new Error('The client went away')).catch(() => undefined)
  }
  sink.on('drain', onReady).once('close', onClose)
  try {
    while (!sink.destroyed) {
      // oxlint-disable-next-line no-await-in-loop -- chunks are written in order
      const { done, value } = await reader.read()
      if (done) return !sink.destroyed
      if (!sink.destroyed && !sink.write(value)) {
        // oxlint-disable-next-line no-await-in-loop -- waits until the client has taken what was written
        await new Promise<void>((resolve) => {
          wake = resolve
          if (sink.destroyed) resolve()
        })
      }
    }
    await reader.cancel(new Error('The client went away'))
    return false
  } finally {
    sink.off('drain', onReady).off('close', onClose)
  }
}
