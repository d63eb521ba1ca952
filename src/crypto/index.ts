export { decodeBase64url, encodeBase64url } from './base64url.ts'
export type { KeyRing } from './contract.ts'
export { createKeyRing } from './key-ring.ts'
