import { HttpError } from '../errors/index.ts'

/** Keeps nothing from one call to the next: none of them streams. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Text of UTF-8, without a byte order mark; `BODY_MALFORMED` (400) for other bytes. `what` begins with an article. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return strictUtf8.decode(bytes)
  } catch (error) {
    throw new HttpError(400, 'BODY_MALFORMED', `Expected ${what} in UTF-8`, { cause: error })
  }
}
