/** Numbers that look random and are the same in each run (mulberry32): 0 to below `end`. */
export function createRandom(seed: number): (end: number) => number {
  let state = seed
  return (end) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end
  }
}

/** Text of these pieces. */
export function randomText(
  random: (end: number) => number,
  pieces: readonly string[],
  maxPieces: number,
): string {
  return Array.from({ length: random(maxPieces + 1) }, () => pieces[random(pieces.length)] ?? '').join('')
}
