/**
 * What a store can do besides reading one object:
 * - `write`: `put` and `delete`.
 * - `list`: `list`.
 * - `media-type`: `put` keeps a media type with the object, and `head` and `get` give it back.
 */
export type ObjectCapability = 'write' | 'list' | 'media-type'

/** Where larger things live, whole, under a name: files, uploads, assets. Implementations: `src/stores/object/`. */
export interface ObjectStore {
  /** What errors call it: `directory`, `memory`. */
  readonly name: string
  /** A method that needs what is not listed here rejects with `STORE_UNSUPPORTED`; none is missing. */
  readonly capabilities: ReadonlySet<ObjectCapability>
  /** Describes an object; null when there is none. */
  head(key: string, options?: ObjectOptions): Promise<ObjectInfo | null>
  /**
   * Opens an object, or a part of it; null when there is none. What it gives belongs to the caller, who must read it
   * or cancel it. The content is of one state of the object, that of its `info`; where a store cannot hold on to that
   * state, reading fails with `STORE_CHANGED` instead of mixing two.
   */
  get(key: string, options?: ObjectGetOptions): Promise<StoredObject | null>
  /**
   * Writes an object, new or in place of the old one. Atomic: whoever reads gets the old object or the new one, whole,
   * and a failed write leaves the old one. When several write at once, the last to end wins. Resolves when the object
   * is durable as far as the store knows. A stream is read to its end, and cancelled on failure; when it fails
   * itself, its error is passed on.
   */
  put(key: string, body: ObjectBody, options?: ObjectPutOptions): Promise<ObjectInfo>
  /** Deletes an object. Resolves to false when there was none. Those who are reading it read on. */
  delete(key: string, options?: ObjectOptions): Promise<boolean>
  /**
   * Lists objects by key, in the order of the keys' UTF-8 bytes, a page at a time. An object that is there from the
   * first page to the last is listed exactly once, whatever is written in between.
   */
  list(options?: ObjectListOptions): Promise<ObjectPage>
  /**
   * Releases what the store itself opened; a client that was handed to it stays open. Objects that are being read may
   * be cut off. Every other method rejects with `STORE_CLOSED` from then on. Closing twice does nothing more.
   */
  close(): Promise<void>
}

/**
 * A key names an object: 1 to 1,024 bytes of UTF-8, segments separated by `/`, none of them empty, `.` or `..`, no
 * control characters. `isObjectKey` tells. A store may refuse more (a directory refuses what some file system cannot
 * name). A key that a store refuses is `STORE_KEY_INVALID`.
 */
export interface ObjectInfo {
  readonly key: string
  /** Size of the whole object in bytes, 0 to 2^53-1. */
  readonly sizeBytes: number
  /** When it was last written, in milliseconds since the Unix epoch; null where the store does not know. */
  readonly modifiedMs: number | null
  /**
   * An entity tag as it stands in the field (RFC 9110 §8.8.3), quotes included. A strong one changes whenever a byte
   * of the object does. Null where the store has none.
   */
  readonly etag: string | null
  /** The media type that `put` was given, or null. */
  readonly mediaType: string | null
}

/** An object that was opened. Exactly one of `bytes`, `stream` and `cancel` is to be called, once. */
export interface StoredObject {
  /** Describes the whole object, also when only a part was opened. */
  readonly info: ObjectInfo
  /** How many bytes `bytes` and `stream` give: those of the part that was opened. */
  readonly contentBytes: number
  /** Reads everything at once. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>
  /** Reads as the reader asks. Ends after `contentBytes` or errors; cancelling releases the object. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>
  /** Releases the object unread. */
  cancel(): Promise<void>
}

/** What can be stored. A string is stored as UTF-8. */
export type ObjectBody = string | Uint8Array | ReadableStream<Uint8Array>

/** Options that every operation on an object takes. */
export interface ObjectOptions {
  /** Aborts the operation: it rejects, or its stream errors, with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Options of `get`. */
export interface ObjectGetOptions extends ObjectOptions {
  /**
   * Opens only these bytes: first and last position, both included. A last position behind the end means the end; a
   * first one that is negative, behind the last, or not within the object is `STORE_RANGE`.
   */
  readonly range?: { readonly start: number; readonly end: number }
}

/** Options of `put`. */
export interface ObjectPutOptions extends ObjectOptions {
  /** Kept with the object. Needs the capability `media-type`. */
  readonly mediaType?: string
  /** Largest body in bytes, 0 to 2^53-1; more is `STORE_TOO_LARGE`. Default: no bound but the store's own. */
  readonly maxBytes?: number
}

/** Options of `list`. */
export interface ObjectListOptions extends ObjectOptions {
  /** Lists only keys that begin so; it need not end at a `/`. Default: all. */
  readonly prefix?: string
  /** Goes on behind the page that gave this cursor. Default: from the start. */
  readonly cursor?: string
  /** Most objects of the page, 1 to 1,000. Default: 1,000. */
  readonly limit?: number
}

/** One page of a list. */
export interface ObjectPage {
  readonly objects: readonly ObjectInfo[]
  /** Where the next page begins, or null after the last one. Opaque. */
  readonly cursor: string | null
}
