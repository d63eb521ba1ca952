import { isRepeatable } from '../../src/http/index.ts'
import type { AmendableResponse, HeaderList, ResponseBody } from '../../src/platform/index.ts'
import { pairsOf } from '../../src/platform/index.ts'
import type { WorkerResponseInit } from './cloudflare.ts'
import { workerGlobals } from './cloudflare.ts'

/** A native response that takes further fields without being copied: a copy would lose its WebSocket. */
class OwnResponse extends Response implements AmendableResponse {
  /** Undefined when it is a stream or not there. */
  whole?: string | Uint8Array<ArrayBuffer> | Blob

  amend(headers: HeaderList): void {
    for (const [name, value] of pairsOf(headers)) {
      if (isRepeatable(name)) this.headers.append(name, value)
      else this.headers.set(name, value)
    }
  }

  /** RFC 9110 §9.3.2: what HEAD gets, with the length that the body has. */
  bare(): Response {
    const { whole } = this
    if (whole !== undefined && !this.headers.has('content-length')) {
      this.headers.set('content-length', String(lengthOf(whole)))
    }
    return new Response(null, this)
  }
}

/** Makes a response. */
export function createWorkerResponse(body: ResponseBody, status: number, headers: HeaderList): Response {
  const response = new OwnResponse(...partsOf(body, status, headers))
  if (body !== null && !(body instanceof ReadableStream)) response.whole = body
  return response
}

function partsOf(
  body: ResponseBody,
  status: number,
  headers: HeaderList,
): [body: ResponseBody, init?: WorkerResponseInit] {
  // Nearly every answer has its type for its only field, and text has that by itself (Fetch §4.4.2).
  if (headers.length === 2 && !(body instanceof ReadableStream)) {
    const [name = '', value = ''] = headers
    const isText = status === 200 && typeof body === 'string' && value === 'text/plain;charset=UTF-8'
    return isText ? [body] : [body, { status, headers: { [name]: value } }]
  }
  const fields = pairsOf(headers)
  const whole = body instanceof ReadableStream ? withLength(body, fields) : body
  // workerd encodes a body by its Content-Encoding, unless it is told that this was done.
  return fields.some(([name]) => name === 'content-encoding')
    ? [whole, { status, headers: fields, encodeBody: 'manual' }]
    : [whole, { status, headers: fields }]
}

/** Makes a response from what workerd's own constructor takes. */
export function createSpecialResponse(init: WorkerResponseInit): Response {
  return new OwnResponse(null, init)
}

/** The answer to HEAD, without its body. */
export function withoutBody(response: Response): Response {
  if (response.body === null) return response
  const bare = response instanceof OwnResponse ? response.bare() : new Response(null, response)
  response.body.cancel().catch(() => undefined)
  return bare
}

function lengthOf(body: string | Uint8Array<ArrayBuffer> | Blob): number {
  if (typeof body === 'string') return new TextEncoder().encode(body).byteLength
  return body instanceof Blob ? body.size : body.byteLength
}

/** workerd sends a stream in chunks, and leaves out its Content-Length, unless the stream knows its length itself. */
function withLength(
  body: ReadableStream<Uint8Array>,
  fields: readonly [string, string][],
): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = workerGlobals()
  const length = fields.find(([name]) => name === 'content-length')?.[1]
  if (FixedLengthStream === undefined || length === undefined || !/^\d{1,15}$/.test(length)) return body
  return body.pipeThrough(new FixedLengthStream(Number(length)))
}
