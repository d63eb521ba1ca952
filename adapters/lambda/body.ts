import type { HeaderList } from '../../src/platform/index.ts'
import type { Deadline } from './deadline.ts'
import { fieldOf } from './incoming.ts'
import type { Captured } from './response.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A body as a result has it. */
export interface Payload {
  readonly body: string
  readonly isBase64Encoded: boolean
}

const empty: Payload = { body: '', isBase64Encoded: false }
const textual =
  /^\s*(?:text\/|application\/(?:(?:[\w.-]+\+)?(?:json|xml)|javascript|x-www-form-urlencoded|graphql|x-ndjson|json-seq)\b|image\/svg\+xml)/i

/** The status alone forbids a body (RFC 9110 §15.3.5, §15.3.6, §15.4.5), or the method does (§9.3.2). */
export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 205 || status === 304
}

/**
 * The fields as they are sent. An answer to HEAD says how long its body would be, where that is known (RFC 9110
 * §9.3.2).
 */
export function fieldsOf({ body, status, headers }: Captured, method: string): HeaderList {
  if (method !== 'HEAD' || body === null || body instanceof ReadableStream) return headers
  if (status === 204 || status === 304 || fieldOf(headers, 'content-length') !== null) return headers
  const size =
    typeof body === 'string'
      ? Buffer.byteLength(body)
      : body instanceof Uint8Array
        ? body.byteLength
        : body.size
  return [...headers, 'content-length', String(size)]
}

/**
 * Reads a body whole: text as it is, everything else as Base64. Null when it is longer than `maxBytes`; it is read no
 * further then. Rejects with `HANDLER_TIMEOUT` when it takes longer than the event may.
 */
export function toPayload(
  { body, headers }: Captured,
  maxBytes: number,
  deadline: Deadline,
): Payload | null | Promise<Payload | null> {
  if (body === null) return empty
  const isText = isTextual(headers)
  if (typeof body === 'string') {
    if (isText || isPlain(headers)) return { body: body.toWellFormed(), isBase64Encoded: false }
    return toText(Buffer.from(body), isText)
  }
  if (body instanceof Uint8Array) return body.byteLength > maxBytes ? null : toText(body, isText)
  return readWhole(body instanceof ReadableStream ? body : body.stream(), maxBytes, deadline).then((bytes) =>
    bytes === null ? null : toText(bytes, isText),
  )
}

/** Lets go of a body that nobody will read. */
export function discard({ body }: Captured): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => undefined)
}

async function readWhole(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  deadline: Deadline,
): Promise<Bytes | null> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await deadline.bound(reader.read())
      if (done) return new Uint8Array(Buffer.concat(chunks, size))
      size += value.byteLength
      if (size > maxBytes) {
        reader.cancel().catch(() => undefined)
        return null
      }
      chunks.push(value)
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    throw error
  }
}

/** Bytes are text only where the media type says so and they are UTF-8. */
function toText(bytes: Uint8Array, isText: boolean): Payload {
  if (isText) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
      return { body: text, isBase64Encoded: false }
    } catch {
      // Another charset, or not what it says.
    }
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { body: view.toString('base64'), isBase64Encoded: true }
}

function isTextual(headers: HeaderList): boolean {
  return isPlain(headers) && textual.test(fieldOf(headers, 'content-type') ?? '')
}

/** A coded body is no text, whatever is in it. */
function isPlain(headers: HeaderList): boolean {
  const coding = fieldOf(headers, 'content-encoding')
  return coding === null || coding === '' || coding === 'identity'
}
