import type { Clock, HeaderList } from '../../platform/contract.ts'

/**
 * QUIC as HTTP/3 needs it (RFC 9000), for whatever brings it: a native listener, `node:quic`, an endpoint of Deno.
 *
 * Rules for all of it:
 * - Everything runs in one thread. No method calls a handler before it returns; handlers are called from the turn of
 *   an event, and what they write may be sent when they return.
 * - Handlers never throw.
 * - Methods never throw; one that comes too late (the connection is closed, the side has ended) does nothing.
 * - Error codes are those of the application, 0 to 2^53-1.
 */
export interface QuicTransport {
  /** Opens the socket, and calls `onConnection` once per connection whose handshake is complete. May be called once. */
  open(onConnection: (connection: QuicConnection) => void): Promise<QuicAddress>
  /** Takes no new connection; those that are open stay so. */
  stopAccepting(): void
  /** Cuts all connections and closes the socket. */
  destroy(): void
  /** Resolves when the socket and all connections are closed; at once if it never opened. */
  closed(): Promise<void>
}

/** A UDP address. */
export interface QuicAddress {
  /** The IP address as text, without port, zone or brackets. */
  readonly address: string
  /** 1 to 65,535. */
  readonly port: number
}

/** One connection, seen from the server. Its transport parameters let the client open three unidirectional streams or more. */
export interface QuicConnection {
  /** The client's address now; it may move (RFC 9000 §9). */
  readonly remote: QuicAddress
  /** Begins to report events. Called once, in the turn of `onConnection`; nothing is reported before it. */
  start(handler: QuicConnectionHandler): void
  /**
   * Opens a stream on which only this side sends; its handler hears `onWritable` and `onStopSending`. Null when the
   * client permits no further stream.
   */
  openUnidirectional(handler: QuicStreamHandler): QuicStream | null
  /**
   * Closes the connection with CONNECTION_CLOSE of the application (RFC 9000 §10.2). No stream reports or takes
   * anything afterwards. `reason`: at most 200 characters of ASCII.
   */
  close(code: number, reason: string, options: QuicCloseOptions): void
}

/** How a connection is closed. */
export interface QuicCloseOptions {
  /**
   * Is what `write` has accepted to be delivered first? Then the implementation waits until the client has
   * acknowledged it, 5 seconds at most. Without it, it is closed at once.
   */
  readonly delivers: boolean
}

/** What hears of a connection. */
export interface QuicConnectionHandler {
  /**
   * The client opened a stream. Called before any of its data is reported. Bidirectional streams have ids that 4
   * divides, unidirectional ones leave 2 (RFC 9000 §2.1). Its order need not be that of the ids.
   */
  onStream(stream: QuicStream): QuicStreamHandler
  /** The connection is over, whoever ended it. Called once, last; streams hear nothing more. */
  onClose(closure: QuicClosure): void
}

/** Why a connection ended. */
export interface QuicClosure {
  /**
   * - `local`: `close` was called here, or the transport was destroyed.
   * - `application`: the client closed it with a code of HTTP/3.
   * - `transport`: either side closed it with a code of QUIC or TLS.
   * - `idle`: nothing came for the time that was agreed upon (RFC 9000 §10.1).
   */
  readonly kind: 'local' | 'application' | 'transport' | 'idle'
  /** The code; 0 for `idle`. */
  readonly code: number
}

/** One stream. It may be freed when both of its sides have ended and no event is left to report. */
export interface QuicStream {
  /** Its id (RFC 9000 §2.1), 0 to 2^53-1. */
  readonly id: number
  /**
   * Takes bytes to be sent, as many as windows and buffers allow, never waiting; returns how many. The bytes are
   * copied, the caller may change them at once. After fewer than all, `onWritable` is called once when there is room
   * again. `fin` ends this side, and counts only when all bytes were taken; without bytes it is always taken.
   * An implementation keeps at most 1 MiB that is not yet sent per stream.
   */
  write(bytes: Uint8Array, fin: boolean): number
  /** Ends the sending side abruptly: RESET_STREAM. What was not yet delivered may be lost. */
  reset(code: number): void
  /** Asks the client to send no more: STOP_SENDING. No `onData` follows; an `onReset` may. */
  stopSending(code: number): void
  /**
   * Reports no data until `resume`, and grants the client no more of the stream's window than it had. A reset is still
   * reported. One chunk may follow that is already under way.
   */
  pause(): void
  resume(): void
}

/** What hears of a stream. */
export interface QuicStreamHandler {
  /**
   * Bytes in order, which are valid until it returns. `fin`: none follow; then the bytes may be empty. It comes with
   * the last bytes where it is known by then, for a request is known to have no body only so.
   */
  onData(bytes: Uint8Array, fin: boolean): void
  /** The client ended its side abruptly (RESET_STREAM). Nothing follows on it. */
  onReset(code: number): void
  /** The client wants no more (STOP_SENDING). The implementation may have reset the sending side already. */
  onStopSending(code: number): void
  /** There is room for `write` again. */
  onWritable(): void
}

/** Bounds of one connection. All have defaults. */
export interface Http3Limits {
  /** Requests at a time, answered or not, 1 to 100,000; more are H3_REQUEST_REJECTED. Default: 128. */
  readonly maxConcurrentRequests: number
  /**
   * Bytes of a header or trailer section, each field with 32 bytes more (RFC 9114 §4.2.2), 1,024 to 1,048,576. More is
   * answered with 431. Default: 32,768.
   */
  readonly maxFieldSectionBytes: number
  /** Bytes of a request's body, 0 to 2^53-1. More is `BODY_TOO_LARGE` for its reader. Default: 2^53-1. */
  readonly maxBodyBytes: number
  /** Bytes of one body that wait for their reader before its client is held back, 1 to 2^30. Default: 65,536. */
  readonly maxStreamBufferBytes: number
  /**
   * The same for all bodies of the connection together, 1 to 2^30. Beyond it each body holds one chunk at most.
   * Default: 1,048,576.
   */
  readonly maxConnectionBufferBytes: number
  /** Requests that the client may give up or spoil in a burst; more is H3_EXCESSIVE_LOAD. Default: 200. */
  readonly resetBurst: number
  /** How many of these it regains per second. Default: 50. */
  readonly resetsPerSecond: number
  /**
   * Frames and streams without effect in a burst: unknown and empty ones, settings of push; each KiB of an unknown one
   * counts as one more. More is H3_EXCESSIVE_LOAD. Default: 1,000.
   */
  readonly noiseBurst: number
  /** How many of these it regains per second. Default: 200. */
  readonly noisePerSecond: number
  /** Milliseconds from the begin of a request to the end of its header section, 1 to 2^31-1. Default: 20,000. */
  readonly headTimeoutMs: number
  /**
   * Milliseconds without progress after which a request is given up, 1 to 2^31-1: its client neither sends what is
   * waited for nor takes what is sent. Default: 30,000.
   */
  readonly stallTimeoutMs: number
  /** Milliseconds without any request after which the connection is closed, 1 to 2^31-1. Default: 60,000. */
  readonly idleTimeoutMs: number
}

/** Reads a body that is not there as a whole. The reader of a web stream is one. */
export interface Http3BodyReader {
  /** The next piece; `done` when there is none, and then `value` is not looked at. */
  read(): Promise<{
    readonly done?: boolean | undefined
    readonly value?: Uint8Array | string | undefined
  }>
  /** Called once when the rest is not wanted. */
  cancel(reason: unknown): Promise<unknown>
}

/** What an answer carries: text as UTF-8, bytes, a reader, or nothing. */
export type Http3Body = string | Uint8Array | Http3BodyReader | null

/** What an answer may have besides. */
export interface Http3ResponseOptions {
  /** Called when the body has ended; its fields follow as trailers (RFC 9110 §6.5). Only with a reader. */
  readonly trailers?: () => HeaderList
}

/**
 * A request under way and the way back to its client. Whoever gets one answers it, or aborts it, exactly once, also
 * when the client has gone meanwhile: until then it counts as one of the concurrent requests.
 */
export interface Http3Exchange {
  /** The id of its stream. */
  readonly id: number
  readonly remote: QuicAddress
  /** A token, never `CONNECT` without `protocol`. */
  readonly method: string
  /** In lower case. */
  readonly scheme: string
  /** `:authority`, or the `host` field that stands for it; `''` where neither was sent. */
  readonly authority: string
  /** In origin form, or `*`. */
  readonly path: string
  /** `:protocol` of an extended CONNECT (RFC 9220); null for any other request. */
  readonly protocol: string | null
  /**
   * The fields in their order, without pseudo-header fields: name, value, name, value. Names are tokens in lower case,
   * values have no control characters; bytes above 0x7f are characters of Latin-1. `host` is there if `authority` is;
   * several `cookie` fields are one.
   */
  readonly headers: HeaderList
  /** Is there a body, or may one come? Where the end of the stream was not reported with the fields, one may. */
  readonly hasBody: boolean
  /** `content-length`, or null. A body that does not keep to it never ends well. */
  readonly contentLength: number | null
  /** The trailers, once `read` gave null; empty before and where there are none. */
  readonly trailers: HeaderList
  /** Has the client gone, or was the stream cut? */
  readonly isGone: boolean
  /** Was a final answer begun? */
  readonly isAnswered: boolean
  /**
   * The next bytes of the body, in memory that nobody shares; null at its end. One at a time. The client is held back
   * while nobody reads. Sends 100 first if the client waits for it. Rejects with `BODY_ABORTED`, `BODY_TOO_LARGE`.
   */
  read(): Promise<Uint8Array<ArrayBuffer> | null>
  /** The rest of the body is not wanted; the client hears of it with the end of the answer, or now if it is large. */
  discardBody(): void
  /**
   * Sends an interim answer (RFC 9110 §15.2), status 100 to 199 but 101. False where it is too late. Throws
   * `HEADER_INVALID`.
   */
  informational(status: number, headers: HeaderList): boolean
  /**
   * Sends the answer, status 200 to 599. Names of fields are in lower case. `content-length` is set where the length
   * is known, and what belongs to a connection of HTTP/1.1 is left out. A body that none may have (HEAD, 204, 205, 304)
   * is cancelled. Throws before anything is sent: `HEADER_INVALID`, `LIMIT_EXCEEDED` when the client does not take so
   * large a header section, `RangeError` for a status, `TypeError` for a second answer. A reader that fails, or does not
   * give what `content-length` says, ends in a reset, and in `onFailure`.
   */
  respond(status: number, headers: HeaderList, body: Http3Body, options?: Http3ResponseOptions): void
  /** Cuts the stream in both directions. `code`: of RFC 9114 §8.1, default H3_INTERNAL_ERROR. */
  abort(code?: number): void
  /**
   * Calls `listener` once if the client goes before the answer is complete; at once if it has gone. Returns what ends
   * the watch.
   */
  onGone(listener: () => void): () => void
}

/** What a session is made with. Its callbacks must not throw. */
export interface Http3SessionOptions {
  readonly clock: Clock
  /** A request whose header section is complete. */
  onRequest(exchange: Http3Exchange): void
  /** The request is over: answered or cut, and its stream closed. Once for each `onRequest`. */
  onRequestEnd?(exchange: Http3Exchange): void
  /** An answer could not be completed although its client was there. */
  onFailure?(error: unknown): void
  /** The connection is over. */
  onClose?(closure: Http3Closure): void
  readonly limits?: Partial<Http3Limits>
  /** Takes extended CONNECT (RFC 9220): `:protocol`, as WebSocket needs. Default: false. */
  readonly allowExtendedConnect?: boolean
  /** Sends one reserved setting, so that clients keep ignoring what they do not know (RFC 9114 §7.2.4.1). Default: true. */
  readonly grease?: boolean
}

/** Why a session ended. */
export interface Http3Closure extends QuicClosure {
  /** What the client did wrong, for the log; `''` if nothing. */
  readonly reason: string
}

/** HTTP/3 on one connection, seen from the server. */
export interface Http3Session {
  /** Requests that are not over. */
  readonly activeRequests: number
  readonly isClosed: boolean
  /** Sends GOAWAY: running requests go on, new ones are rejected, and the connection closes after the last. */
  drain(): void
  /** Closes at once with GOAWAY and this code, default H3_NO_ERROR. */
  close(code?: number): void
}
