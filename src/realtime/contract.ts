import type { Context, CoreContext, ServiceHost } from '../context/contract.ts'
import type { PubSub } from '../stores/pubsub/contract.ts'

/** A message: text, or bytes. */
export type Message = string | Uint8Array<ArrayBuffer>

/** What of a context makes answers, or ends with one: of no use once a WebSocket or an event stream is open. */
export type AnsweringMembers =
  | 'beforeSend'
  | 'deadline'
  | 'header'
  | 'html'
  | 'json'
  | 'problem'
  | 'redirect'
  | 'reply'
  | 'signal'
  | 'status'
  | 'stream'
  | 'text'
  | 'xml'

/** What of the handshake's context may be used as long as the WebSocket is open: parameters, state, services. */
export type SocketContext<Ctx> = Omit<Ctx, AnsweringMembers>

/** An open WebSocket, as hooks get it. */
export interface Socket<Ctx = Context> {
  /** A random UUID. */
  readonly id: string
  /** The context of the handshake: its parameters, what middleware put into it, its services. */
  readonly ctx: SocketContext<Ctx>
  /** The subprotocol that was chosen, or null. */
  readonly protocol: string | null
  readonly isOpen: boolean
  /** Aborts when the WebSocket is closed: for work that hooks have begun. */
  readonly signal: AbortSignal
  /** Bytes that have not left yet; 0 where the runtime does not tell. */
  readonly bufferedBytes: number
  /** The rooms that it is in. */
  readonly rooms: ReadonlySet<string>
  /**
   * Sends text or bytes. Returns whether to go on: false asks to wait for `drain`, or tells that the message was
   * dropped, because the socket is not open or the client too slow.
   */
  send(message: Message): boolean
  /** Sends a value as JSON text. `TypeError` for one that JSON does not have. */
  sendJson(value: unknown): boolean
  /**
   * Begins to close. `code`: 1000 or 3000 to 4999, else `RangeError`; default 1000. `reason`: cut at 123 bytes of
   * UTF-8. No `message` follows.
   */
  close(code?: number, reason?: string): void
  /** Cuts the connection without a closing handshake. */
  terminate(): void
  /**
   * Enters a room. Messages of this process reach it from now on, those of others when this has resolved; rejects when
   * the channel between processes fails. `LIMIT_EXCEEDED` for more rooms than `maxRooms`.
   */
  join(room: string): Promise<void>
  /** Leaves a room. A closed socket has left all. */
  leave(room: string): void
  /** See `Realtime.broadcast`. */
  broadcast(room: string, message: Message, options?: BroadcastOptions): Promise<void>
}

/**
 * What a WebSocket endpoint does. Hooks of one socket run one after the other: while one has not resolved, messages
 * wait in a bounded queue. What one throws is reported as `websocket.hook-failed`, goes to `error`, and closes the
 * socket with 1011.
 */
export interface WebSocketHooks<Ctx = Context> {
  open?(socket: Socket<Ctx>): void | Promise<void>
  message?(socket: Socket<Ctx>, message: Message): void | Promise<void>
  /** The end, once, after all messages: 1006 without a closing handshake, 1005 when the client gave no code. */
  close?(socket: Socket<Ctx>, code: number, reason: string): void | Promise<void>
  /** What was buffered has left, after `send` returned false. Runs at any time, not in the queue. */
  drain?(socket: Socket<Ctx>): void
  /** A hook failed. What this throws is reported too. */
  error?(socket: Socket<Ctx>, error: unknown): void
}

/** Options of a WebSocket endpoint. */
export interface WebSocketOptions {
  /**
   * Pages that may open it: those of the request's own host (`same`), all (`any`), or those of these origins
   * (`https://app.example.com`) and of the same host. Others are `WEBSOCKET_ORIGIN` (403). Clients that are no browsers
   * send no origin, and are not asked for one. Default: `same`.
   *
   * Security: browsers let any page open a WebSocket to any host, with the user's cookies.
   */
  readonly origins?: 'same' | 'any' | readonly string[]
  /** Subprotocols, the most wanted first. The first that the client offers is chosen. Default: none. */
  readonly protocols?: readonly string[]
  /** Longest message of a client in bytes, 1 to 2^31-1; a longer one closes with 1009. Default: 1 MiB. */
  readonly maxMessageBytes?: number
  /** From so many buffered bytes on `send` returns false, 1 to 2^31-1. Default: 65,536. */
  readonly highWaterBytes?: number
  /** Over so many buffered bytes a client is too slow, 1 to 2^31-1. One message may always wait. Default: 1 MiB. */
  readonly maxBufferedBytes?: number
  /** What happens to a client that is too slow: closed with 1013, or misses messages. Default: `close`. */
  readonly whenSlow?: 'close' | 'drop'
  /** Most messages that wait for a hook, 1 to 1,000,000; one more closes with 1008. Default: 256. */
  readonly maxQueuedMessages?: number
  /**
   * Most bytes that wait for a hook, 1 to 2^31-1, text counted in UTF-16 units; more closes with 1008. One message may
   * always wait. Default: 4 MiB.
   */
  readonly maxQueuedBytes?: number
  /** Most messages of a client in a second, 1 to 1,000,000; one more closes with 1008. Default: no bound. */
  readonly messagesPerSecond?: number | null
  /**
   * How often a client is asked whether it is there, in milliseconds, 0 to 86,400,000; without a sign of life until the
   * next time it is cut off. 0: never. Default: 30,000. Runtimes that ping by themselves are left to it.
   */
  readonly heartbeatMs?: number
  /**
   * How long a client may send no message, in milliseconds, 0 to 86,400,000; then it is closed with 1000, at most a
   * quarter later. 0: as long as it likes. Default: 0.
   */
  readonly idleMs?: number
  /** Most rooms that one socket may be in, 1 to 100,000. Default: 100. */
  readonly maxRooms?: number
}

/** Options of a broadcast. */
export interface BroadcastOptions {
  /** A socket that does not get it, mostly the one whose message it is. */
  readonly except?: Pick<Socket<never>, 'id'>
}

/** Rooms of WebSockets and what is common to all of them; the service `realtime`. */
export interface Realtime {
  /** WebSockets that are open in this process. */
  readonly sockets: number
  /** Event streams that are open in this process. */
  readonly streams: number
  /** How many sockets of this process are in a room. */
  size(room: string): number
  /**
   * Sends a message to all sockets in a room: to those of this process before it returns, to those of others through
   * the channel between processes, at most once and without order among several senders. Resolves when that channel has
   * taken it; rejects when it fails. A failure that nobody waits for is reported as `realtime.channel-failed`.
   * A room's name is 1 to 200 characters without NUL, else `STORE_KEY_INVALID`.
   */
  broadcast(room: string, message: Message, options?: BroadcastOptions): Promise<void>
  /**
   * Closes all sockets with 1001 and ends all event streams; from then on handshakes are refused with 503. Resolves when
   * all are closed, at the latest after 5 s, when what is left is cut.
   */
  close(): Promise<void>
}

/** Options of the service. */
export interface RealtimeOptions {
  /**
   * The channel between processes. Its maker closes it. Default: what the platform offers, if it reaches other
   * processes, opened when it is first needed and closed when the app stops. `null`: none.
   */
  readonly pubSub?: PubSub | null
  /** What the names of the channels begin with. Default: `rockstar:room:`. */
  readonly channelPrefix?: string
}

/** The service behind `ctx.realtime`, for a table of services. */
export interface RealtimeService {
  (ctx: CoreContext): Realtime
  readonly start: (host: Pick<ServiceHost, 'platform' | 'diagnostics'>) => void
  readonly stop: () => Promise<void>
}

/** One server-sent event (HTML Standard §9.2). */
export interface ServerEvent {
  /** Lines of the data. Any line break is one. */
  readonly data: string
  /** What listeners listen for; default `message`. No CR, LF or NUL. */
  readonly event?: string
  /** What the client names when it connects again. No CR, LF or NUL. */
  readonly id?: string
  /** How long the client waits before it connects again, in milliseconds, 0 to 2^31-1. */
  readonly retryMs?: number
}

/** An event stream that is open. */
export interface EventStream {
  /** What the client has seen last: its `Last-Event-ID`, or null. At most 1,024 characters; longer is null. */
  readonly lastEventId: string | null
  readonly isOpen: boolean
  /** Aborts when the stream has ended, whoever ended it. */
  readonly signal: AbortSignal
  /** Bytes that the client has not taken. */
  readonly bufferedBytes: number
  /**
   * Sends an event; a string is its data. Returns whether to go on: false when more waits than `highWaterBytes`, when
   * the event was dropped, or when the stream has ended. `HEADER_INVALID` for an id or a name with CR, LF or NUL.
   */
  send(event: ServerEvent | string): boolean
  /** Sends a value as JSON. */
  sendJson(value: unknown, event?: Omit<ServerEvent, 'data'>): boolean
  /** Resolves when less than `highWaterBytes` waits, or the stream has ended. */
  drained(): Promise<void>
  /**
   * Sends what a channel has kept since `lastEventId`, and then what is published, until one of both ends. Resolves
   * when what was kept is sent: to false if the channel no longer knew that id, so that the client has missed something.
   */
  follow(channel: EventChannel): Promise<boolean>
  /** Ends the stream. A browser connects again, unless it gets 204 then. */
  close(): void
}

/** Options of an event stream. */
export interface EventStreamOptions {
  /** How often a comment is sent, so that nobody in between takes the stream for dead, in milliseconds, 0 to 86,400,000. 0: never. Default: 15,000. */
  readonly heartbeatMs?: number
  /** How long the client waits before it connects again, in milliseconds, 0 to 2^31-1. Default: the browser's own. */
  readonly retryMs?: number
  /** From so many waiting bytes on `send` returns false, 1 to 2^31-1. Default: 65,536. */
  readonly highWaterBytes?: number
  /** Over so many waiting bytes a client is too slow, 1 to 2^31-1. One event may always wait. Default: 1 MiB. */
  readonly maxBufferedBytes?: number
  /** What happens to a client that is too slow: its stream ends, and it connects again; or it misses events. Default: `close`. */
  readonly whenSlow?: 'close' | 'drop'
}

/** An event that a replay buffer keeps. */
export interface StoredEvent extends ServerEvent {
  readonly id: string
}

/**
 * Keeps the last events of a channel, for clients that connect again. `replayBuffer()` keeps them in memory; another may
 * keep them where several processes find them.
 */
export interface ReplayBuffer {
  /** Keeps an event and gives it its id; one that it has already is left. */
  append(event: ServerEvent): StoredEvent | Promise<StoredEvent>
  /** What came after this id, oldest first; null when the id is not, or no longer, known. */
  since(id: string): readonly StoredEvent[] | null | Promise<readonly StoredEvent[] | null>
}

/** Events for all streams that follow it. */
export interface EventChannel {
  /** How many streams follow it. */
  readonly followers: number
  /** Keeps an event and sends it to all followers. Events of one channel are sent in the order of the calls. */
  publish(event: ServerEvent | string): Promise<StoredEvent>
}
