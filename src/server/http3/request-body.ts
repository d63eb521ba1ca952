import { HttpError } from '../../errors/index.ts'
import { BodyQueue } from './body-queue.ts'
import type { Http3Limits, QuicStream } from './contract.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** What the bodies of a connection share. */
export interface BodyBudget {
  readonly limits: Http3Limits
  /** Bytes of all bodies that wait for their readers. */
  bufferedBytes: number
}

interface Waiting {
  resolve(bytes: Bytes | null): void
  reject(error: unknown): void
}

/** The body of a request between the frames that bring it and the one who reads it. Holds the client back in between. */
export class RequestBody {
  readonly #stream: QuicStream
  readonly #budget: BodyBudget
  readonly #queue = new BodyQueue()
  #waiting: Waiting | null = null
  #failure: unknown = null
  #hasFailed = false
  #isEnded = false
  #isPaused = false
  #isDiscarded = false
  /** Bytes that came. */
  received = 0

  constructor(stream: QuicStream, budget: BodyBudget) {
    this.#stream = stream
    this.#budget = budget
  }

  /** Does somebody wait for bytes that have not come? */
  get isAwaited(): boolean {
    return this.#waiting !== null
  }

  push(bytes: Uint8Array): void {
    this.received += bytes.length
    if (this.#isDiscarded || this.#hasFailed) return
    const { limits } = this.#budget
    if (this.received > limits.maxBodyBytes) {
      const message = `Expected a body of at most ${limits.maxBodyBytes} bytes`
      this.fail(new HttpError(413, 'BODY_TOO_LARGE', message))
      return
    }
    if (this.#waiting !== null) {
      this.#settle()?.resolve(bytes.slice())
      return
    }
    this.#queue.push(bytes)
    this.#budget.bufferedBytes += bytes.length
    const isFull =
      this.#queue.size >= limits.maxStreamBufferBytes ||
      this.#budget.bufferedBytes >= limits.maxConnectionBufferBytes
    if (isFull && !this.#isPaused) {
      this.#isPaused = true
      this.#stream.pause()
    }
  }

  /** All of it has come. */
  end(): void {
    this.#isEnded = true
    this.#settle()?.resolve(null)
  }

  /** It will never be complete. What has come is dropped. */
  fail(error: unknown): void {
    if (this.#hasFailed || (this.#isEnded && this.#queue.size === 0)) return
    this.#hasFailed = true
    this.#failure = error
    this.#drop()
    this.#settle()?.reject(error)
  }

  /** Nobody wants the rest: it is taken and thrown away. */
  discard(): void {
    if (this.#isDiscarded) return
    this.#isDiscarded = true
    this.fail(bodyAborted())
  }

  read(): Promise<Bytes | null> {
    if (this.#hasFailed) return Promise.reject(this.#failure)
    if (this.#waiting !== null) return Promise.reject(new TypeError('Expected one read of a body at a time'))
    const chunk = this.#queue.shift()
    if (chunk !== null) {
      this.#budget.bufferedBytes -= chunk.length
      this.#mayResume()
      return Promise.resolve(chunk)
    }
    if (this.#isEnded) return Promise.resolve(null)
    this.#resume()
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Half of the room is free again. A reader that finds nothing resumes in any case. */
  #mayResume(): void {
    const { limits, bufferedBytes } = this.#budget
    if (bufferedBytes >= limits.maxConnectionBufferBytes) return
    if (this.#queue.size * 2 <= limits.maxStreamBufferBytes) this.#resume()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#stream.resume()
  }

  #drop(): void {
    this.#budget.bufferedBytes -= this.#queue.size
    this.#queue.clear()
    this.#resume()
  }

  #settle(): Waiting | null {
    const waiting = this.#waiting
    this.#waiting = null
    return waiting
  }
}

/** The error of a body whose rest will not come. */
export function bodyAborted(): HttpError {
  return new HttpError(
    400,
    'BODY_ABORTED',
    'Expected a complete body, the stream was cut before its end; nothing of it may be used',
  )
}
