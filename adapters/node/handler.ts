import type { Platform, ResponseBody } from '../../src/platform/index.ts'
import type { Activity, ServableApp } from '../../src/server/contract.ts'
import type { Captured } from './response.ts'
import { isWhole, NodeResponse } from './response.ts'

/** What a handler of requests needs. */
export interface HandlerOptions {
  readonly app: ServableApp
  readonly platform: Platform
  readonly activity: Activity
  /** More header fields than this are 431. */
  readonly maxHeaderFields: number
  /** Does the listener listen on a Unix socket? Its peers have no address. Default: false. */
  readonly isUnixSocket?: boolean
}

/** One request under way, and the way back to its client. */
export interface Exchange {
  /** The request for the app, made once. */
  request(): Request
  /** Writes the answer. Throws before anything was written when it cannot be. */
  send(response: Response): void
  /** A bare 500 if nothing was sent, else the connection or the stream is cut. Never throws. */
  crash(): void
}

/** A request that was not read to its end is still read up to this size, in bytes, for the sake of the connection. */
export const maxUnreadBytes = 65_536

/** Hands a request to the app and its answer back; synchronous as long as the app is. */
export function answer(exchange: Exchange, { app, platform }: HandlerOptions): void {
  try {
    const response = app.fetch(exchange.request(), platform)
    // Asked first, because it is the usual case, and cheaper than asking for `then`.
    if (response instanceof NodeResponse || !('then' in response)) exchange.send(response)
    else answerLater(exchange, response, platform)
  } catch (error) {
    fail(exchange, error, platform)
  }
}

function answerLater(exchange: Exchange, pending: Promise<Response>, platform: Platform): void {
  pending.then(
    (response) => {
      try {
        exchange.send(response)
      } catch (error) {
        fail(exchange, error, platform)
      }
    },
    (error: unknown) => fail(exchange, error, platform),
  )
}

function fail(exchange: Exchange, error: unknown, platform: Platform): void {
  logFailure(platform, error)
  exchange.crash()
}

/** One line for an answer that could not be sent. */
export function logFailure(platform: Platform, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `The answer could not be sent: ${reason.slice(0, 500)}`
  platform.log({ kind: 'response.failed', level: 'error', message, error })
}

/** Statuses whose answers never have a body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 304 || status === 205
}

/** Throws for what is no status of a final answer (RFC 9110 §15): the app answers 500 then, and the log says why. */
export function assertFinal(status: number): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`Expected a status from 200 to 599, got ${status}`)
  }
}

/** The length in bytes of a body that is there as a whole. */
export function lengthOf(body: string | Uint8Array | null): number {
  if (body === null) return 0
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}

/** The length in bytes that a body has or its fields announce, or null when nobody knows. */
export function announcedLength({ body, headers }: Captured): number | null {
  if (body !== null && typeof body === 'object' && 'size' in body) return body.size
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] ?? ''
    if (headers[index] === 'content-length' && /^\d{1,15}$/.test(value)) return Number(value)
  }
  return null
}

/** What a body is read by that is not there as a whole. */
export type BodyReader = Pick<ReadableStreamDefaultReader<Uint8Array | string>, 'read' | 'cancel'>

/**
 * A reader of a body that is not there as a whole. The `Response` of a third party may have a stream of Node for its
 * body, or another iterable. Throws when somebody else reads it.
 */
export function readerOf(body: Blob | ReadableStream<Uint8Array>): BodyReader {
  if ('getReader' in body) return body.getReader()
  return isIterable(body) ? iteratorReader(body[Symbol.asyncIterator]()) : body.stream().getReader()
}

function iteratorReader(iterator: AsyncIterator<Uint8Array | string, undefined>): BodyReader {
  return {
    read: () => iterator.next(),
    cancel: async (): Promise<void> => void (await iterator.return?.()),
  }
}

/** Tells the source of a body that nobody wants it. */
export function discard(body: ResponseBody): void {
  if (isWhole(body) || ('getReader' in body && body.locked)) return
  readerOf(body)
    .cancel(new Error('The client does not take the body'))
    .catch(() => undefined)
}

function isIterable(value: object): value is AsyncIterable<Uint8Array | string, undefined> {
  return Symbol.asyncIterator in value
}
