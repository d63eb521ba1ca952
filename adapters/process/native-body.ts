import { HttpError } from '../../src/errors/index.ts'
import { bodyUsed, readStreamedBody } from '../../src/http/index.ts'

/**
 * Reads a whole body, at most `maxBytes`: by the runtime's own `bytes()` where the length is announced and within the
 * bound, which costs a fraction of reading chunks, else from the stream. Errors as `Platform.readBody` has them.
 */
export function readNativeBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { headers } = request
  const announced = headers.get('content-length')
  // RFC 9112 §6.3: with a transfer coding, the announced length means nothing.
  if (announced === null || headers.has('transfer-encoding') || !(Number(announced) <= maxBytes))
    return readStreamedBody(request.body, announced, maxBytes)
  if (request.bodyUsed) return Promise.reject(bodyUsed())
  return request.bytes().then((bytes) => {
    // Security: the runtime frames by the announced length; should it ever not, the bound holds all the same.
    if (bytes.byteLength <= maxBytes) return bytes
    throw new HttpError(413, 'BODY_TOO_LARGE', `Expected a body of at most ${maxBytes} bytes`)
  }, toBodyError)
}

/** Fetch Standard, "consume body": what somebody else reads is a TypeError, what breaks off is the network's error. */
function toBodyError(cause: unknown): never {
  if (cause instanceof TypeError) throw bodyUsed()
  throw new HttpError(
    400,
    'BODY_ABORTED',
    'Expected a complete body, the connection was closed before its end',
    { cause },
  )
}
