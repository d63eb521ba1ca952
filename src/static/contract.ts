import type { DotfilePolicy } from '../stores/object/index.ts'

/** A content coding whose files lie beside the plain one: `app.js.br`, `app.js.zst`, `app.js.gz`. */
export type FileCoding = 'br' | 'zstd' | 'gzip'

/** Options of `staticFiles`. */
export interface StaticOptions {
  /** The rest parameter of the route that names the file. Default: `path`, for routes such as `/assets/*path`. */
  readonly param?: string
  /** A folder within the store that stands for the root, without `/` at its ends. Default: `''`, the whole store. */
  readonly folder?: string
  /**
   * The file that stands for a folder, or null for none. A folder without the slash at its end is redirected (308) to
   * the one with it. Default: `index.html`.
   */
  readonly index?: string | null
  /**
   * The file that answers a navigation to what is not there: the page of a single-page application. It answers only
   * requests whose `Accept` names HTML, so that a missing script stays a 404. Default: null.
   */
  readonly fallback?: string | null
  /**
   * Codings that are looked for, the most wanted first. Only files whose media type can be compressed are looked for,
   * at the cost of one question to the store for each coding that the client takes and that is not there; `[]` asks
   * none. Whoever makes these files keeps them in step with the plain ones. Default: `br`, `zstd`, `gzip`.
   */
  readonly precompressed?: readonly FileCoding[]
  /** The value of `Cache-Control`. Default: `public, max-age=0, must-revalidate`. */
  readonly cacheControl?: string
  /**
   * Does the name of this key change with its content? Such a file is sent with
   * `public, max-age=31536000, immutable`. `hasContentHash` is one such function. Default: none does.
   */
  readonly immutable?: (key: string) => boolean
  /** Names that begin with a dot, whatever the store does with them. Default: refuse. */
  readonly dotfiles?: DotfilePolicy
}

/** Options of `sendFile`. */
export interface FileOptions {
  /**
   * Has the browser save the file under this name, which may be any text: it is cleaned and encoded (RFC 6266). Default:
   * the browser shows what it can.
   */
  readonly downloadName?: string
  /** The name that `downloadName` would give, while the browser still shows what it can. */
  readonly inlineName?: string
  /** Default: what the store kept with it, else by the key's extension. */
  readonly mediaType?: string
  /** Default: `private, no-cache`: kept by browsers only, and asked about each time. */
  readonly cacheControl?: string
  /** As in `StaticOptions`. Default: none. */
  readonly precompressed?: readonly FileCoding[]
}
