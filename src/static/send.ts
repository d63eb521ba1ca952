import type { Context } from '../context/contract.ts'
import { HttpError, isRockstarError } from '../errors/index.ts'
import type { ByteRange } from '../http/index.ts'
import {
  createByteranges,
  evaluatePreconditions,
  formatContentRange,
  formatHttpDate,
  isRangeCurrent,
  isWeakMatch,
  parseRange,
} from '../http/index.ts'
import type { ObjectGetOptions, ObjectInfo, ObjectStore, StoredObject } from '../stores/object/index.ts'
import { acceptedCodings, codingSuffixes } from './coding.ts'
import type { FileCoding } from './contract.ts'
import { nullIfRefused, unavailable } from './failure.ts'
import type { Presentation, Representation } from './representation.ts'
import { createRepresentation } from './representation.ts'

/** Up to here a file is read in one go: a stream costs more than the memory it saves. */
const smallBytes = 64 * 1024

/** How often a file is looked at that was replaced between two looks. */
const maxAttempts = 3

/** What is to be sent, and in which codings it may lie in the store. */
export interface Sendable extends Presentation {
  readonly codings: readonly FileCoding[]
}

/**
 * Answers GET or HEAD with a file: its preconditions, its ranges, the coding that the client likes best. Resolves to
 * null when the store has no such file. Throws 412, 416, and what the store throws.
 */
export async function sendObject(
  ctx: Context,
  store: ObjectStore,
  sendable: Sendable,
): Promise<Response | null> {
  const { codings } = sendable
  const order =
    codings.length === 0 ? plainOnly : acceptedCodings(ctx.headers.get('accept-encoding'), codings)
  for (const coding of order) {
    for (let attempt = 1; ; attempt++) {
      const answer = await sendCoding(ctx, store, sendable, coding).catch(nullIfRefused)
      if (answer === null) break
      if (answer !== 'changed') return answer
      if (attempt === maxAttempts) throw unavailable('STORE_CHANGED')
    }
  }
  return null
}

/** `changed` when the file was replaced between two looks at it. */
type Answer = Response | 'changed' | null

const plainOnly: readonly null[] = [null]

async function sendCoding(
  ctx: Context,
  store: ObjectStore,
  sendable: Sendable,
  coding: FileCoding | null,
): Promise<Answer> {
  const key = coding === null ? sendable.key : sendable.key + codingSuffixes[coding]
  const nowMs = ctx.platform.clock.now()
  if (ctx.method === 'GET' && !isConditional(ctx.headers)) {
    const object = await store.get(key)
    if (object === null) return null
    return sendWhole(ctx, object, createRepresentation(object.info, coding, sendable, nowMs))
  }
  const info = await store.head(key)
  if (info === null) return null
  const file = createRepresentation(info, coding, sendable, nowMs)
  const request = { method: ctx.method, header: (name: string) => ctx.headers.get(name), nowMs }
  const verdict = evaluatePreconditions(request, file)
  if (verdict === 'failed') {
    throw new HttpError(
      412,
      'PRECONDITION_FAILED',
      'Expected the version that the request names, there is another one',
    )
  }
  if (verdict === 'not-modified') return ctx.platform.createResponse(null, 304, cachingFields(file))
  // RFC 9110 §14.2: Range is defined for GET alone.
  if (ctx.method === 'HEAD') return ctx.platform.createResponse(null, 200, wholeFields(file))
  const value = ctx.headers.get('range')
  const ranges = value !== null && isRangeCurrent(request, file) ? parseRange(value, info.sizeBytes) : null
  if (ranges === 'unsatisfiable') throw rangeError(info.sizeBytes)
  if (ranges === null) {
    const object = await openSame(store, info)
    return object === null ? 'changed' : sendWhole(ctx, object, file)
  }
  return sendRanges(ctx, store, file, ranges)
}

async function sendWhole(ctx: Context, object: StoredObject, file: Representation): Promise<Response> {
  return ctx.platform.createResponse(await contentOf(object), 200, wholeFields(file))
}

async function sendRanges(
  ctx: Context,
  store: ObjectStore,
  file: Representation,
  ranges: readonly ByteRange[],
): Promise<Answer> {
  const { info } = file
  const [only] = ranges
  if (only !== undefined && ranges.length === 1) {
    const object = await openSame(store, info, { range: only })
    if (object === null) return 'changed'
    const list = contentFields(file, file.mediaType, object.contentBytes)
    list.push('content-range', formatContentRange(only, info.sizeBytes))
    return ctx.platform.createResponse(await contentOf(object), 206, list)
  }
  const body = createByteranges({
    ranges,
    sizeBytes: info.sizeBytes,
    mediaType: file.mediaType,
    boundary: ctx.platform.random.uuid(),
    open: async (range) => {
      const object = await openSame(store, info, { range })
      if (object === null) throw unavailable('STORE_CHANGED')
      return object.stream()
    },
  })
  return ctx.platform.createResponse(body.stream, 206, contentFields(file, body.mediaType, body.sizeBytes))
}

/** Opens the object that `info` describes; null when another one has taken its place. */
async function openSame(
  store: ObjectStore,
  info: ObjectInfo,
  options: ObjectGetOptions = {},
): Promise<StoredObject | null> {
  let object: StoredObject | null
  try {
    object = await store.get(info.key, options)
  } catch (error) {
    // It is shorter now than the range wants.
    if (isRockstarError(error) && error.code === 'STORE_RANGE') return null
    throw error
  }
  if (object === null) return null
  const { etag, sizeBytes, modifiedMs } = object.info
  // By weak comparison: a weak tag may have become a strong one in the meantime, of the same object.
  const sameEtag = etag === info.etag || (etag !== null && info.etag !== null && isWeakMatch(etag, info.etag))
  if (sameEtag && sizeBytes === info.sizeBytes && modifiedMs === info.modifiedMs) return object
  await object.cancel()
  return null
}

function contentOf(
  object: StoredObject,
): Promise<Uint8Array<ArrayBuffer>> | ReadableStream<Uint8Array<ArrayBuffer>> {
  return object.contentBytes <= smallBytes ? object.bytes() : object.stream()
}

function isConditional(headers: Headers): boolean {
  return (
    headers.has('range') ||
    headers.has('if-none-match') ||
    headers.has('if-modified-since') ||
    headers.has('if-match') ||
    headers.has('if-unmodified-since')
  )
}

function wholeFields(file: Representation): string[] {
  return contentFields(file, file.mediaType, file.info.sizeBytes)
}

/** The fields of a 200 or 206 whose content is of this type and size. */
function contentFields(file: Representation, mediaType: string, contentBytes: number): string[] {
  const { coding, disposition, etag, lastModifiedMs } = file
  const list = ['content-type', mediaType, 'content-length', String(contentBytes), 'accept-ranges', 'bytes']
  list.push('x-content-type-options', 'nosniff', ...cachingFields(file))
  if (etag !== null && lastModifiedMs !== null) list.push('last-modified', formatHttpDate(lastModifiedMs))
  if (coding !== null) list.push('content-encoding', coding)
  if (disposition !== null) list.push('content-disposition', disposition)
  return list
}

/** RFC 9110 §15.4.5: what a 304 says of the 200 that it stands for. The date only where there is no tag. */
function cachingFields({ cacheControl, etag, lastModifiedMs, vary }: Representation): string[] {
  const list = ['cache-control', cacheControl]
  if (vary !== null) list.push('vary', vary)
  if (etag !== null) list.push('etag', etag)
  else if (lastModifiedMs !== null) list.push('last-modified', formatHttpDate(lastModifiedMs))
  return list
}

function rangeError(sizeBytes: number): HttpError {
  return new HttpError(416, 'RANGE_UNSATISFIABLE', `Expected a range within ${sizeBytes} bytes`, {
    headers: { 'content-range': formatContentRange(null, sizeBytes) },
  })
}
