/** What can be sent as it comes. */
export type StreamSource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>

/** Is `value` a stream or an async iterable? */
export function isStreamSource(value: object): value is StreamSource {
  return 'getReader' in value || Symbol.asyncIterator in value
}

/**
 * Makes a byte stream of an async iterable; a stream is returned as it is. Pulls only when the reader wants more, and
 * ends the iterable (`return()`) when the reader cancels. Strings are encoded as UTF-8.
 */
export function toByteStream(source: StreamSource): ReadableStream<Uint8Array> {
  if ('getReader' in source) return source
  const iterator = source[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller): Promise<void> {
        const next = await iterator.next()
        if (next.done === true) controller.close()
        else controller.enqueue(typeof next.value === 'string' ? encoder.encode(next.value) : next.value)
      },
      async cancel(reason): Promise<void> {
        await iterator.return?.(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
