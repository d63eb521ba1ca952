import { isRockstarError, RockstarError } from '../../errors/index.ts'

/** The error of an operation that a store cannot do. `instead` says what to do about it. */
export function unsupportedError(store: string, what: string, instead: string): RockstarError {
  return new RockstarError(
    'STORE_UNSUPPORTED',
    `Expected a store that has ${what}, ${store} has not; ${instead}`,
    {
      details: { store, capability: what },
    },
  )
}

/** The error of a store that was closed. */
export function closedError(store: string): RockstarError {
  return new RockstarError('STORE_CLOSED', `Expected an open store, ${store} was closed; close it last`)
}

/** The error of a value or a message above the bound. */
export function tooLargeError(store: string, sizeBytes: number, maxBytes: number): RockstarError {
  return new RockstarError(
    'STORE_TOO_LARGE',
    `Expected at most ${maxBytes} bytes for ${store}, got ${sizeBytes}; store less, or in an object store`,
  )
}

/** The error of a value that cannot be incremented. */
export function counterError(store: string): RockstarError {
  return new RockstarError(
    'STORE_COUNTER',
    `Expected ${store} to hold an integer within ±(2^53-1) before and after, it does not; use another key or a smaller step`,
  )
}

/** The error of a cursor that no page can have given. */
export function cursorError(store: string): RockstarError {
  return new RockstarError(
    'STORE_KEY_INVALID',
    `Expected a cursor that a page of ${store} gave, got another text; begin without one`,
  )
}

/** The error of a backend that did not answer in time. */
export function timeoutError(store: string, timeoutMs: number): RockstarError {
  return new RockstarError(
    'STORE_TIMEOUT',
    `Expected an answer of ${store} within ${timeoutMs} ms, got none; see whether it is up, or raise timeoutMs`,
  )
}

/** What a backend threw, as an error of the contract. Those that are already go through. */
export function failedError(store: string, error: unknown): RockstarError {
  if (isRockstarError(error) && error.code.startsWith('STORE_')) return error
  return new RockstarError('STORE_FAILED', `Expected ${store} to answer, it failed; see the cause`, {
    cause: error,
  })
}
