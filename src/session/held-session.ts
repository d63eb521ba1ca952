import type { CoreContext } from '../context/contract.ts'
import { isHttpError, isRockstarError, RockstarError } from '../errors/index.ts'
import { refreshed } from './changes.ts'
import type { SessionChange, SessionStore, SessionUsers, StoredSession } from './contract.ts'
import type { SessionCookie } from './cookie.ts'
import { sessionCookieOf } from './cookie.ts'
import { endedError, unavailableError, unsupportedError } from './errors.ts'
import type { ResolvedOptions } from './options.ts'
import { emptyRecord, endOf } from './record.ts'

/** What is found out by the first call of a request. */
export interface Ground {
  readonly cookie: SessionCookie
  readonly namespace: string
}

/** Changes that are stored together. */
interface Batch {
  readonly changes: SessionChange[]
  readonly done: Promise<void>
}

/**
 * What one request knows of its session, and the order of what it does with it. Nothing is opened or read before the
 * first call.
 */
export class HeldSession {
  readonly #ctx: CoreContext
  readonly #options: ResolvedOptions
  readonly #openStore: () => Promise<SessionStore>
  #ground: Promise<Ground> | null = null
  #stored: StoredSession | null = null
  /** Another request ended it after this one had read it. */
  #isEnded = false
  /** The calls of one request run one after the other. */
  #tail: Promise<unknown> = Promise.resolve()
  #batch: Batch | null = null
  #writing = 0
  #isWatched = false

  constructor(ctx: CoreContext, options: ResolvedOptions, openStore: () => Promise<SessionStore>) {
    this.#ctx = ctx
    this.#options = options
    this.#openStore = openStore
  }

  /** The session of the client, or null. Known within the work of `run` and `write`. */
  get stored(): StoredSession | null {
    return this.#stored
  }

  get now(): number {
    return Math.floor(this.#ctx.platform.clock.now())
  }

  store(): Promise<SessionStore> {
    return this.#openStore()
  }

  /** Does `work` after the calls before it, once the session is read. */
  run<Value>(work: (ground: Ground) => Promise<Value>): Promise<Value> {
    this.#batch = null
    const done = this.#tail.then(async () => {
      try {
        return await work(await (this.#ground ??= this.#load()))
      } catch (error) {
        throw this.#translate(error)
      }
    })
    // A call that nobody awaits must not end the process when it fails.
    this.#tail = done.catch(() => undefined)
    return done
  }

  /** As `run`, and says so when the answer leaves before it is done. */
  write<Value>(work: (ground: Ground) => Promise<Value>): Promise<Value> {
    this.#watch()
    this.#writing++
    const done = this.run(work)
    const end = (): void => void this.#writing--
    done.then(end, end)
    return done
  }

  #watch(): void {
    if (this.#isWatched) return
    this.#isWatched = true
    this.#ctx.beforeSend(() => {
      if (this.#writing === 0) return
      const message = 'The answer left before the session was stored; await the calls that change it'
      const route = this.#ctx.route?.pattern ?? ''
      this.#ctx.diagnostics.emit({ kind: 'session.late', level: 'warn', message, fields: { route } })
      this.#ctx.platform.waitUntil(this.#tail)
    })
  }

  async #load(): Promise<Ground> {
    const ctx = this.#ctx
    // RFC 9110 §12.5.5: what was chosen by the session is not for clients with another one.
    ctx.header('vary', 'cookie', { append: true })
    const cookie = sessionCookieOf(ctx, this.#options.cookie)
    const ground = { cookie, namespace: checkNamespace(await this.#options.namespace(ctx)) }
    if (cookie.sent === null) return ground
    const stored = await (await this.store()).read(ground.namespace, cookie.sent, ctx.signal)
    // A cookie that stands for nothing is left alone: a request beside this one may have set a new one just now.
    if (stored === null) return ground
    this.#stored = stored
    if (this.now - stored.record.seenAt >= this.#options.refreshMs) await this.#tryRefresh(ground, stored)
    return ground
  }

  async #tryRefresh(ground: Ground, stored: StoredSession): Promise<void> {
    try {
      await this.refresh(ground, stored, this.#options.refreshMs)
    } catch (error) {
      if (isHttpError(error) && error.status === 409) return
      // It was read; that its use is not written down costs nobody anything yet.
      const message = 'The use of a session could not be written down'
      this.#ctx.diagnostics.emit({ kind: 'session.unrefreshed', level: 'warn', message, error })
    }
  }

  /** Counts idleness from now, unless that was done less than `leastMs` ago. */
  async refresh(ground: Ground, stored: StoredSession, leastMs: number): Promise<void> {
    const store = await this.store()
    this.take(ground, await store.update(ground.namespace, stored, refreshed(this.now, leastMs)))
    const { token, record } = this.#stored ?? stored
    if (this.#options.cookie.persistent) ground.cookie.set(token, endOf(record, this.#options) - this.now)
  }

  /** Stores a change, together with others of the same tick. */
  change(change: SessionChange): Promise<void> {
    if (this.#batch !== null) {
      this.#batch.changes.push(change)
      return this.#batch.done
    }
    const changes = [change]
    const done = this.write((ground) => {
      if (this.#batch?.changes === changes) this.#batch = null
      return this.#commit(ground, (record) => changes.reduce((sum, next) => next(sum), record))
    })
    this.#batch = { changes, done }
    return done
  }

  async #commit(ground: Ground, change: SessionChange): Promise<void> {
    this.assertThere()
    const { namespace } = ground
    if (this.#stored === null) {
      const record = change(emptyRecord(this.now))
      if (record.data.size === 0 && record.flashes.size === 0) return
      this.adopt(ground, await (await this.store()).create(namespace, record))
    } else if (change(this.#stored.record) !== this.#stored.record) {
      this.take(ground, await (await this.store()).update(namespace, this.#stored, change))
    }
  }

  /** Goes on with what the store made of the session. */
  take(ground: Ground, next: StoredSession | null): void {
    if (next !== null) return this.adopt(ground, next)
    this.#stored = null
    this.#isEnded = true
    throw endedError()
  }

  /** Goes on with this session, and tells the client its token if that is new. */
  adopt({ cookie }: Ground, next: StoredSession): void {
    if (next.token !== this.#stored?.token)
      cookie.set(next.token, endOf(next.record, this.#options) - this.now)
    this.#stored = next
    this.#isEnded = false
  }

  /** Goes on without session. */
  drop({ cookie }: Ground): void {
    this.#stored = null
    this.#isEnded = false
    cookie.delete()
  }

  /** Security: a request of a session that has ended does not begin another one in its place. */
  assertThere(): void {
    if (this.#isEnded) throw endedError()
  }

  /** `STORE_UNSUPPORTED` where there are no lists. */
  async users(): Promise<SessionUsers> {
    const { users } = await this.store()
    if (users !== null) return users
    const alternative = 'use a key-value store that has compare-and-set'
    throw unsupportedError('one with last-write-wins', 'lists of the sessions of a user', alternative)
  }

  #translate(error: unknown): unknown {
    if (!isRockstarError(error) || isHttpError(error) || !isOutage(error.code)) return error
    const { code } = error
    const message = `The store of the sessions failed: ${code}`
    this.#ctx.diagnostics.emit({
      kind: 'session.unavailable',
      level: 'error',
      message,
      error,
      fields: { code },
    })
    return unavailableError(error)
  }
}

function isOutage(code: string): boolean {
  return /^(?:STORE_(?:FAILED|TIMEOUT|CLOSED)|SQL_.*)$/.test(code)
}

function checkNamespace(namespace: string): string {
  if (typeof namespace === 'string' && /^[A-Za-z0-9._-]{0,64}$/.test(namespace)) return namespace
  throw new RockstarError(
    'OPTIONS_INVALID',
    'Expected the option namespace of the sessions to give 0 to 64 letters, digits, ., _ or -',
  )
}
