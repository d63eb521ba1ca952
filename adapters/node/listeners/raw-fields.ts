import type { Captured } from '../response.ts'

/**
 * The fields of an answer as `writeHead` takes them at the least cost: flat. `length`: of the body in bytes, or null
 * when unknown. The length that counts is that of what is sent; framing and connection are Node's.
 */
export function toRawFields({ status, headers }: Captured, length: number | null): string[] {
  const fields: string[] = []
  for (let index = 1; index < headers.length; index += 2) {
    const name = headers[index - 1] ?? ''
    if (!isFraming(name)) fields.push(name, headers[index] ?? '')
  }
  // RFC 9110 §8.6: not with 204; with 304 it would be that of another representation.
  if (length !== null && status !== 204 && status !== 304) fields.push('content-length', String(length))
  return fields
}

/** Told by the length of the name first: most are something else. */
function isFraming(name: string): boolean {
  switch (name.length) {
    case 10:
      return name === 'connection' || name === 'keep-alive'
    case 14:
      return name === 'content-length'
    case 17:
      return name === 'transfer-encoding'
    default:
      return false
  }
}
