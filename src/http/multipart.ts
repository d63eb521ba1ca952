import { HttpError } from '../errors/index.ts'
import { readStreamedBody } from './read-stream.ts'
import { MultipartReader } from './multipart-reader.ts'

/** Bounds of a `multipart/form-data` body. Passing one is 413, or 400 for what is malformed. */
export interface MultipartLimits {
  /** The whole body in bytes, 0 to 2^53-1. Default: 64 MiB. */
  readonly totalBytes: number
  /** One part's content in bytes, 0 to 2^53-1. Default: 64 MiB. */
  readonly partBytes: number
  /** 1 to 1,000,000. Default: 1,000. */
  readonly parts: number
  /** The header of one part in bytes, 64 to 1,048,576. Default: 8 KiB. */
  readonly headerBytes: number
}

/** One part of a form. Its content is read once, before the next part is asked for. */
export interface Part {
  /** The field's name. */
  readonly name: string
  /** What the client calls the file, without folders; undefined for a field that is no file. Never a path to write to. */
  readonly fileName: string | undefined
  /** As the client says; `text/plain` when it says nothing. */
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
const maxTextBytes = 1_048_576

/**
 * The parts of a `multipart/form-data` body (RFC 7578) one after the other, in flat memory whatever their size. A part
 * that was not read is skipped. Leaving the loop cancels the body. 415 for another media type.
 */
export async function* readMultipart(
  request: Pick<Request, 'headers' | 'body'>,
  given: Partial<MultipartLimits> = {},
): AsyncGenerator<Part, void, undefined> {
  const limits = { ...defaults, ...given }
  const boundary = boundaryOf(request.headers.get('content-type') ?? '')
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limits.totalBytes) throw tooLarge('a form', limits.totalBytes)
  if (request.body === null) throw new HttpError(400, 'BODY_MALFORMED', 'Expected a form, got an empty body')
  const reader = new MultipartReader(request.body, boundary, limits)
  try {
    for (let count = 0; ; count++) {
      const headers = await reader.nextPart()
      if (headers === null) return
      if (count >= limits.parts)
        throw new HttpError(413, 'LIMIT_EXCEEDED', `Expected at most ${limits.parts} parts`)
      yield createPart(headers, reader)
    }
  } finally {
    await reader.close()
  }
}

function createPart(headers: ReadonlyMap<string, string>, reader: MultipartReader): Part {
  const disposition = headers.get('content-disposition') ?? ''
  const name = parameter(disposition, 'name')
  if (!/^form-data\s*(?:;|$)/i.test(disposition) || name === undefined) {
    throw new HttpError(400, 'BODY_MALFORMED', 'Expected a part with a form-data disposition and a name')
  }
  const fileName = parameter(disposition, 'filename')
  const chunks = reader.content()
  function stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller): Promise<void> {
          const next = await chunks.next()
          if (next.done === true) controller.close()
          else controller.enqueue(next.value)
        },
        async cancel(): Promise<void> {
          await chunks.return(undefined)
        },
      },
      { highWaterMark: 0 },
    )
  }
  const bytes = (maxBytes: number = maxTextBytes): Promise<Uint8Array<ArrayBuffer>> =>
    readStreamedBody(stream(), null, maxBytes)
  return {
    name,
    fileName: fileName === undefined ? undefined : baseName(fileName),
    mediaType: headers.get('content-type') ?? 'text/plain',
    headers,
    stream,
    bytes,
    async text(maxBytes?: number): Promise<string> {
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(await bytes(maxBytes))
      } catch (error) {
        if (error instanceof HttpError) throw error
        throw new HttpError(400, 'BODY_MALFORMED', 'Expected a part in UTF-8', { cause: error })
      }
    },
  }
}

/** RFC 2046 §5.1.1: 1 to 70 characters of a fixed set, the last no space. */
function boundaryOf(contentType: string): string {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) {
    throw new HttpError(415, 'MEDIA_TYPE_UNSUPPORTED', 'Expected a body of multipart/form-data', {
      headers: { accept: 'multipart/form-data' },
    })
  }
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))\s*(?:;|$)/i.exec(contentType)
  const text = boundary?.[1] ?? boundary?.[2] ?? ''
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(text)) {
    throw new HttpError(400, 'BODY_MALFORMED', 'Expected a boundary of 1 to 70 characters in Content-Type')
  }
  return text
}

/** RFC 7578 §4.2 and the HTML Standard: a quoted value in which only `"`, CR and LF are percent-encoded. */
function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s";]*))`, 'i').exec(disposition)
  const raw = match?.[1] ?? match?.[2]
  if (raw === undefined) return undefined
  const value = raw.replace(/\\(["\\])/g, '$1').replace(/%(22|0D|0A)/gi, decodeURIComponent)
  if (value.includes('\0')) throw new HttpError(400, 'BODY_MALFORMED', `Expected a ${name} without NUL`)
  return value
}

/** Security: a name with folders in it must not lead out of the folder that an application writes to. */
function baseName(fileName: string): string {
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
  return name === '.' || name === '..' ? '' : name
}

function tooLarge(what: string, maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `Expected ${what} of at most ${maxBytes} bytes`)
}
