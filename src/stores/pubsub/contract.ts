/**
 * What a channel can do besides reaching the subscribers of its own object:
 *
 * - `shared`: a message reaches the subscribers of other processes, or other isolates, that open the same
 */
export type PubSubCapability = 'shared'

/** Bounds of a store. */
export interface PubSubLimits {
  /** Longest name of a channel in bytes of UTF-8. */
  readonly maxChannelBytes: number
  /** Largest message in bytes. */
  readonly maxMessageBytes: number
  /** Most subscriptions at a time through this object; one more is `STORE_FULL`. */
  readonly maxSubscriptions: number
}

/**
 * Messages from whoever publishes to whoever subscribes at that moment: invalidations, rooms, signals between
 * processes. Implementations: `src/stores/pubsub/`.
 *
 * - At most once: a message is kept for nobody. Who subscribes later, or is cut off, does not get it; where that is
 *   noticed, `gap` tells.
 * - In order: messages that one object publishes on one channel arrive in the order of the calls. Those of several
 *   publishers may arrive in different orders at different subscribers.
 * - A publisher's own subscriptions get its messages too.
 * - A message is bytes. It is copied before `publish` returns. All listeners of an object may get the same memory, so
 *   a listener must not write into it.
 * - The name of a channel is 1 to `limits.maxChannelBytes` bytes of UTF-8, any well-formed text without NUL; another is
 *   `STORE_KEY_INVALID`. What the backend fails with is `STORE_FAILED`, with its error as cause.
 */
export interface PubSub {
  /** What errors call it: `memory`, `redis`, `broadcast-channel`. */
  readonly name: string
  readonly capabilities: ReadonlySet<PubSubCapability>
  readonly limits: PubSubLimits
  /**
   * Publishes a message; a string is sent as UTF-8. Resolves when the backend has taken it, not when it has arrived:
   * a slow listener holds up no publisher. More than `limits.maxMessageBytes` is `STORE_TOO_LARGE`.
   */
  publish(channel: string, message: string | Uint8Array, options?: PubSubOptions): Promise<void>
  /**
   * Subscribes to a channel. What is published after this resolved is heard. Several subscriptions to one channel are
   * apart from each other. A subscription that fails leaves nothing behind.
   */
  subscribe(
    channel: string,
    listener: PubSubListener,
    options?: PubSubSubscribeOptions,
  ): Promise<PubSubSubscription>
  /**
   * Ends all subscriptions; no listener is called from then on. A client that was handed in stays open. Every other
   * method rejects with `STORE_CLOSED`. Closing twice does nothing more.
   */
  close(): Promise<void>
}

/**
 * Hears of one channel, never from inside `publish` or `subscribe`. Calls come one at a time: while `message` has not
 * resolved, further messages wait. What waits is bounded; when it is too much the oldest are dropped, and `gap` tells.
 */
export interface PubSubListener {
  /** A message. What it throws or rejects with goes to `error`; the subscription goes on. */
  message(message: Uint8Array<ArrayBuffer>): void | Promise<void>
  /**
   * Messages were lost, or may have been: `lost` of them, before the next `message`; null if nobody knows how many,
   * because the connection was cut. Whoever keeps a copy of something reads it anew. What it throws goes to `error`.
   */
  gap(lost: number | null): void
  /** A listener of this subscription failed. What this throws is dropped. */
  error(error: unknown): void
}

/** A subscription that is open. */
export interface PubSubSubscription {
  /**
   * Ends it; the listener is not called from then on, except that a `message` which runs is let end. Resolves when
   * the backend knows. Calling it again returns the same promise.
   */
  unsubscribe(): Promise<void>
}

/** Options of `publish` and `subscribe`. */
export interface PubSubOptions {
  /** Ends the wait: it rejects with the signal's reason. A message may still be sent. */
  readonly signal?: AbortSignal | undefined
  /** Ends the wait with `STORE_TIMEOUT`. In milliseconds, 1 to 2,147,483,647. Default: 10,000. */
  readonly timeoutMs?: number
}

/** Options of `subscribe`. Its signal, once it is open, ends the subscription. */
export interface PubSubSubscribeOptions extends PubSubOptions {
  /** Most messages that may wait for the listener, 1 to 1,000,000. Default: 1,000. */
  readonly maxQueuedMessages?: number
  /** Most bytes that may wait for the listener, 1 to 2^53-1; one message may always wait. Default: 8 MiB. */
  readonly maxQueuedBytes?: number
}
