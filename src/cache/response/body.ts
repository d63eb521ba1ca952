import type { Clock } from '../../platform/contract.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A body that was read to its end, or what of it has come so far with the rest. */
export type Collected =
  | { readonly kind: 'whole'; readonly bytes: Bytes }
  | { readonly kind: 'open'; readonly body: ReadableStream<Uint8Array> }

/** Reads a body within bounds. What passes them is handed on as a stream, none of it lost. */
export async function collectBody(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  maxMs: number,
  clock: Clock,
): Promise<Collected> {
  if (body === null) return { kind: 'whole', bytes: new Uint8Array(0) }
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  const late = Promise.withResolvers<null>()
  const cancel = clock.schedule(maxMs, () => late.resolve(null))
  try {
    for (let sizeBytes = 0; ;) {
      const next = reader.read()
      const read = await Promise.race([next, late.promise])
      if (read === null) return { kind: 'open', body: resume(chunks, reader, next) }
      if (read.done) return { kind: 'whole', bytes: join(chunks, sizeBytes) }
      chunks.push(read.value)
      sizeBytes += read.value.byteLength
      if (sizeBytes > maxBytes) return { kind: 'open', body: resume(chunks, reader, null) }
    }
  } finally {
    cancel()
  }
}

/** A stream of what was read, of the read under way, and of the rest. */
function resume(
  chunks: readonly Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
  pending: Promise<ReadableStreamReadResult<Uint8Array>> | null,
): ReadableStream<Uint8Array> {
  const first = chunks.values()
  let underWay = pending
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = first.next()
        if (chunk.done !== true) return controller.enqueue(chunk.value)
        const read = await (underWay ?? reader.read())
        underWay = null
        if (read.done) controller.close()
        else controller.enqueue(read.value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function join(chunks: readonly Uint8Array[], sizeBytes: number): Bytes {
  const bytes = new Uint8Array(sizeBytes)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
