import type { ResponseBody } from '../../src/platform/index.ts'
import { toFieldList } from './headers.ts'
import { nativeOf } from './natives.ts'
import { NodeResponse } from './response.ts'

/**
 * The class behind the global `Response`: `new Response('text', { status, headers })` makes a response of ours, which
 * Node sends several times faster. What it cannot take as it is (form data, iterables, odd statuses) it leaves to the
 * native class, whose errors are then the standard's own.
 */
export function createResponseStandIn(native: typeof Response): typeof Response {
  class StandIn extends NodeResponse {
    static readonly [nativeOf]: typeof Response = native

    constructor(body?: BodyInit | null, init?: ResponseInit) {
      const status = init?.status ?? 200
      const plain = toPlainBody(body)
      if (plain === undefined || !isOrdinary(status, plain) || (init?.statusText ?? '') !== '') {
        super(null, 200, [])
        // A constructor that returns another object hands that one out (ECMAScript §10.2.2).
        return new native(body, init) as unknown as StandIn
      }
      super(plain, status, toFieldList(init?.headers, typeof plain === 'string'))
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return this === StandIn ? value instanceof native : Function.prototype[Symbol.hasInstance].call(this, value)
    }

    static error(): Response {
      return native.error()
    }

    static json(data: unknown, init?: ResponseInit): Response {
      return native.json(data, init)
    }

    static redirect(url: string | URL, status?: number): Response {
      return native.redirect(url, status)
    }
  }
  Object.defineProperty(StandIn, 'name', { value: 'Response' })
  return StandIn as unknown as typeof Response
}

/** A body that can be kept as it is; undefined for one that the native class must take. */
function toPlainBody(body: BodyInit | null | undefined): ResponseBody | undefined {
  if (body === undefined || body === null) return null
  if (typeof body === 'string') return body
  // The Fetch Standard copies bytes: a later change of the array does not reach the response.
  if (body instanceof Uint8Array) return new Uint8Array(body)
  return body instanceof ReadableStream && !body.locked ? body : undefined
}

/** Is it a status that goes with this body? 204, 205 and 304 have none (Fetch Standard, "null body status"). */
function isOrdinary(status: number, body: ResponseBody): boolean {
  if (!Number.isInteger(status) || status < 200 || status > 599) return false
  return body === null || (status !== 204 && status !== 205 && status !== 304)
}
