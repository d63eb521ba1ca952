import type { CoreContext } from '../context/contract.ts'
import type { Diagnostics } from '../diagnostics/contract.ts'
import type { Platform } from '../platform/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'

/**
 * The session of one request: what a client's cookie stands for. Nothing is read before the first call, nothing is
 * written when nothing changed, and no cookie is set before there is something to keep.
 *
 * - Each call that changes something resolves once it is stored; calls of one tick are stored together. Await them:
 *   an answer that leaves earlier cannot carry the cookie, and the log says so (`session.late`).
 * - Requests of one session may run at the same time. Each key is a value of its own: of two that write one key the
 *   later one wins, whoever writes another key takes nothing away; to write what this request has read changes
 *   nothing. `concurrency` says what holds on stores without `compare-and-set`.
 * - Data are JSON: null, booleans, finite numbers, well-formed strings, arrays and plain objects, at most 32 deep, without
 *   the keys `__proto__` and `constructor.prototype`; anything else is a `TypeError`. What is read is a copy.
 * - A session over its bound is `STORE_TOO_LARGE`, and nothing changes. A store that is down is 503 (`UNAVAILABLE`):
 *   a session that cannot be read is not one that has ended.
 * - A session that another request ended after this one had read it takes no more changes: 409 (`SESSION_ENDED`).
 */
export interface Session<Data extends object = Record<string, unknown>> {
  /** A value, or undefined when there is none. */
  get<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined>
  /** Keeps a value. A key has 1 to 128 characters. */
  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): Promise<void>
  /** Forgets a value. */
  delete(key: keyof Data & string): Promise<void>
  /** Forgets all values and flashes. The user stays, and so does the id. */
  clear(): Promise<void>
  /** Takes the flash of this key: gives it once, and to one request only. Undefined when there is none. */
  flash(key: string): Promise<unknown>
  /** Keeps a value until it is taken, usually by the next request. */
  flash(key: string, value: unknown): Promise<void>
  /** Names this session for lists, `revoke` and logs; null when there is none. It is not what the cookie holds. */
  id(): Promise<string | null>
  /** Who is logged in, or null. */
  userId(): Promise<string | null>
  /**
   * Begins the session of a user, 1 to 256 characters, under a new id. Data stay unless another user was logged in;
   * both lifetimes begin anew. Call it after every proof of who it is.
   */
  login(userId: string, options?: LoginOptions): Promise<void>
  /** Ends the session with all data but those of `keep`, which begin one that belongs to nobody. Default: none. */
  logout(keep?: readonly (keyof Data & string)[]): Promise<void>
  /** Moves the session to a new id, at every change of privilege; the old one is dead. Without a session: nothing. */
  regenerate(): Promise<void>
  /** Counts idleness from now, however short ago that was done. Without a session: nothing. */
  touch(): Promise<void>
  /** Ends the session and takes the cookie back. What is set afterwards begins another one. */
  destroy(): Promise<void>
  /** The sessions of a user, oldest login first. `STORE_UNSUPPORTED` where none can be listed. */
  sessionsOf(userId: string): Promise<readonly SessionInfo[]>
  /** Ends one session of this user; false when the user has none of this id. `STORE_UNSUPPORTED` as above. */
  revoke(userId: string, id: string): Promise<boolean>
  /** Ends all sessions of this user, and says how many there were. `STORE_UNSUPPORTED` as above. */
  revokeAll(userId: string, options?: RevokeOptions): Promise<number>
}

/** Options of `login`. */
export interface LoginOptions {
  /** What a list of sessions calls this one, at most 200 characters: a device, a place. Default: none. */
  readonly label?: string
}

/** Options of `revokeAll`. */
export interface RevokeOptions {
  /** Spare the session of this request. Default: false. */
  readonly exceptThis?: boolean
}

/** One session in the list of a user. Times are milliseconds since the Unix epoch. */
export interface SessionInfo {
  readonly id: string
  readonly label: string | null
  readonly createdAt: number
  /** Right to an n-th part of the idle time, see `refreshParts`. */
  readonly seenAt: number
  /** Is it that of this request? */
  readonly isCurrent: boolean
}

/** Attributes of the cookie. It is always `HttpOnly`, and `Secure` except on plain HTTP to this machine. */
export interface SessionCookieOptions {
  /**
   * Without prefix. `__Host-` is put before it where the cookie is `Secure`, or `__Secure-` where it has a path or a
   * domain. Default: `session`.
   */
  readonly name?: string
  /** Default: `lax`. `none` makes it `Secure` everywhere. */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  /** Default: `/`. */
  readonly path?: string
  /** Default: none, the host alone. */
  readonly domain?: string
  /** Should it outlive the browser, as long as the session may be idle? Default: false. */
  readonly persistent?: boolean
}

/** Opens a store on first use. */
export type SessionStoreOpener = () => Promise<KeyValueStore>

/** Options of `createSessionService`. */
export interface SessionOptions {
  /**
   * Where sessions are kept: a store, which its maker closes; what opens one, which the app closes; or `cookie`, for
   * sealed cookies that need `secrets`. Default: what the platform offers.
   */
  readonly store?: KeyValueStore | SessionStoreOpener | 'cookie'
  /**
   * `merge` loses no change of parallel requests and lists the sessions of a user; it needs a store that has
   * `compare-and-set`, else the start is `STORE_UNSUPPORTED`. `last-write-wins` takes any store, cookies too: of
   * parallel requests one may undo what another one changed, and no sessions can be listed. Default: `merge`.
   */
  readonly concurrency?: 'merge' | 'last-write-wins'
  /** Secrets for `cookie`: the first seals, all open. Default: those of the app. */
  readonly secrets?: readonly string[]
  /**
   * For `cookie`: remembers the ids that ended, so that a copy of an old cookie is refused; one read per request.
   * Default: none; a copy is good until it expires.
   */
  readonly revocations?: KeyValueStore
  /**
   * What a session belongs to besides its cookie, 0 to 64 letters, digits, `.`, `_`, `-`: the tenant. A session of
   * one is unknown to all others. Default: `''`.
   */
  readonly namespace?: (ctx: CoreContext) => string | Promise<string>
  /** How long a session lives unused, in milliseconds, 60,000 to 34,560,000,000 (400 days). Default: a day. */
  readonly idleMs?: number
  /** How long it lives at all, in milliseconds, `idleMs` to 34,560,000,000. Default: 30 days, or `idleMs`. */
  readonly absoluteMs?: number
  /** Use is written down at most every n-th part of `idleMs`, 1 to 1,000. Default: 10. */
  readonly refreshParts?: number
  /** Most bytes of one session as it is stored, 512 to 1,048,576; `cookie` has room for about 3,000. Default: 16,384. */
  readonly maxBytes?: number
  /** Most sessions of one user, 1 to 64; one more ends that of the oldest login. Default: 50. */
  readonly maxSessionsPerUser?: number
  /** What each key in the store begins with, 1 to 64 visible ASCII characters. Default: `session:`. */
  readonly prefix?: string
  /** Bound of each operation of the store, in milliseconds, 1 to 60,000. Default: 5,000. */
  readonly timeoutMs?: number
  readonly cookie?: SessionCookieOptions
}

/** What the service needs of the start of an app. */
export interface SessionHost {
  readonly platform: Platform
  readonly diagnostics: Diagnostics
}

/** The service behind `ctx.session`, for a table of services. */
export interface SessionService<Data extends object = Record<string, unknown>> {
  (ctx: CoreContext): Session<Data>
  readonly start: (host: SessionHost) => Promise<void>
  readonly stop: () => Promise<void>
}

/** What is known of a session. Never changed: each change makes a new one. */
export interface SessionRecord {
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number
  /** Milliseconds since the Unix epoch. */
  readonly seenAt: number
  readonly userId: string | null
  readonly label: string | null
  /** Values as JSON text. */
  readonly data: ReadonlyMap<string, string>
  readonly flashes: ReadonlyMap<string, string>
}

/** A session as a store has it. */
export interface StoredSession {
  /** What the cookie holds. Secret. */
  readonly token: string
  readonly id: string
  readonly record: SessionRecord
  /** What the store compares with. */
  readonly bytes: Uint8Array | null
}

/** A pure function, called as often as it takes. The same record: nothing to write. */
export type SessionChange = (record: SessionRecord) => SessionRecord

/** Keeps sessions. Implementations: `src/session/stores/`. Namespaces are strangers to each other. */
export interface SessionStore {
  /** The session of a token that a client sent; null when it is malformed, unknown, or has expired. */
  read(namespace: string, token: string, signal: AbortSignal): Promise<StoredSession | null>
  /** Stores a session under an id that nobody knows yet. */
  create(namespace: string, record: SessionRecord): Promise<StoredSession>
  /** Changes a session; null when it has ended meanwhile. */
  update(namespace: string, stored: StoredSession, change: SessionChange): Promise<StoredSession | null>
  /** Changes a session and moves it to a new id; null when it has ended meanwhile. No change gets lost. */
  replace(namespace: string, stored: StoredSession, change: SessionChange): Promise<StoredSession | null>
  /** Ends a session. */
  end(namespace: string, stored: StoredSession): Promise<void>
  /** Null where the sessions of a user cannot be found. */
  readonly users: SessionUsers | null
  close(): Promise<void>
}

/** The sessions of users. */
export interface SessionUsers {
  list(namespace: string, userId: string): Promise<readonly StoredInfo[]>
  revoke(namespace: string, userId: string, id: string): Promise<boolean>
  /** Ends all but the one of the id `except`, and says how many. */
  revokeAll(namespace: string, userId: string, except: string | null): Promise<number>
}

/** A session in the list of a user. */
export interface StoredInfo {
  readonly id: string
  readonly record: SessionRecord
}
