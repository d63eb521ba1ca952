import { HttpError } from '../../src/errors/index.ts'

/** The part of Lambda's context that the adapter uses. */
export interface LambdaContext {
  callbackWaitsForEmptyEventLoop?: boolean
  readonly awsRequestId?: string
  getRemainingTimeInMillis(): number
}

/** The longest that a timer may be set to, in milliseconds. */
const maxTimerMs = 2_147_483_647

/** How long one event may take: until a margin before the function's own timeout. */
export class Deadline {
  readonly #context: LambdaContext
  readonly #marginMs: number
  #abort: AbortController | null = null
  #error: HttpError | null = null
  #late: PromiseWithResolvers<never> | null = null
  #timer: NodeJS.Timeout | null = null
  #isOver = false

  constructor(context: LambdaContext, marginMs: number) {
    this.#context = context
    this.#marginMs = marginMs
  }

  /** Milliseconds until then; 0 when it has passed. */
  get remainingMs(): number {
    const left = this.#context.getRemainingTimeInMillis() - this.#marginMs
    return Math.max(0, Math.min(left, maxTimerMs))
  }

  /** Aborts when the time is over, with `HANDLER_TIMEOUT`, or when the event is given up for another reason. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController()
      if (this.#error === null) this.#watch()
      else this.#abort.abort(this.#error)
    }
    return this.#abort.signal
  }

  /** Rejects with `HANDLER_TIMEOUT` when the time is over before `work` has settled. */
  bound<Result>(work: Promise<Result>): Promise<Result> {
    if (this.#error !== null) {
      // Nobody waits for it any more, so that nobody may hear how it fails.
      work.catch(() => undefined)
      return Promise.reject(this.#error)
    }
    this.#watch()
    if (this.#late === null) {
      this.#late = Promise.withResolvers<never>()
      // Nobody may be waiting when it comes.
      this.#late.promise.catch(() => undefined)
    }
    return Promise.race([work, this.#late.promise])
  }

  /** Gives the event up now. */
  give(error: HttpError): void {
    if (this.#error !== null) return
    this.#error = error
    this.#late?.reject(error)
    this.#abort?.abort(error)
    this.end()
  }

  /** No more is to be waited for; the signal stays as it is. */
  end(): void {
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #watch(): void {
    if (this.#isOver) return
    this.#timer ??= setTimeout(() => {
      this.give(
        new HttpError(
          504,
          'HANDLER_TIMEOUT',
          'Expected an answer before the timeout of the function; it took longer',
        ),
      )
    }, this.remainingMs)
  }
}
