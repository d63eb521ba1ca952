import type { ErrorCode } from './codes.ts'
import type { ErrorOptions } from './error.ts'
import { isRockstarError, RockstarError } from './error.ts'

/** What an `HttpError` may carry besides its message. */
export interface HttpErrorOptions extends ErrorOptions {
  /** Header fields of the answer, name and value. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** May the client see the message and the details? Default: yes below 500, no from 500. */
  readonly expose?: boolean
}

/** An error that is an answer: it has a status and may have header fields. */
export class HttpError extends RockstarError {
  override readonly name: string = 'HttpError'
  /** 400 to 599. */
  declare readonly status: number
  declare readonly headers: Readonly<Record<string, string>> | undefined
  declare readonly expose: boolean

  constructor(status: number, code: ErrorCode, message: string, options?: HttpErrorOptions) {
    super(code, message, options)
    this.status = status
    this.headers = options?.headers
    this.expose = options?.expose ?? status < 500
  }
}

/** Is `value` an `HttpError`, of this or another copy of the package? */
export function isHttpError(value: unknown): value is HttpError {
  return isRockstarError(value) && 'status' in value
}
