import { RockstarError } from '../../errors/index.ts'
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

/** Options of `memoryObjects`. */
export interface MemoryObjectsOptions {
  /** Bytes of all objects together, 0 to 2^53-1; more is `STORE_TOO_LARGE`. Default: 64 MiB. */
  readonly maxBytes?: number
  /** The time that objects are written at, in milliseconds since the Unix epoch. Default: the runtime's. */
  readonly now?: () => number
}

interface Entry {
  readonly info: ObjectInfo
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Makes a store that keeps its objects in memory: for tests, and for what is small and may be lost. Entity tags are
 * strong, made of the content. A process has its own.
 */
export function memoryObjects(options: MemoryObjectsOptions = {}): ObjectStore {
  const { maxBytes = 64 * 1024 * 1024, now = Date.now } = options
  const entries = new Map<string, Entry>()
  let usedBytes = 0
  let closed = false

  function find(key: string, signal: AbortSignal | undefined): Entry | undefined {
    check(signal)
    if (!isObjectKey(key)) throw keyError('memory', key)
    return entries.get(key)
  }

  async function readBody(
    key: string,
    body: ObjectBody,
    given: ObjectPutOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    try {
      find(key, given.signal)
      return await collect(
        objectChunks(body, { ...given, maxBytes: Math.min(maxBytes, given.maxBytes ?? Infinity) }),
      )
    } catch (error) {
      await discardBody(body)
      throw error
    }
  }

  function check(signal: AbortSignal | undefined): void {
    if (closed) throw closedError('memory')
    signal?.throwIfAborted()
  }

  return {
    name: 'memory',
    capabilities: new Set(['write', 'list', 'media-type'] as const),
    async head(key: string, { signal }: ObjectOptions = {}): Promise<ObjectInfo | null> {
      return find(key, signal)?.info ?? null
    },
    async get(key: string, { signal, range }: ObjectGetOptions = {}): Promise<StoredObject | null> {
      const entry = find(key, signal)
      if (entry === undefined) return null
      const { start, length } = resolveRange(range, entry.bytes.byteLength)
      return openBytes(entry.info, entry.bytes.subarray(start, start + length))
    },
    async put(key: string, body: ObjectBody, putOptions: ObjectPutOptions = {}): Promise<ObjectInfo> {
      const bytes = await readBody(key, body, putOptions)
      const etag = await contentEtag(bytes)
      check(putOptions.signal)
      const after = usedBytes - (entries.get(key)?.bytes.byteLength ?? 0) + bytes.byteLength
      if (after > maxBytes) {
        throw new RockstarError(
          'STORE_TOO_LARGE',
          `Expected at most ${maxBytes} bytes in memory, ${after} are wanted`,
        )
      }
      usedBytes = after
      const mediaType = putOptions.mediaType ?? null
      const info: ObjectInfo = { key, sizeBytes: bytes.byteLength, modifiedMs: now(), etag, mediaType }
      entries.set(key, { info, bytes })
      return info
    },
    async delete(key: string, { signal }: ObjectOptions = {}): Promise<boolean> {
      usedBytes -= find(key, signal)?.bytes.byteLength ?? 0
      return entries.delete(key)
    },
    async list({ signal, prefix = '', cursor, limit = 1000 }: ObjectListOptions = {}): Promise<ObjectPage> {
      check(signal)
      const from = cursor ?? ''
      const keys = [...entries.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, from) > 0)
      const page = keys.toSorted(compareKeys).slice(0, Math.max(1, Math.min(limit, 1000)))
      const objects = page.flatMap((key) => entries.get(key)?.info ?? [])
      return { objects, cursor: page.length < keys.length ? (page.at(-1) ?? null) : null }
    },
    async close(): Promise<void> {
      closed = true
      entries.clear()
      usedBytes = 0
    },
  }
}

/** Compares two keys by their UTF-8 bytes: below 0, 0 or above, as `sort` wants it. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a === b) continue
    // UTF-16 has the surrogates of the highest code points below U+E000 to U+FFFF; UTF-8 has them above.
    const aHigh = a >= 0xd800 && a <= 0xdfff
    const bHigh = b >= 0xd800 && b <= 0xdfff
    return aHigh === bHigh ? a - b : aHigh ? 1 : -1
  }
  return left.length - right.length
}

function openBytes(info: ObjectInfo, bytes: Uint8Array<ArrayBuffer>): StoredObject {
  return {
    info,
    contentBytes: bytes.byteLength,
    // A copy: what is stored must not change when a reader writes into what it got.
    bytes: async () => bytes.slice(),
    stream: () =>
      new ReadableStream({
        start(controller): void {
          if (bytes.byteLength > 0) controller.enqueue(bytes.slice())
          controller.close()
        },
      }),
    cancel: async () => undefined,
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk.slice())
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.byteLength
  }
  return bytes
}

async function contentEtag(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const half = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0'))
  return `"${half.join('')}"`
}
