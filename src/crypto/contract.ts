/**
 * Keys for values that leave the server and come back. The first secret makes, all of them open, so that a secret can
 * be replaced without losing what is out there. Each purpose has keys of its own: a value that was made for one does
 * not open for another. What does not verify is null, never an exception.
 */
export interface KeyRing {
  /** The value and its HMAC-SHA-256, as base64url text with two dots. */
  sign(purpose: string, value: string): Promise<string>
  verify(purpose: string, text: string): Promise<string | null>
  /** The value encrypted with AES-256-GCM under a random nonce, as base64url text. */
  seal(purpose: string, value: string): Promise<string>
  open(purpose: string, text: string): Promise<string | null>
}
