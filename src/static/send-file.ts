import type { Context } from '../context/contract.ts'
import { assertHeaderValue, formatContentDisposition, isCompressible, mediaTypeOf } from '../http/index.ts'
import type { ObjectStore } from '../stores/object/index.ts'
import type { FileOptions } from './contract.ts'
import { assertReading, guardStore, notFound } from './failure.ts'
import { sendObject } from './send.ts'

/**
 * Answers GET or HEAD with one object of a store, with everything that HTTP knows about files: preconditions, ranges,
 * 304. Throws `NOT_FOUND` (404) when there is none, `METHOD_NOT_ALLOWED` (405) for another method,
 * `PRECONDITION_FAILED` (412), `RANGE_UNSATISFIABLE` (416), and a `STORE_…` code (503) when the store fails.
 *
 * The key is the application's. One that is made of what a client sent needs a check of its own: may this client have
 * this object? A key that the store refuses is a 404.
 */
export async function sendFile(
  ctx: Context,
  store: ObjectStore,
  key: string,
  options: FileOptions = {},
): Promise<Response> {
  assertReading(ctx)
  const { cacheControl = 'private, no-cache', mediaType = null, precompressed = [] } = options
  if (mediaType !== null) assertHeaderValue('content-type', mediaType)
  assertHeaderValue('cache-control', cacheControl)
  const codings = isCompressible(mediaType ?? mediaTypeOf(key)) ? precompressed : []
  const vary = codings.length === 0 ? null : 'accept-encoding'
  const sendable = { key, codings, mediaType, cacheControl, vary, disposition: dispositionOf(options) }
  const response = await guardStore(() => sendObject(ctx, store, sendable))
  if (response === null) throw notFound()
  return response
}

function dispositionOf({ downloadName, inlineName }: FileOptions): string | null {
  if (downloadName !== undefined) return formatContentDisposition('attachment', downloadName)
  return inlineName === undefined ? null : formatContentDisposition('inline', inlineName)
}
