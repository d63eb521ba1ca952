/** What a client's frame is made of. */
export interface ClientFrame {
  readonly kind: number
  readonly payload?: Uint8Array | string
  /** Default: true. */
  readonly isFinal?: boolean
  /** Default: 37 fa 21 3d, that of RFC 6455 §5.7; null for an unmasked frame. */
  readonly key?: readonly number[] | null
  /** Bits 4 to 6 of the first byte. Default: 0. */
  readonly reserved?: number
  /** Writes the length in so many bytes, whether it is the shortest form or not. */
  readonly lengthBytes?: 0 | 2 | 8
  /** Announces this length instead of that of the payload. */
  readonly announced?: number
}

/** A frame as a client sends it, valid or not. */
export function clientFrame(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  const { kind, isFinal = true, key = [0x37, 0xfa, 0x21, 0x3d], reserved = 0 } = frame
  const payload = Buffer.from(frame.payload ?? '')
  const length = frame.announced ?? payload.length
  const lengthBytes = frame.lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8)
  const head = [(isFinal ? 0x80 : 0) | (reserved << 4) | kind]
  head.push((key === null ? 0 : 0x80) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127))
  for (let index = lengthBytes - 1; index >= 0; index--) head.push(Math.floor(length / 256 ** index) % 256)
  if (key !== null) head.push(...key)
  const body = payload.map((byte, index) => byte ^ (key?.[index & 3] ?? 0))
  return new Uint8Array([...head, ...body])
}

/** Frames of a server, one after the other. */
export interface ServerFrame {
  readonly kind: number
  readonly payload: Buffer
}

/** Reads the whole frames at the begin of what a server sent, and what is left. */
export function parseServerFrames(bytes: Buffer): { frames: ServerFrame[]; rest: Buffer } {
  const frames: ServerFrame[] = []
  let at = 0
  for (;;) {
    const short = bytes[at + 1]
    if (short === undefined) break
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0
    if (bytes.length < at + 2 + extra) break
    const length =
      extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    const end = at + 2 + extra + length
    if (bytes.length < end) break
    frames.push({ kind: (bytes[at] ?? 0) & 0x0f, payload: bytes.subarray(end - length, end) })
    at = end
  }
  return { frames, rest: bytes.subarray(at) }
}

/** The code and the reason of a Close frame. */
export function closeOf({ payload }: ServerFrame): [code: number, reason: string] {
  return [payload.length < 2 ? 1005 : payload.readUInt16BE(0), payload.toString('utf8', 2)]
}
