import { HttpError } from '../errors/index.ts'
import { assertIdentity } from './body.ts'
import { MultipartReader } from './multipart-reader.ts'
import { parseMediaType, parseParameters } from './parameters.ts'
import { bodyUsed, readStreamedBody, tooLarge } from './read-stream.ts'
import { decodeUtf8 } from './utf8.ts'

/** Bounds of a `multipart/form-data` body. Passing one is 413: `BODY_TOO_LARGE` for bytes, else `LIMIT_EXCEEDED`. */
export interface MultipartLimits {
  /** The whole body in bytes, 0 to 2^53-1. Default: 64 MiB. */
  readonly totalBytes: number
  /** One part's content in bytes, 0 to 2^53-1. A part that is skipped may be longer. Default: 64 MiB. */
  readonly partBytes: number
  /** 1 to 1,000,000. Default: 1,000. */
  readonly parts: number
  /** The header of one part in bytes, 64 to 1,048,576. Default: 8 KiB. */
  readonly headerBytes: number
}

/** One part of a form. Its content is read once, before the next part is asked for; later it is `BODY_USED`. */
export interface Part {
  /** The field's name. */
  readonly name: string
  /** What the client calls the file, without folders; undefined for a field that is no file. Never a path to write to. */
  readonly fileName: string | undefined
  /** As the client says, not to be believed; `text/plain` when it says nothing. */
  readonly mediaType: string
  /** Fields of the part's header by lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** The content as it arrives: what is not read is not taken from the client. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>
  /** The whole content, at most `maxBytes`. Default: 1 MiB. */
  bytes(maxBytes?: number): Promise<Uint8Array<ArrayBuffer>>
  /** The whole content as UTF-8, at most `maxBytes` bytes. Default: 1 MiB. */
  text(maxBytes?: number): Promise<string>
}

const defaults: MultipartLimits = {
  totalBytes: 67_108_864,
  partBytes: 67_108_864,
  parts: 1000,
  headerBytes: 8192,
}
/** The smallest and the largest value of each limit. */
const ranges: { readonly [Name in keyof MultipartLimits]: readonly [number, number] } = {
  totalBytes: [0, Number.MAX_SAFE_INTEGER],
  partBytes: [0, Number.MAX_SAFE_INTEGER],
  parts: [1, 1_000_000],
  headerBytes: [64, 1_048_576],
}
const maxTextBytes = 1_048_576
const maxFields = 32

/**
 * The parts of a `multipart/form-data` body (RFC 7578) one after the other, in flat memory whatever their size. A part
 * that was not read is skipped. Leaving the loop cancels the body.
 *
 * Nothing is read before the first part is asked for; errors come there: 415 for another media type or a content
 * coding, 400 (`BODY_MALFORMED`, `BODY_ABORTED`) for a body that is malformed or has no end, `BODY_USED`, and
 * `RangeError` for a limit out of its range.
 */
export async function* readMultipart(
  request: Pick<Request, 'headers' | 'body' | 'bodyUsed'>,
  given: Partial<MultipartLimits> = {},
): AsyncGenerator<Part, void, undefined> {
  const limits = completeLimits(given)
  const { headers } = request
  assertIdentity(headers)
  const boundary = boundaryOf(headers.get('content-type') ?? '')
  if (Number(headers.get('content-length')) > limits.totalBytes) throw tooLarge('a form', limits.totalBytes)
  const { body } = request
  if (request.bodyUsed || body?.locked === true) throw bodyUsed()
  if (body === null) throw malformed('a form, got an empty body')
  const reader = new MultipartReader(body, boundary, limits)
  try {
    for (let count = 0; ; count++) {
      const header = await reader.nextHeader()
      if (header === null) return
      if (count >= limits.parts) {
        throw new HttpError(413, 'LIMIT_EXCEEDED', `Expected at most ${limits.parts} parts, got more`)
      }
      yield createPart(parseFields(header), reader)
    }
  } finally {
    await reader.close()
  }
}

/** Security: a limit that is no number would be one that nothing exceeds. */
function completeLimits(given: Partial<MultipartLimits>): MultipartLimits {
  const limits = { ...defaults, ...given }
  for (const name of ['totalBytes', 'partBytes', 'parts', 'headerBytes'] as const) {
    const [min, max] = ranges[name]
    const value = limits[name]
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new RangeError(`Expected ${name} to be a whole number from ${min} to ${max}, got ${value}`)
    }
  }
  return limits
}

function createPart(headers: ReadonlyMap<string, string>, reader: MultipartReader): Part {
  const { name, fileName } = readDisposition(headers)
  const coding = headers.get('content-transfer-encoding') ?? 'binary'
  // RFC 7578 §4.7 has no encodings; content in base64 must not be taken for what it encodes.
  if (!/^(?:7bit|8bit|binary)$/i.test(coding)) {
    throw new HttpError(415, 'MEDIA_TYPE_UNSUPPORTED', 'Expected a part without transfer encoding')
  }
  const read = reader.openContent()
  let isUsed = false
  function stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (isUsed) throw bodyUsed()
    isUsed = true
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller): Promise<void> {
          const chunk = await read()
          if (chunk === null) controller.close()
          else controller.enqueue(chunk)
        },
      },
      { highWaterMark: 0 },
    )
  }
  async function bytes(maxBytes: number = maxTextBytes): Promise<Uint8Array<ArrayBuffer>> {
    return readStreamedBody(stream(), null, maxBytes)
  }
  return {
    name,
    fileName,
    mediaType: headers.get('content-type') || 'text/plain',
    headers,
    stream,
    bytes,
    text: async (maxBytes?: number) => decodeUtf8(await bytes(maxBytes), 'a part'),
  }
}

/** RFC 2046 §5.1.1: 1 to 70 characters of a fixed set, the last no space. */
function boundaryOf(contentType: string): string {
  const mediaType = parseMediaType(contentType)
  if (mediaType?.essence !== 'multipart/form-data') {
    throw new HttpError(415, 'MEDIA_TYPE_UNSUPPORTED', 'Expected a body of multipart/form-data', {
      headers: { accept: 'multipart/form-data' },
    })
  }
  const boundary = mediaType.parameters.get('boundary') ?? ''
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)) {
    throw malformed('a boundary of 1 to 70 characters in Content-Type')
  }
  return boundary
}

/** The fields of a part's header (RFC 2046 §5.1), each once and on one line. */
function parseFields(header: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  if (header === '') return fields
  const lines = header.split('\r\n', maxFields + 1)
  if (lines.length > maxFields) {
    throw new HttpError(413, 'LIMIT_EXCEEDED', `Expected a part header of at most ${maxFields} fields`)
  }
  for (const line of lines) {
    const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\u{10ffff}]*)$/u.exec(line)
    const name = match?.[1]?.toLowerCase()
    if (name === undefined || fields.has(name)) {
      throw malformed('part headers of a name, a colon and a value without control characters, each once')
    }
    fields.set(name, match?.[2]?.trimEnd() ?? '')
  }
  return fields
}

/** RFC 7578 §4.2. `filename*` is not looked at: the standard forbids it, and a second name could say something else. */
function readDisposition(headers: ReadonlyMap<string, string>): Pick<Part, 'name' | 'fileName'> {
  const disposition = parseParameters(headers.get('content-disposition') ?? '')
  const name = disposition?.parameters.get('name')
  if (disposition?.value !== 'form-data' || name === undefined) {
    throw malformed('a part with a form-data disposition and a name')
  }
  const fileName = disposition.parameters.get('filename')
  return {
    name: unescapeName(name),
    fileName: fileName === undefined ? undefined : baseName(unescapeName(fileName)),
  }
}

/** The HTML Standard, multipart/form-data encoding algorithm: of a name only `"`, CR and LF are percent-encoded. */
function unescapeName(name: string): string {
  return name.replace(/%(?:22|0D|0A)/gi, decodeURIComponent)
}

/** Security: a name with folders in it must not lead out of the folder that an application writes to. */
function baseName(fileName: string): string {
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
  return name === '.' || name === '..' ? '' : name
}

function malformed(expected: string): HttpError {
  return new HttpError(400, 'BODY_MALFORMED', `Expected ${expected}`)
}
