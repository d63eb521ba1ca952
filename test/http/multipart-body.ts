/** One part as it stands on the wire. */
export interface WirePart {
  /** Lines of its header. */
  readonly header: readonly string[]
  readonly content: string | Uint8Array
}

const encoder = new TextEncoder()

/** The body of a form of these parts. */
export function encodeForm(boundary: string, parts: readonly WirePart[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.flatMap(({ header, content }) => [
    encoder.encode(`--${boundary}\r\n${header.map((line) => `${line}\r\n`).join('')}\r\n`),
    typeof content === 'string' ? encoder.encode(content) : content,
    encoder.encode('\r\n'),
  ])
  return concat([...pieces, encoder.encode(`--${boundary}--\r\n`)])
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    joined.set(piece, offset)
    offset += piece.length
  }
  return joined
}

/** A stream that gives these bytes cut at these places. Makes a chunk only when it is asked for one. */
export function streamOf(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const ends = [...cuts, bytes.length]
  let next = 0
  let start = 0
  return new ReadableStream(
    {
      pull(controller) {
        const end = ends[next++]
        if (end === undefined) return controller.close()
        controller.enqueue(new Uint8Array(bytes.subarray(start, end)))
        start = end
      },
    },
    { highWaterMark: 0 },
  )
}

/** What `readMultipart()` needs of a request. */
export function formRequest(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array | null,
  contentType = 'multipart/form-data; boundary=b',
  headers: Record<string, string> = {},
): Pick<Request, 'headers' | 'body' | 'bodyUsed'> {
  return {
    headers: new Headers({ 'content-type': contentType, ...headers }),
    body: body instanceof Uint8Array ? streamOf(body) : body,
    bodyUsed: false,
  }
}
