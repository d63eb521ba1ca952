import { toVariantEtag } from '../http/etag.ts'
import { mediaTypeOf } from '../http/mime.ts'
import type { HeaderList } from '../platform/contract.ts'
import type { ObjectInfo } from '../stores/object/index.ts'
import type { FileCoding } from './contract.ts'

/** How a file is to be sent, whichever of its codings is chosen. */
export interface Presentation {
  /** The key of the plain file. */
  readonly key: string
  /** Null for what the store kept with the file, else what the key's extension says. */
  readonly mediaType: string | null
  readonly cacheControl: string
  /** Further fields of a 200, 206 or 304. */
  readonly headers: HeaderList
}

/** One file of the store as the answer to a request. */
export interface Representation {
  readonly info: ObjectInfo
  readonly coding: FileCoding | null
  readonly mediaType: string
  /** The entity tag, with the coding in it. */
  readonly etag: string | null
  readonly cacheControl: string
  readonly headers: HeaderList
}

/** Joins what the store says of a file and how it is to be sent. */
export function createRepresentation(
  info: ObjectInfo,
  coding: FileCoding | null,
  presentation: Presentation,
): Representation {
  const { cacheControl, headers, key } = presentation
  const etag = info.etag === null || coding === null ? info.etag : toVariantEtag(info.etag, coding)
  // What the store kept with `app.js.br` is the type of its coding, if anything.
  const mediaType = presentation.mediaType ?? (coding === null ? storedType(info) : null) ?? mediaTypeOf(key)
  return { info, coding, mediaType, etag, cacheControl, headers }
}

/** Security: it may have come with an upload, and must not end the header field. */
function storedType(info: ObjectInfo): string | null {
  return info.mediaType !== null && /^[\x20-\x7e]{1,255}$/.test(info.mediaType) ? info.mediaType : null
}
