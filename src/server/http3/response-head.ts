import { RockstarError } from '../../errors/index.ts'
import type { HeaderList } from '../../platform/contract.ts'
import type { ByteWriter } from './byte-writer.ts'
import { frameType } from './frame.ts'
import { writeField, writeSectionPrefix } from './qpack-encoder.ts'
import { isConnectionField } from './request-head.ts'

/** What a header section is written for. */
export interface HeadOptions {
  /** The length of the body in bytes, or null to name none. A given one is left out. */
  readonly contentLength: number | null
  /** Bytes of a section that the client takes. */
  readonly maxBytes: number
}

/**
 * Writes the HEADERS frame of an answer. Fields of a connection of HTTP/1.1 are left out. Throws `HEADER_INVALID`, and
 * `LIMIT_EXCEEDED` when the client does not take so much.
 */
export function writeResponseHead(
  writer: ByteWriter,
  status: number,
  fields: HeaderList,
  { contentLength, maxBytes }: HeadOptions,
): void {
  writer.reset()
  writeSectionPrefix(writer)
  let size = writeField(writer, ':status', String(status))
  size += writeFields(writer, fields)
  if (contentLength !== null) size += writeField(writer, 'content-length', String(contentLength))
  finish(writer, size, maxBytes)
}

/** Writes the HEADERS frame of trailers; the same errors. */
export function writeTrailers(writer: ByteWriter, fields: HeaderList, maxBytes: number): void {
  writer.reset()
  writeSectionPrefix(writer)
  finish(writer, writeFields(writer, fields), maxBytes)
}

function writeFields(writer: ByteWriter, fields: HeaderList): number {
  let size = 0
  for (let index = 1; index < fields.length; index += 2) {
    const name = fields[index - 1] ?? ''
    if (isConnectionField(name) || name === 'te' || name === 'content-length') continue
    // Only what is written here may be a pseudo-header field; its colon is no token.
    if (name.charCodeAt(0) === 0x3a) throw pseudoField()
    size += writeField(writer, name, fields[index] ?? '')
  }
  return size
}

/** RFC 9114 §4.2.2: the client would throw it away. */
function finish(writer: ByteWriter, size: number, maxBytes: number): void {
  if (size > maxBytes) {
    throw new RockstarError(
      'LIMIT_EXCEEDED',
      `Expected a section of at most ${maxBytes} bytes, which the client takes, got ${size}; send fewer fields`,
    )
  }
  writer.prependFrameHead(frameType.headers)
}

function pseudoField(): RockstarError {
  return new RockstarError('HEADER_INVALID', 'Expected a header name, got one with a colon before it')
}
