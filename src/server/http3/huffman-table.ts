/**
 * Bits of the Huffman code of each byte (RFC 7541 appendix B). The code is canonical: codes of one length go up with
 * the byte, and longer ones follow shorter ones, so that the lengths say all. EOS has 30 bits, all of them 1.
 */
// oxfmt-ignore
export const huffmanLengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
]

/** The codes themselves, in the low bits. */
export const huffmanCodes: readonly number[] = deriveCodes(huffmanLengths)

function deriveCodes(lengths: readonly number[]): number[] {
  const order = lengths.map((_, symbol) => symbol)
  const bitsOf = (symbol: number): number => lengths[symbol] ?? 0
  order.sort((left, right) => bitsOf(left) - bitsOf(right) || left - right)
  const codes = lengths.map(() => 0)
  let code = 0
  let bits = bitsOf(order[0] ?? 0)
  for (const symbol of order) {
    code <<= bitsOf(symbol) - bits
    bits = bitsOf(symbol)
    codes[symbol] = code++
  }
  return codes
}
