import { huffmanCodes, huffmanLengths } from './huffman-table.ts'

const emits = 0x100
const dead = 0xffffffff
const missing = 0x7fff

/**
 * The decoder as a machine that takes four bits at a time: an entry per node of the code tree and half byte. Codes have
 * five bits or more, so that a half byte ends one at most.
 *
 * Bits 0 to 7: the byte that it ends. Bit 8: it ends one. Bits 9 to 16: the next node. All ones: no code begins so.
 */
const steps: Uint32Array = buildSteps()
/** The nodes where padding may end: fewer than eight ones since the last byte (RFC 7541 §5.2). */
const mayEnd: Uint8Array = buildMayEnd()

/**
 * Decodes `bytes` from `from` to `to` into `target`, which has room for 8/5 of them; returns how many bytes it made, or
 * -1 for what is no Huffman code: EOS, or padding that is longer than seven bits or not all ones (RFC 7541 §5.2).
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let node = 0
  let length = 0
  for (let index = from; index < to; index++) {
    const byte = bytes[index] ?? 0
    const high = steps[(node << 4) | (byte >> 4)] ?? dead
    if (high === dead) return -1
    if ((high & emits) !== 0) target[length++] = high
    const low = steps[((high >> 9) << 4) | (byte & 15)] ?? dead
    if (low === dead) return -1
    if ((low & emits) !== 0) target[length++] = low
    node = low >> 9
  }
  return mayEnd[node] === 1 ? length : -1
}

/** Bytes of room that decoding so many bytes may take. */
export function huffmanRoom(bytes: number): number {
  return Math.ceil((bytes * 8) / 5)
}

/** Writes the code of `text`, characters of Latin-1, at `offset`; returns the offset behind it. The room must be there. */
export function writeHuffman(text: string, target: Uint8Array, offset: number): number {
  let at = offset
  // At most 7 bits wait here when a code of at most 28 comes, so that 32 are enough if whole bytes leave first.
  let waiting = 0
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index)
    const code = huffmanCodes[symbol] ?? 0
    let bits = huffmanLengths[symbol] ?? 0
    while (bits > 16) {
      // Two steps for long codes, which would not fit beside what waits.
      bits -= 8
      waiting = (waiting << 8) | ((code >>> bits) & 0xff)
      target[at++] = waiting >>> count
      waiting &= (1 << count) - 1
    }
    waiting = (waiting << bits) | (code & ((1 << bits) - 1))
    count += bits
    while (count >= 8) {
      count -= 8
      target[at++] = waiting >>> count
      waiting &= (1 << count) - 1
    }
  }
  if (count > 0) target[at++] = (waiting << (8 - count)) | (0xff >> count)
  return at
}

/** Two entries per node: the next node, or -1 - byte, or `missing`. */
function buildTree(): Int16Array {
  const tree = new Int16Array(512).fill(missing)
  let nodes = 1
  for (let symbol = 0; symbol < 256; symbol++) {
    const code = huffmanCodes[symbol] ?? 0
    let node = 0
    for (let bit = (huffmanLengths[symbol] ?? 0) - 1; bit > 0; bit--) {
      const place = node * 2 + ((code >>> bit) & 1)
      if (tree[place] === missing) tree[place] = nodes++
      node = tree[place] ?? 0
    }
    tree[node * 2 + (code & 1)] = -1 - symbol
  }
  return tree
}

function buildSteps(): Uint32Array {
  const tree = buildTree()
  const table = new Uint32Array(256 * 16).fill(dead)
  for (let start = 0; start < 256; start++) {
    for (let half = 0; half < 16; half++) table[(start << 4) | half] = walk(tree, start, half)
  }
  return table
}

function walk(tree: Int16Array, start: number, half: number): number {
  let node = start
  let emitted = 0
  for (let bit = 3; bit >= 0; bit--) {
    const next = tree[node * 2 + ((half >> bit) & 1)] ?? missing
    if (next === missing) return dead
    if (next < 0) emitted = emits | (-1 - next)
    node = Math.max(next, 0)
  }
  return (node << 9) | emitted
}

function buildMayEnd(): Uint8Array {
  const tree = buildTree()
  const table = new Uint8Array(256)
  let node = 0
  for (let ones = 0; ones < 8; ones++) {
    table[node] = 1
    node = tree[node * 2 + 1] ?? 0
  }
  return table
}
