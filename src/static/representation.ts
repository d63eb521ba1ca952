import { mediaTypeOf, toVariantEtag } from '../http/index.ts'
import type { ObjectInfo } from '../stores/object/index.ts'
import type { FileCoding } from './contract.ts'

/** How a file is to be sent, whichever of its codings is chosen. */
export interface Presentation {
  /** The key of the plain file. */
  readonly key: string
  /** Null for what the store kept with the file, else what the key's extension says. */
  readonly mediaType: string | null
  readonly cacheControl: string
  /** The value of `Vary`, or null. */
  readonly vary: string | null
  /** The value of `Content-Disposition`, or null. */
  readonly disposition: string | null
}

/** One file of the store as the answer to a request. */
export interface Representation extends Presentation {
  readonly info: ObjectInfo
  readonly coding: FileCoding | null
  readonly mediaType: string
  /** The entity tag, with the coding in it. */
  readonly etag: string | null
  /** Milliseconds since the Unix epoch, or null where it is unknown or cannot be true. */
  readonly lastModifiedMs: number | null
}

/** Joins what the store says of a file and how it is to be sent. */
export function createRepresentation(
  info: ObjectInfo,
  coding: FileCoding | null,
  presentation: Presentation,
  nowMs: number,
): Representation {
  const { cacheControl, disposition, key, vary } = presentation
  const etag = info.etag === null || coding === null ? info.etag : toVariantEtag(info.etag, coding)
  // What the store kept with `app.js.br` is the type of its coding, if anything.
  const mediaType = presentation.mediaType ?? (coding === null ? storedType(info) : null) ?? mediaTypeOf(key)
  // RFC 9110 §8.8.2.1: no date that is later than the answer.
  const lastModifiedMs = info.modifiedMs !== null && info.modifiedMs <= nowMs ? info.modifiedMs : null
  return { key, info, coding, mediaType, etag, lastModifiedMs, cacheControl, vary, disposition }
}

/** Security: it may have come with an upload, and must not end the header field. */
function storedType(info: ObjectInfo): string | null {
  return info.mediaType !== null && /^[\x20-\x7e]{1,255}$/.test(info.mediaType) ? info.mediaType : null
}
