import type { TextDecode } from './contract.ts'

/** Longest reason of a Close frame in bytes: a control frame has 125, the code takes two (RFC 6455 §5.5). */
const maxReasonBytes = 123

/** May this code stand in a Close frame (RFC 6455 §7.4, and the registry that it set up)? */
export function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006
}

/** The payload of a Close frame. 1005 stands for none; a reason that is too long is cut between two characters. */
export function toClosePayload(code: number, reason: string): Uint8Array<ArrayBuffer> {
  if (code === 1005) return new Uint8Array(0)
  const payload = new Uint8Array(2 + maxReasonBytes)
  payload[0] = code >> 8
  payload[1] = code & 0xff
  // `encodeInto` never writes a part of a character.
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2))
  return payload.subarray(0, 2 + written)
}

/** Reads the payload of a Close frame. A string is why it is invalid. */
export function readClose(
  payload: Uint8Array,
  decode: TextDecode,
): { readonly code: number; readonly reason: string } | { readonly invalid: 1002 | 1007 } {
  const [high, low] = payload
  if (high === undefined) return { code: 1005, reason: '' }
  if (low === undefined) return { invalid: 1002 }
  const code = high * 256 + low
  if (!isCloseCode(code)) return { invalid: 1002 }
  const reason = decode(payload, 2, payload.length, false)
  return reason === null ? { invalid: 1007 } : { code, reason }
}
