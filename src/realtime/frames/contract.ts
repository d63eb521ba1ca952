/** Hears what a frame reader found. Calls come in order, none after `close`, `fail` or `stop()`. */
export interface FrameSink {
  /** A whole message: text as a string, binary as bytes that belong to the receiver. */
  message(message: string | Uint8Array<ArrayBuffer>): void
  /** A ping; its payload of up to 125 bytes is to be sent back (RFC 6455 §5.5.3), and is valid during the call only. */
  ping(payload: Uint8Array): void
  /** A pong, asked for or not. */
  pong(): void
  /** The peer's Close frame: 1005 when it has no code (RFC 6455 §7.1.5). */
  close(code: number, reason: string): void
  /** What came breaks the protocol; the connection is to be failed with this code (RFC 6455 §7.1.7). */
  fail(code: 1002 | 1007 | 1009, reason: string): void
}

/**
 * Decodes the UTF-8 between `start` and `end`, a byte order mark included; null when it is none. `isAscii` tells that
 * all bytes are below 128; false when that is not known.
 */
export type TextDecode = (bytes: Uint8Array, start: number, end: number, isAscii: boolean) => string | null

/** What a reader is made with. */
export interface FrameReaderOptions {
  /** Longest message in bytes, 1 to 2^31-1. */
  readonly maxMessageBytes: number
  /** Default: a `TextDecoder`. A runtime may have something faster. */
  readonly decode?: TextDecode
}

/**
 * Reads what a client sends after the handshake (RFC 6455 §5). It holds at most one incomplete message, and never more
 * memory than twice of what has arrived of it.
 */
export interface FrameReader {
  /** The next bytes of the connection. The reader unmasks them in place: they must not be used afterwards. */
  push(chunk: Uint8Array): void
  /** Ignores everything from here on. */
  stop(): void
}
