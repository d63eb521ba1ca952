import type { Readable } from 'node:stream'
import type { HeaderList, Peer, SocketOptions } from '../../src/platform/index.ts'

/** What a request came on, alike for HTTP/1.1 and HTTP/2: all that the lazy `Request` reads. */
export interface Incoming {
  readonly method: string
  /** The target in origin form, or `*`. */
  readonly target: string
  /** `Host` or `:authority`; `''` where there is none. */
  readonly host: string
  readonly encrypted: boolean
  readonly hasBody: boolean
  /** The announced length of the body in bytes, or null. */
  readonly contentLength: number | null
  /** All fields as they came: names in any case, and those of HTTP/2 that begin with a colon. Costs nothing. */
  readonly rawHeaders: HeaderList
  /** The body as it arrives; tells a client that waits for it to send it (RFC 9110 §10.1.1). Only with `hasBody`. */
  openBody(): Readable
  /**
   * Calls `listener` once if the client goes away before the answer is complete; at once if it is gone already.
   * Returns what ends the watch.
   */
  onGone(listener: () => void): () => void
  /** The other end of the connection, or null where it is no longer known. */
  peer(): Peer | null
  /** Sends 103 with these `Link` values; false where it is too late or impossible. */
  earlyHints(links: readonly string[]): boolean
  /** See `Platform.upgradeWebSocket`. */
  upgrade(options: SocketOptions): Response
}
