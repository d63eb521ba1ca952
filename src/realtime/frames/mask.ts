/** From this length on, four bytes at a time are worth the view that they need. */
const wordsFrom = 64

/**
 * Unmasks in place what stands between `start` and `end` (RFC 6455 §5.3); masking is the same. `key` has four bytes,
 * `phase` says which of them the first byte meets, 0 to 3. Returns all bytes or-ed: below 128 they are ASCII.
 */
export function unmask(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: Uint8Array,
  phase: number,
): number {
  return end - start < wordsFrom
    ? unmaskBytes(bytes, start, end, key, phase)
    : unmaskWords(bytes, start, end, key, phase)
}

function unmaskBytes(bytes: Uint8Array, start: number, end: number, key: Uint8Array, phase: number): number {
  let seen = 0
  for (let index = start, at = phase; index < end; index++, at++) {
    const byte = (bytes[index] ?? 0) ^ (key[at & 3] ?? 0)
    bytes[index] = byte
    seen |= byte
  }
  return seen
}

function unmaskWords(bytes: Uint8Array, start: number, end: number, key: Uint8Array, phase: number): number {
  const lead = -(bytes.byteOffset + start) & 3
  const first = start + lead
  const count = (end - first) >> 2
  const last = first + count * 4
  const turn = phase + lead
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + first, count)
  const word = toWord(key, turn)
  let seen = 0
  for (let index = 0; index < count; index++) {
    const next = (words[index] ?? 0) ^ word
    words[index] = next
    seen |= next
  }
  const inWords = (seen & 0x80808080) === 0 ? 0 : 128
  return inWords | unmaskBytes(bytes, start, first, key, phase) | unmaskBytes(bytes, last, end, key, turn & 3)
}

/** The key from its byte `turn` on, as the machine has four bytes in a word. */
function toWord(key: Uint8Array, turn: number): number {
  const bytes = new Uint8Array(4)
  for (let index = 0; index < 4; index++) bytes[index] = key[(turn + index) & 3] ?? 0
  return new Uint32Array(bytes.buffer)[0] ?? 0
}
