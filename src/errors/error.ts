import type { ErrorCode } from './codes.ts'

/** Recognises errors of any copy of the package; `instanceof` fails when two copies meet. */
const brand = Symbol.for('rockstar.error')

/** What an error may carry besides its message. */
export interface ErrorOptions {
  /** What made it fail. Logged, never sent to a client. */
  readonly cause?: unknown
  /** Machine-readable facts. Logged; sent to a client only by an `HttpError` that is exposed. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** An error that the framework knows by its code. */
export class RockstarError extends Error {
  override readonly name: string = 'RockstarError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options?.details
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Is `value` a `RockstarError`, of this or another copy of the package? */
export function isRockstarError(value: unknown): value is RockstarError {
  return typeof value === 'object' && value !== null && brand in value
}
