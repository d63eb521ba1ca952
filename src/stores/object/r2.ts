import { isRockstarError, RockstarError } from '../../errors/index.ts'
import { discardBody, objectChunks, resolveRange } from './body.ts'
import type {
  ObjectBody,
  ObjectGetOptions,
  ObjectInfo,
  ObjectListOptions,
  ObjectOptions,
  ObjectPage,
  ObjectPutOptions,
  ObjectStore,
  StoredObject,
} from './contract.ts'
import { closedError, keyError } from './error.ts'
import { isObjectKey } from './key.ts'
import { collectParts, joinBytes } from './parts.ts'

/** What is used of an R2 object. */
export interface R2ObjectLike {
  readonly key: string
  readonly size: number
  /** With quotes. */
  readonly httpEtag: string
  readonly uploaded: Date
  readonly httpMetadata?: { readonly contentType?: string } | undefined
}

/** What is used of an R2 object with its content. */
export interface R2ObjectBodyLike extends R2ObjectLike {
  readonly body: ReadableStream<Uint8Array>
  arrayBuffer(): Promise<ArrayBuffer>
}

/** What is used of an upload in parts. */
export interface R2UploadLike {
  uploadPart(partNumber: number, bytes: Uint8Array<ArrayBuffer>): Promise<R2PartLike>
  complete(parts: R2PartLike[]): Promise<R2ObjectLike>
  abort(): Promise<void>
}

/** A part that was uploaded. */
export interface R2PartLike {
  readonly partNumber: number
  readonly etag: string
}

/** What is used of an R2 bucket: the binding of a Worker. */
export interface R2BucketLike {
  head(key: string): Promise<R2ObjectLike | null>
  get(
    key: string,
    options?: { range?: { offset: number; length: number } },
  ): Promise<R2ObjectBodyLike | R2ObjectLike | null>
  put(key: string, bytes: Uint8Array<ArrayBuffer>, options?: R2PutLike): Promise<R2ObjectLike | null>
  createMultipartUpload(key: string, options?: R2PutLike): Promise<R2UploadLike>
  delete(key: string): Promise<void>
  list(options: {
    prefix?: string
    startAfter?: string
    cursor?: string
    limit: number
    include: ('httpMetadata' | 'customMetadata')[]
  }): Promise<{ objects: R2ObjectLike[]; truncated: boolean; cursor?: string }>
}

/** What an R2 object is written with. */
export interface R2PutLike {
  httpMetadata?: { contentType?: string }
}

const name = 'r2'

/** Of an upload in parts all but the last are this long; R2 wants at least 5 MiB, and at most 10,000 of them. */
const partBytes = 8 * 1024 * 1024

/**
 * Makes a store of an R2 bucket, which stays its maker's. Strongly consistent: what was written is read by everybody.
 *
 * - A stream is held in memory in parts of 8 MiB, because R2 takes none of unknown length; largest object: 78 GiB.
 * - `delete` asks whether there was something before it deletes, so that of two at once both may say so.
 */
export function r2Objects(bucket: R2BucketLike): ObjectStore {
  let closed = false

  /** Runs one operation on the bucket. */
  async function ask<Result>(
    key: string | null,
    signal: AbortSignal | undefined,
    run: () => Promise<Result>,
  ): Promise<Result> {
    if (closed) throw closedError(name)
    signal?.throwIfAborted()
    if (key !== null && !isObjectKey(key)) throw keyError(name, key)
    const result = await withSignal(run(), signal).catch((error: unknown) => {
      throw signal?.aborted === true ? signal.reason : failure(error)
    })
    return result
  }

  async function upload(
    key: string,
    parts: AsyncGenerator<Uint8Array<ArrayBuffer>>,
    first: Uint8Array<ArrayBuffer>,
    options: R2PutLike,
  ): Promise<R2ObjectLike> {
    const running = await bucket.createMultipartUpload(key, options)
    try {
      const uploaded = [await running.uploadPart(1, first)]
      for await (const part of parts) uploaded.push(await running.uploadPart(uploaded.length + 1, part))
      return await running.complete(uploaded)
    } catch (error) {
      // Best effort: R2 itself forgets an upload that nobody completes.
      await running.abort().catch(() => undefined)
      throw error
    }
  }

  async function write(key: string, body: ObjectBody, given: ObjectPutOptions): Promise<R2ObjectLike> {
    const options = given.mediaType === undefined ? {} : { httpMetadata: { contentType: given.mediaType } }
    const source = guarded(objectChunks(body, given))
    const parts = collectParts(source.chunks, partBytes)
    try {
      const first = (await parts.next()).value ?? joinBytes([])
      // A part that is not full is the last.
      if (first.byteLength >= partBytes) return await upload(key, parts, first, options)
      const written = await bucket.put(key, first, options)
      if (written === null) throw new Error('R2 wrote nothing')
      return written
    } catch (error) {
      await parts.return(undefined)
      // What the body failed with is its own; the rest is the bucket's.
      throw source.failed(error) ? error : failure(error)
    }
  }

  return {
    name,
    capabilities: new Set(['write', 'list', 'media-type'] as const),
    async head(key: string, { signal }: ObjectOptions = {}): Promise<ObjectInfo | null> {
      const found = await ask(key, signal, () => bucket.head(key))
      return found === null ? null : toInfo(found)
    },
    async get(key: string, { signal, range }: ObjectGetOptions = {}): Promise<StoredObject | null> {
      if (range === undefined) {
        const object = await ask(key, signal, () => bucket.get(key))
        return object === null ? null : opened(toBody(object), object.size, signal)
      }
      // Asked first, because R2 has answers of its own for a range that it cannot give.
      const found = await ask(key, signal, () => bucket.head(key))
      if (found === null) return null
      const { start: offset, length } = resolveRange(range, found.size)
      const object = await ask(key, signal, () => bucket.get(key, { range: { offset, length } }))
      if (object === null) return null
      return opened(toBody(object), Math.max(0, Math.min(length, object.size - offset)), signal)
    },
    async put(key: string, body: ObjectBody, given: ObjectPutOptions = {}): Promise<ObjectInfo> {
      try {
        if (closed) throw closedError(name)
        given.signal?.throwIfAborted()
        if (!isObjectKey(key)) throw keyError(name, key)
      } catch (error) {
        await discardBody(body)
        throw error
      }
      return toInfo(await write(key, body, given))
    },
    async delete(key: string, { signal }: ObjectOptions = {}): Promise<boolean> {
      const found = await ask(key, signal, () => bucket.head(key))
      if (found === null) return false
      await ask(key, signal, () => bucket.delete(key))
      return true
    },
    async list({ signal, prefix = '', cursor, limit = 1000 }: ObjectListOptions = {}): Promise<ObjectPage> {
      const wanted = Math.max(1, Math.min(limit, 1000))
      const scope = { limit: wanted, include: ['httpMetadata' as const], ...(prefix !== '' && { prefix }) }
      let page = await ask(null, signal, () =>
        bucket.list({ ...scope, ...(cursor !== undefined && { startAfter: cursor }) }),
      )
      // R2 may give an empty page before the last one.
      while (page.objects.length === 0 && page.truncated && page.cursor !== undefined) {
        const next = page.cursor
        page = await ask(null, signal, () => bucket.list({ ...scope, cursor: next }))
      }
      // A key says better than R2's own cursor where the next page begins, whatever is written in between.
      return {
        objects: page.objects.map(toInfo),
        cursor: page.truncated ? (page.objects.at(-1)?.key ?? null) : null,
      }
    },
    async close(): Promise<void> {
      closed = true
    },
  }
}

function opened(
  object: R2ObjectBodyLike,
  contentBytes: number,
  signal: AbortSignal | undefined,
): StoredObject {
  return {
    info: toInfo(object),
    contentBytes,
    bytes: async () => new Uint8Array(await object.arrayBuffer()),
    stream: () =>
      // R2 gives chunks of memory that nobody else has.
      (signal === undefined
        ? object.body
        : object.body.pipeThrough(new TransformStream(), { signal })) as ReadableStream<
        Uint8Array<ArrayBuffer>
      >,
    cancel: () => object.body.cancel(),
  }
}

function toBody(object: R2ObjectBodyLike | R2ObjectLike): R2ObjectBodyLike {
  if ('body' in object) return object
  // Only a precondition, which is never sent, makes R2 leave it out.
  throw failure(new Error('R2 gave an object without its content'))
}

function toInfo({ key, size, httpEtag, uploaded, httpMetadata }: R2ObjectLike): ObjectInfo {
  const mediaType = httpMetadata?.contentType ?? null
  return { key, sizeBytes: size, modifiedMs: uploaded.getTime(), etag: httpEtag, mediaType }
}

function failure(cause: unknown): RockstarError {
  if (isRockstarError(cause)) return cause
  return new RockstarError('STORE_FAILED', 'Expected R2 to answer, it failed; its error is the cause', {
    cause,
  })
}

/** Chunks, and a way to tell whether an error was theirs. */
function guarded(source: AsyncGenerator<Uint8Array>): {
  readonly chunks: AsyncGenerator<Uint8Array>
  failed(error: unknown): boolean
} {
  const none = Symbol('none')
  let thrown: unknown = none
  async function* pass(): AsyncGenerator<Uint8Array> {
    try {
      yield* source
    } catch (error) {
      thrown = error
      throw error
    }
  }
  return { chunks: pass(), failed: (error) => error === thrown }
}

async function withSignal<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
