/** Bytes of the varint that begins with this byte: 1, 2, 4 or 8 (RFC 9000 §16). */
export function varintLength(firstByte: number): number {
  return 1 << (firstByte >> 6)
}

/**
 * The varint at `offset`, all of whose bytes are there. From 2^53 on it is rounded to what a number can hold, which is
 * never below 2^53.
 */
export function readVarint(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] ?? 0
  const end = offset + varintLength(first)
  let value = first & 0x3f
  for (let index = offset + 1; index < end; index++) value = value * 256 + (bytes[index] ?? 0)
  return value
}

/** Bytes that `value`, 0 to 2^53-1, takes at least. */
export function varintSize(value: number): number {
  if (value < 0x40) return 1
  if (value < 0x4000) return 2
  return value < 0x40000000 ? 4 : 8
}

/** Writes `value`, 0 to 2^53-1, in as few bytes as it takes; returns the offset behind it. The room must be there. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  if (value < 0x40) {
    bytes[offset] = value
    return offset + 1
  }
  const size = varintSize(value)
  let rest = value
  for (let index = offset + size - 1; index >= offset; index--) {
    bytes[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes[offset] = (bytes[offset] ?? 0) | (size === 2 ? 0x40 : size === 4 ? 0x80 : 0xc0)
  return offset + size
}
