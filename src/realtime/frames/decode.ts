import type { TextDecode } from './contract.ts'

/** Decodes text by what every runtime has. RFC 6455 §8.1: whoever gets invalid UTF-8 fails the connection. */
export const decodeUtf8: TextDecode = (bytes, start, end) => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start, end))
  } catch {
    return null
  }
}
