import { RockstarError } from '../../errors/index.ts'
import type { HeaderList } from '../../platform/contract.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Http3BodyReader } from './contract.ts'
import { frameType } from './frame.ts'
import { writeTrailers } from './response-head.ts'
import type { SendSide } from './send-side.ts'

const encoder = new TextEncoder()

/** Up to this size a body is copied behind the head of its frame, so that both are one write, in bytes. */
const joinedBytes = 4_096

/** Where a body goes. */
export interface BodyTarget {
  readonly send: SendSide
  /** Used between two waits only. */
  readonly writer: ByteWriter
  /** What `content-length` says, or null. */
  readonly expectedBytes: number | null
  readonly trailers: (() => HeaderList) | undefined
  /** Bytes of a trailer section that the client takes. */
  readonly maxTrailerBytes: number
}

/** Text as bytes. */
export function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : body
}

/** Writes what the writer holds, and a DATA frame with these bytes. The caller hands them over. */
export function writeData(send: SendSide, writer: ByteWriter, bytes: Uint8Array, fin: boolean): void {
  writer.frameHead(frameType.data, bytes.length)
  if (bytes.length <= joinedBytes) {
    writer.append(bytes)
    send.write(writer.written, fin)
  } else {
    send.write(writer.written, false)
    send.give(bytes, fin)
  }
}

/**
 * Sends a body as fast as the client takes it, never more than one chunk ahead, and ends the stream. Resolves when all
 * was handed over, or the side is over for another reason. Rejects when the reader fails, with `STREAM_LENGTH` when it
 * gives not what was announced.
 */
export async function pumpBody(reader: Http3BodyReader, target: BodyTarget): Promise<void> {
  const { send, writer, expectedBytes } = target
  let size = 0
  while (!send.isOver) {
    if (send.isBlocked) {
      await new Promise<void>((resolve) => send.whenDrained(resolve))
      continue
    }
    const { done, value } = await reader.read()
    if (send.isOver) return
    if (done === true) {
      if (expectedBytes !== null && size !== expectedBytes) throw wrongLength(expectedBytes, String(size))
      finish(target)
      return
    }
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
      throw new TypeError('Expected a body of bytes or text')
    }
    const bytes = toBytes(value)
    size += bytes.length
    if (expectedBytes !== null && size > expectedBytes) throw wrongLength(expectedBytes, 'more')
    if (bytes.length === 0) continue
    writer.reset()
    writeData(send, writer, bytes, false)
  }
}

function finish({ send, writer, trailers, maxTrailerBytes }: BodyTarget): void {
  const fields = trailers?.() ?? []
  if (fields.length === 0) {
    send.end()
    return
  }
  writeTrailers(writer, fields, maxTrailerBytes)
  send.write(writer.written, true)
}

/** RFC 9114 §4.1.2: the client would call it malformed. */
function wrongLength(expected: number, given: string): RockstarError {
  return new RockstarError(
    'STREAM_LENGTH',
    `Expected a stream of ${expected} bytes as its content-length says, got ${given}`,
  )
}
