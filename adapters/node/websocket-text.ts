import type { TextDecode } from '../../src/realtime/frames/index.ts'

const { isUtf8 } = process.getBuiltinModule('node:buffer')

/** Decodes text by what Node has for it: a third of the time of a `TextDecoder`. */
export const decodeText: TextDecode = (bytes, start, end, isAscii) => {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isAscii) return buffer.toString('latin1', start, end)
  return isUtf8(buffer.subarray(start, end)) ? buffer.toString('utf8', start, end) : null
}
