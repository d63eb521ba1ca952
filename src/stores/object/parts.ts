/** Joins chunks to parts of exactly `partBytes`, but for the last one, which may be shorter. No chunks give no part. */
export async function* collectParts(
  chunks: AsyncGenerator<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const chunk of chunks) {
    let rest = chunk
    while (heldBytes + rest.byteLength >= partBytes) {
      const missing = partBytes - heldBytes
      yield joinBytes([...held, rest.subarray(0, missing)])
      rest = rest.subarray(missing)
      held = []
      heldBytes = 0
    }
    // A copy: whoever gave the chunk may use its memory again.
    if (rest.byteLength > 0) held.push(rest.slice())
    heldBytes += rest.byteLength
  }
  if (heldBytes > 0) yield joinBytes(held)
  return undefined
}

/** The bytes of these pieces in new memory. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0))
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.byteLength
  }
  return bytes
}
