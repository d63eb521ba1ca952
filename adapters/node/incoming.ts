import type { Readable } from 'node:stream'
import type { HeaderList, Peer } from '../../src/platform/index.ts'

/** What a request came on, alike for HTTP/1.1 and HTTP/2: all that the lazy `Request` reads. */
export interface Incoming {
  readonly method: string
  /** The target in origin form, or `*`. */
  readonly target: string
  /** `Host` or `:authority`; `''` where there is none. */
  readonly host: string
  readonly encrypted: boolean
  /** The body as it arrives, or null for a request that has none. Asking for it says that it will be read. */
  openBody(): Readable | null
  /** The announced length of the body in bytes, or null. */
  readonly contentLength: number | null
  /** One field by its lower-case name, or undefined. Cheap. */
  header(name: string): string | undefined
  /** All fields. */
  list(): HeaderList
  /** Calls `listener` once when the client goes away before the answer is complete. */
  onGone(listener: () => void): void
  peer(): Peer
  earlyHints(links: readonly string[]): boolean
}
