import type { HeaderList, Platform, ResponseBody } from '../../src/platform/index.ts'
import type { Activity, ServableApp } from '../../src/server/contract.ts'
import type { Captured } from './response.ts'
import { NodeResponse } from './response.ts'

/** What a handler of requests needs. */
export interface HandlerOptions {
  readonly app: ServableApp
  readonly platform: Platform
  readonly activity: Activity
  /** More header fields than this are 431. */
  readonly maxHeaderFields: number
}

/** What is to be sent: of our own response without building the native one, of any other through its interface. */
export function toCaptured(response: Response): Captured {
  const captured = response instanceof NodeResponse ? response.capture() : null
  if (captured !== null) return captured
  return { body: response.body, status: response.status, headers: toList(response.headers) }
}

/** A body as a stream; null for none, and for one that was read or locked by somebody else. */
export function toBodyStream(body: ResponseBody): ReadableStream<Uint8Array> | null {
  if (body === null) return null
  if (typeof body === 'string' || body instanceof Uint8Array) return new Blob([body]).stream()
  return body instanceof Blob ? body.stream() : body
}

/** One line for an answer that could not be sent. */
export function logFailure(platform: Platform, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  platform.log({ kind: 'response.failed', level: 'error', message: `The answer failed: ${reason.slice(0, 500)}`, error })
}

function toList(headers: Headers): HeaderList {
  const list: string[] = []
  for (const [name, value] of headers) list.push(name, value)
  return list
}
