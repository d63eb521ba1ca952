import { RockstarError } from '../../src/errors/index.ts'
import type {
  ObjectGetOptions,
  ObjectInfo,
  ObjectOptions,
  ObjectPage,
  ObjectStore,
  StoredObject,
} from '../../src/stores/object/index.ts'
import {
  closedError,
  discardBody,
  isObjectKey,
  keyError,
  resolveRange,
  unsupportedError,
} from '../../src/stores/object/index.ts'
import type { FetcherLike } from './cloudflare.ts'
import { kindOf, nameKind } from './kind.ts'

const name = 'static assets'
const readOnly = 'write to an R2 bucket'

/**
 * Makes a store of a Worker's static assets, to be read only. The key is the path below the folder of the assets.
 * `OPTIONS_INVALID` for another binding.
 *
 * - Each file is read as a whole, because the binding tells no size: at most 25 MiB, Cloudflare's bound of an asset.
 * - Set `html_handling = "none"` and leave `not_found_handling` alone, or a key may give another file: `about` then
 *   gives `about.html`, and what is not there gives a page that says so.
 */
export function assetObjects(fetcher: FetcherLike): ObjectStore {
  if (kindOf(fetcher) !== 'fetcher') {
    throw new RockstarError(
      'OPTIONS_INVALID',
      `Expected a binding to static assets, got one of the kind ${nameKind(kindOf(fetcher))}; name it in [assets] of wrangler.toml`,
    )
  }
  let closed = false

  async function read(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly info: ObjectInfo; readonly bytes: Uint8Array<ArrayBuffer> } | null> {
    if (closed) throw closedError(name)
    signal?.throwIfAborted()
    if (!isObjectKey(key)) throw keyError(name, key)
    const path = key.split('/').map(encodeURIComponent).join('/')
    const request = new Request(`https://assets.invalid/${path}`, {
      redirect: 'manual',
      signal: signal ?? null,
    })
    const response = await fetcher.fetch(request).catch((error: unknown) => {
      throw signal?.aborted === true ? signal.reason : failure(error)
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      if (response.status < 500) return null
      throw failure(new Error(`The binding answered ${response.status}`))
    }
    const bytes = new Uint8Array(await response.arrayBuffer())
    const { headers } = response
    const info: ObjectInfo = {
      key,
      sizeBytes: bytes.byteLength,
      modifiedMs: null,
      etag: headers.get('etag'),
      mediaType: headers.get('content-type'),
    }
    return { info, bytes }
  }

  function refuse(capability: 'write' | 'list', instead: string): RockstarError {
    return closed ? closedError(name) : unsupportedError(name, capability, instead)
  }

  return {
    name,
    capabilities: new Set<never>(),
    async head(key: string, { signal }: ObjectOptions = {}): Promise<ObjectInfo | null> {
      return (await read(key, signal))?.info ?? null
    },
    async get(key: string, { signal, range }: ObjectGetOptions = {}): Promise<StoredObject | null> {
      const found = await read(key, signal)
      if (found === null) return null
      const { start, length } = resolveRange(range, found.info.sizeBytes)
      return opened(found.info, found.bytes.subarray(start, start + length))
    },
    async put(_key, body): Promise<ObjectInfo> {
      await discardBody(body)
      throw refuse('write', readOnly)
    },
    async delete(): Promise<boolean> {
      throw refuse('write', readOnly)
    },
    async list(): Promise<ObjectPage> {
      throw refuse('list', 'the binding can only read; name the files that are needed')
    },
    async close(): Promise<void> {
      closed = true
    },
  }
}

function opened(info: ObjectInfo, bytes: Uint8Array<ArrayBuffer>): StoredObject {
  return {
    info,
    contentBytes: bytes.byteLength,
    bytes: async () => bytes,
    stream: () => new Blob([bytes]).stream(),
    cancel: async () => undefined,
  }
}

function failure(cause: unknown): RockstarError {
  return new RockstarError(
    'STORE_FAILED',
    'Expected the static assets to answer, they failed; their error is the cause',
    {
      cause,
    },
  )
}
