import { RockstarError } from '../../errors/index.ts'
import type { ObjectCapability } from './contract.ts'

/** The error of an operation that a store cannot do. `instead` says what to do about it. */
export function unsupportedError(
  store: string,
  capability: ObjectCapability,
  instead: string,
): RockstarError {
  return new RockstarError(
    'STORE_UNSUPPORTED',
    `Expected an object store with the capability ${capability}, the ${store} has not; ${instead}`,
    { details: { store, capability } },
  )
}

/** The error of a key that a store refuses. */
export function keyError(store: string, key: string): RockstarError {
  return new RockstarError(
    'STORE_KEY_INVALID',
    `Expected a key that the ${store} can name, such as a/b.txt, got ${JSON.stringify(key.slice(0, 80))}`,
  )
}

/** The error of a range that does not begin within the object. */
export function rangeError(
  range: { readonly start: number; readonly end: number },
  sizeBytes: number,
): RockstarError {
  return new RockstarError(
    'STORE_RANGE',
    `Expected a range within ${sizeBytes} bytes, got ${range.start} to ${range.end}; ask head() for the size`,
  )
}

/** The error of a store that was closed. */
export function closedError(store: string): RockstarError {
  return new RockstarError('STORE_CLOSED', `Expected an open store, the ${store} was closed; close it last`)
}
