import { HttpError } from '../errors/index.ts'
import { ByteWindow, createNeedle, findNeedle } from './byte-window.ts'
import type { Needle } from './byte-window.ts'
import { bodyUsed, cancelQuietly, readChunk, tooLarge } from './read-stream.ts'
import { decodeUtf8 } from './utf8.ts'

/** What the reader needs of the limits. */
export interface ReaderLimits {
  readonly totalBytes: number
  readonly partBytes: number
  readonly headerBytes: number
}

const carriageReturn = 13
const lineFeed = 10
const hyphen = 45
const maxPadding = 256
const maxEpilogue = 65_536

/**
 * Cuts a stream at its boundaries (RFC 2046 §5.1.1). Holds no more than one chunk and what a boundary or a header may
 * be split over. Linear in the size of the body, whatever is in it.
 */
export class MultipartReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  /** The boundary with the line break and the hyphens before it. */
  readonly #delimiter: Needle
  readonly #limits: ReaderLimits
  readonly #window = new ByteWindow()
  #totalBytes = 0
  #partBytes = 0
  /** The number of the current part; the preamble is 0. Content of an earlier one is gone. */
  #part = 0
  /** Is the content of a part (or the preamble) being read? */
  #inContent = true
  #isClosed = false
  /** Settles when all who wanted to read before have done so. Never rejects. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(stream: ReadableStream<Uint8Array>, boundary: string, limits: ReaderLimits) {
    this.#reader = stream.getReader()
    this.#delimiter = createNeedle(`\r\n--${boundary}`)
    this.#limits = limits
    // In thought a line break stands before the first boundary, so that it is found like all others.
    this.#window.append(new Uint8Array([carriageReturn, lineFeed]))
  }

  /** The header of the next part as it came, or null behind the last one. Skips what is left of the current part. */
  nextHeader(): Promise<string | null> {
    return this.#inTurn(async () => {
      this.#part++
      this.#partBytes = 0
      while ((await this.#nextChunk()) !== null) {
        // The rest of a part that nobody read, or the preamble.
      }
      if (await this.#isLastBoundary()) {
        await this.#readEpilogue()
        return null
      }
      await this.#skipPadding()
      const header = await this.#readHeader()
      this.#inContent = true
      return header
    })
  }

  /** A function that reads the content of the current part chunk by chunk, null at its end. */
  openContent(): () => Promise<Uint8Array<ArrayBuffer> | null> {
    const part = this.#part
    return () =>
      this.#inTurn(async () => {
        // Security: whoever kept an old part must not get the content of a later one.
        if (part !== this.#part || this.#isClosed) throw bodyUsed()
        const chunk = await this.#nextChunk()
        this.#partBytes += chunk?.byteLength ?? 0
        const { partBytes } = this.#limits
        if (this.#partBytes > partBytes) throw tooLarge('a part', partBytes)
        // A copy, because a reader may transfer it away, and what follows it in memory is still to be read.
        return chunk === null ? null : new Uint8Array(chunk)
      })
  }

  /** Ends reading; what is left of the body is cancelled. */
  async close(): Promise<void> {
    this.#isClosed = true
    await cancelQuietly(this.#reader)
    this.#reader.releaseLock()
  }

  /** One after the other: of two who read at once each would get half. */
  #inTurn<Value>(read: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(read)
    this.#last = result.catch(() => undefined)
    return result
  }

  /** The next bytes of the current content, or null at its end. Never empty. */
  async #nextChunk(): Promise<Uint8Array | null> {
    while (this.#inContent) {
      const { bytes } = this.#window
      const found = findNeedle(bytes, this.#delimiter)
      if (found !== -1) {
        this.#window.drop(found + this.#delimiter.bytes.length)
        this.#inContent = false
        return found === 0 ? null : bytes.subarray(0, found)
      }
      // What may be the beginning of a boundary stays until more has come.
      const safe = bytes.length - this.#delimiter.bytes.length + 1
      if (safe > 0) {
        this.#window.drop(safe)
        return bytes.subarray(0, safe)
      }
      await this.#fill()
    }
    return null
  }

  async #isLastBoundary(): Promise<boolean> {
    await this.#atLeast(2)
    const [first, second] = this.#window.bytes
    return first === hyphen && second === hyphen
  }

  /** RFC 2046 §5.1.1 lets white space stand between a boundary and its line break. */
  async #skipPadding(): Promise<void> {
    for (let count = 0; count <= maxPadding; count++) {
      await this.#atLeast(2)
      const [first, second] = this.#window.bytes
      if (first === carriageReturn && second === lineFeed) return
      if (first !== 32 && first !== 9) break
      this.#window.drop(1)
    }
    throw new HttpError(400, 'BODY_MALFORMED', 'Expected a line break behind a boundary')
  }

  /** From the line break of the boundary to the empty line; a header without fields is `''`. */
  async #readHeader(): Promise<string> {
    const { headerBytes } = this.#limits
    const emptyLine = createNeedle('\r\n\r\n')
    for (let searched = 0; ;) {
      const { bytes } = this.#window
      const found = findNeedle(bytes, emptyLine, searched)
      // The line break before the header is in the window too, and the three last bytes may begin the empty line.
      if ((found === -1 ? bytes.length - 3 : found) - 2 > headerBytes) {
        throw new HttpError(413, 'LIMIT_EXCEEDED', `Expected a part header of at most ${headerBytes} bytes`)
      }
      if (found !== -1) {
        this.#window.drop(found + emptyLine.bytes.length)
        return decodeUtf8(bytes.subarray(2, found), 'a part header')
      }
      searched = Math.max(0, bytes.length - 3)
      await this.#fill()
    }
  }

  /**
   * Reads what follows the last boundary, so that the connection can go on to its next request. The form is complete:
   * what goes wrong here does not matter, and a long epilogue is left to `close()`.
   */
  async #readEpilogue(): Promise<void> {
    const end = this.#totalBytes + maxEpilogue
    try {
      while (this.#totalBytes < end) {
        const chunk = await readChunk(this.#reader)
        if (chunk === null) return
        this.#totalBytes += chunk.byteLength
      }
    } catch {
      return
    }
  }

  async #atLeast(length: number): Promise<void> {
    while (this.#window.bytes.length < length) await this.#fill()
  }

  async #fill(): Promise<void> {
    const chunk = await readChunk(this.#reader)
    if (chunk === null) {
      throw new HttpError(400, 'BODY_ABORTED', 'Expected a closing boundary, the body ended before it')
    }
    this.#totalBytes += chunk.byteLength
    const { totalBytes } = this.#limits
    if (this.#totalBytes > totalBytes) throw tooLarge('a form', totalBytes)
    this.#window.append(chunk)
  }
}
