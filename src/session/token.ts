import { encodeBase64url } from '../crypto/index.ts'
import type { RandomSource } from '../platform/contract.ts'

const tokenBytes = 32
const encoder = new TextEncoder()

/** A name that nobody can guess: 256 random bits as base64url text. */
export function createToken(random: RandomSource): string {
  return encodeBase64url(random.bytes(tokenBytes))
}

/** Can it be a token, or the id of one? The last of 43 characters carries four bits: 16 are possible. */
export function isToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)
}

/**
 * The SHA-256 of a text as base64url. Security: a store that leaks has no token in it. No salt and no slow hash: a
 * token has nothing that could be guessed.
 */
export async function hashText(text: string): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}
