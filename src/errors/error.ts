import type { ErrorCode } from './codes.ts'

/** Recognises errors of any copy of the package; `instanceof` fails when two copies meet. */
const brand: unique symbol = Symbol.for('rockstar.error')

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
  declare readonly code: ErrorCode
  declare readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = options?.details
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Is `value` a `RockstarError`, of this or another copy of the package? */
export function isRockstarError(value: unknown): value is RockstarError {
  // Anything but null and undefined may be asked for a member.
  return (value as { [brand]?: unknown } | null | undefined)?.[brand] === true
}
