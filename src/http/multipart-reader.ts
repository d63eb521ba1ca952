import { HttpError } from '../errors/index.ts'

/** What the reader needs of the limits. */
export interface ReaderLimits {
  readonly totalBytes: number
  readonly partBytes: number
  readonly headerBytes: number
}

const carriageReturn = 13
const lineFeed = 10
const hyphen = 45
const decoder = { fatal: true, ignoreBOM: true }

/**
 * Cuts a stream at its boundaries (RFC 2046 §5.1.1). Holds no more than one chunk and what a boundary or a header may
 * be split over. Linear in the size of the body, whatever is in it.
 */
export class MultipartReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  /** The boundary with the line break and the hyphens before it. */
  readonly #delimiter: Uint8Array
  readonly #limits: ReaderLimits
  /** A line break stands before the first boundary in thought, so that it is found like all others. */
  #buffer: Uint8Array = new Uint8Array([carriageReturn, lineFeed])
  #totalBytes = 0
  #partBytes = 0
  /** Is the content of a part (or the preamble) being read? */
  #inContent = true
  #ended = false

  constructor(stream: ReadableStream<Uint8Array>, boundary: string, limits: ReaderLimits) {
    this.#reader = stream.getReader()
    this.#delimiter = new TextEncoder().encode(`\r\n--${boundary}`)
    this.#limits = limits
  }

  /** The header of the next part, or null behind the last one. Skips what is left of the current part. */
  async nextPart(): Promise<ReadonlyMap<string, string> | null> {
    while ((await this.#nextChunk()) !== null) {
      // The rest of a part that nobody read, or the preamble.
    }
    this.#partBytes = 0
    if (await this.#isClosing()) {
      this.#ended = true
      return null
    }
    await this.#skipPadding()
    const headers = parseHeaders(await this.#readHeader())
    this.#inContent = true
    return headers
  }

  /** The content of the current part, chunk by chunk. */
  async *content(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (let chunk = await this.#nextChunk(); chunk !== null; chunk = await this.#nextChunk()) {
      this.#partBytes += chunk.byteLength
      if (this.#partBytes > this.#limits.partBytes) {
        throw new HttpError(
          413,
          'BODY_TOO_LARGE',
          `Expected a part of at most ${this.#limits.partBytes} bytes`,
        )
      }
      if (chunk.byteLength > 0) yield new Uint8Array(chunk)
    }
  }

  /** Ends reading; what is left of the body is cancelled. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#reader.cancel().catch(() => undefined)
    this.#reader.releaseLock()
  }

  /** The next bytes of the current content, or null at its end. */
  async #nextChunk(): Promise<Uint8Array | null> {
    if (!this.#inContent) return null
    for (;;) {
      const found = indexOf(this.#buffer, this.#delimiter)
      if (found !== -1) {
        const chunk = this.#take(found)
        this.#take(this.#delimiter.length)
        this.#inContent = false
        return chunk.byteLength > 0 ? chunk : null
      }
      // What may be the beginning of a boundary stays until more has come.
      const safe = this.#buffer.length - this.#delimiter.length + 1
      if (safe > 0) return this.#take(safe)
      await this.#fill()
    }
  }

  async #isClosing(): Promise<boolean> {
    await this.#atLeast(2)
    return this.#buffer[0] === hyphen && this.#buffer[1] === hyphen
  }

  /** RFC 2046 §5.1.1 lets white space stand between a boundary and its line break. */
  async #skipPadding(): Promise<void> {
    for (let count = 0; count <= 256; count++) {
      await this.#atLeast(2)
      const [first, second] = this.#buffer
      if (first === carriageReturn && second === lineFeed) {
        this.#take(2)
        return
      }
      if (first !== 32 && first !== 9) break
      this.#take(1)
    }
    throw malformed('a line break behind a boundary')
  }

  async #readHeader(): Promise<string> {
    const { headerBytes } = this.#limits
    const end = new Uint8Array([carriageReturn, lineFeed, carriageReturn, lineFeed])
    for (;;) {
      const found = indexOf(this.#buffer, end)
      if (found > headerBytes || (found === -1 && this.#buffer.length > headerBytes + end.length)) {
        throw new HttpError(413, 'LIMIT_EXCEEDED', `Expected a part header of at most ${headerBytes} bytes`)
      }
      if (found !== -1) {
        const header = this.#take(found)
        this.#take(end.length)
        return decodeHeader(header)
      }
      await this.#fill()
    }
  }

  async #atLeast(bytes: number): Promise<void> {
    while (this.#buffer.length < bytes) await this.#fill()
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#read()
    if (done)
      throw new HttpError(400, 'BODY_ABORTED', 'Expected a closing boundary, the body ended before it')
    this.#totalBytes += value.byteLength
    if (this.#totalBytes > this.#limits.totalBytes) {
      throw new HttpError(
        413,
        'BODY_TOO_LARGE',
        `Expected a form of at most ${this.#limits.totalBytes} bytes`,
      )
    }
    if (this.#buffer.length === 0) {
      this.#buffer = value
    } else {
      const joined = new Uint8Array(this.#buffer.length + value.byteLength)
      joined.set(this.#buffer)
      joined.set(value, this.#buffer.length)
      this.#buffer = joined
    }
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      return await this.#reader.read()
    } catch (error) {
      if (error instanceof HttpError) throw error
      throw new HttpError(
        400,
        'BODY_ABORTED',
        'Expected a complete body, the connection was closed before its end',
        { cause: error },
      )
    }
  }

  #take(length: number): Uint8Array {
    const taken = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return taken
  }
}

/** Where `needle` begins in `bytes`, or -1. The engine's own search finds the first byte; a boundary is short. */
function indexOf(bytes: Uint8Array, needle: Uint8Array): number {
  const [first = 0] = needle
  const last = bytes.length - needle.length
  for (let at = bytes.indexOf(first); at !== -1 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let length = 1
    while (length < needle.length && bytes[at + length] === needle[length]) length++
    if (length === needle.length) return at
  }
  return -1
}

function decodeHeader(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', decoder).decode(bytes)
  } catch (error) {
    throw new HttpError(400, 'BODY_MALFORMED', 'Expected a part header in UTF-8', { cause: error })
  }
}

function parseHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (colon < 1 || !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || headers.has(name)) {
      throw malformed('part headers of a name, a colon and a value, each once')
    }
    headers.set(name, line.slice(colon + 1).trim())
  }
  return headers
}

function malformed(expected: string): HttpError {
  return new HttpError(400, 'BODY_MALFORMED', `Expected ${expected}`)
}
