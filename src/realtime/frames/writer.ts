/** What a frame is (RFC 6455 §5.2). */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** The size in bytes of the header of a frame that a server sends: no mask. */
export function frameHeaderBytes(length: number): 2 | 4 | 10 {
  if (length < 126) return 2
  return length < 65_536 ? 4 : 10
}

/**
 * Writes the header of an unfragmented frame that a server sends, and returns where the payload of `length` bytes, 0 to
 * 2^53-1, begins.
 */
export function writeFrameHeader(target: Uint8Array, at: number, kind: number, length: number): number {
  target[at] = 0x80 | kind
  if (length < 126) {
    target[at + 1] = length
    return at + 2
  }
  if (length < 65_536) {
    target[at + 1] = 126
    target[at + 2] = length >> 8
    target[at + 3] = length & 0xff
    return at + 4
  }
  target[at + 1] = 127
  let rest = length
  for (let index = at + 9; index > at + 1; index--) {
    target[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return at + 10
}
