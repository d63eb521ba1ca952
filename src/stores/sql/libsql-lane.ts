import type { RockstarError } from '../../errors/index.ts'
import type { SqlOptions } from '../contract.ts'
import { sqlError } from './failure.ts'
import { createGate } from './gate.ts'
import type { LibsqlClientLike, LibsqlTransactionLike } from './libsql-client.ts'
import { clientEnding, LibsqlConnection } from './libsql-connection.ts'
import { fromLibsqlError, isLockError, isSingleConnectionError } from './libsql-error.ts'
import { LibsqlWriter } from './libsql-writer.ts'
import { abortedError, createLimit, type Limit, type SqlTimer } from './limit.ts'

/** A statement or a batch outside transactions. */
export interface LibsqlWork<Value> {
  /** A `command` is a write that SQLite takes only outside a transaction. */
  readonly kind: 'read' | 'write' | 'command'
  readonly sql: string | undefined
  onClient(client: LibsqlClientLike): Promise<Value>
  /** In a transaction that is made for it. */
  onWriter(transaction: LibsqlTransactionLike): Promise<Value>
}

/** What a lane is told. */
export interface LibsqlLaneOptions {
  readonly timer: SqlTimer
  readonly lockTimeoutMs: number
  /** Does the client have one connection only? When in doubt no: the lane finds out. */
  readonly isSingle: boolean
}

/** Who may run when: one writer of a file at a time, everybody in turn on a single connection, no rule for a server. */
export class LibsqlLane {
  readonly #client: LibsqlClientLike
  readonly #timer: SqlTimer
  readonly #lockTimeoutMs: number
  /** A server lets its writers wait itself. */
  readonly #isLocal: boolean
  readonly #gate = createGate()
  readonly #writer: LibsqlWriter
  #isSingle: boolean

  constructor(client: LibsqlClientLike, options: LibsqlLaneOptions) {
    this.#client = client
    this.#timer = options.timer
    this.#lockTimeoutMs = options.lockTimeoutMs
    this.#isLocal = client.protocol === 'file'
    this.#writer = new LibsqlWriter(client)
    this.#isSingle = options.isSingle
  }

  /** Gives back what the lane holds. Nothing may run any more. */
  close(): void {
    this.#writer.close()
  }

  /** Runs a statement or a batch outside transactions. Rejects with an error of the SQL set. */
  async run<Value>(work: LibsqlWork<Value>, options: SqlOptions): Promise<Value> {
    if (options.signal?.aborted === true) throw abortedError(options.signal)
    const isBeside = this.#isBeside(work.kind === 'read')
    if (!this.#isLocal || !(isBeside || this.#gate.tryEnter())) return this.#wait(work, options)
    // Nobody of this process is in the way, and the engine answers before it returns: no timer is needed.
    if (!isBeside) this.#freeConnection()
    try {
      return await this.#attempt(work)
    } catch (error) {
      if (!this.#mayWait(error)) throw fromLibsqlError(error, work.sql)
    } finally {
      if (!isBeside) this.#gate.leave()
    }
    return this.#wait(work, options)
  }

  async #wait<Value>(work: LibsqlWork<Value>, options: SqlOptions): Promise<Value> {
    const limit = createLimit(options, this.#timer)
    try {
      if (!this.#isLocal) return await limit.race(work.onClient(this.#client))
      return await this.inTurn(work.kind === 'read', limit, (lock) =>
        this.#patiently(() => this.#attempt(work), lock),
      )
    } catch (error) {
      throw fromLibsqlError(error, work.sql)
    } finally {
      limit.end()
    }
  }

  #attempt<Value>(work: LibsqlWork<Value>): Promise<Value> {
    const usesWriter = work.kind === 'write' && !this.#isSingle
    return usesWriter
      ? this.#writer.run((transaction) => work.onWriter(transaction))
      : work.onClient(this.#client)
  }

  /** Begins a transaction. Only inside `inTurn`, with its limit. */
  async begin(readOnly: boolean, lock: Limit): Promise<LibsqlConnection> {
    try {
      if (this.#isLocal && !readOnly && !this.#isSingle) {
        const transaction = await this.#patiently(() => this.#writer.lock(), lock)
        return new LibsqlConnection(transaction, this.#writer)
      }
      // A deferred transaction reads one snapshot and takes no lock; the session lets no write into it.
      const begin = (): Promise<LibsqlTransactionLike> =>
        this.#client.transaction(readOnly ? 'deferred' : 'write')
      const transaction = await (this.#isLocal ? this.#patiently(begin, lock) : openWithin(lock, begin()))
      return new LibsqlConnection(transaction, clientEnding(transaction, this.#timer))
    } catch (error) {
      throw fromLibsqlError(error, undefined)
    }
  }

  /** May it run while another one of this process writes? */
  #isBeside(reads: boolean): boolean {
    return reads && !this.#isSingle
  }

  /** Lets `work` run when no other writer of this process does. The limit that it gets is that of waiting for locks. */
  async inTurn<Value>(reads: boolean, limit: Limit, work: (lock: Limit) => Promise<Value>): Promise<Value> {
    const lock = createLimit({ timeoutMs: this.#lockTimeoutMs }, this.#timer, {
      parent: limit,
      onTimeout: busyError,
    })
    try {
      if (!this.#isLocal || this.#isBeside(reads)) return await work(lock)
      await this.#gate.enter(lock)
      this.#freeConnection()
      try {
        return await work(lock)
      } finally {
        this.#gate.leave()
      }
    } finally {
      lock.end()
    }
  }

  /** Tries again while another process has the lock. It was refused before anything was done, so that this is safe. */
  async #patiently<Value>(attempt: () => Promise<Value>, lock: Limit): Promise<Value> {
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 25)) {
      const failure = lock.failure()
      if (failure !== null) throw failure
      try {
        return await attempt()
      } catch (error) {
        if (!this.#mayWait(error)) throw error
      }
      await lock.sleep(delayMs)
    }
  }

  #mayWait(error: unknown): boolean {
    if (!isSingleConnectionError(error)) return isLockError(error)
    this.#isSingle = true
    if (this.#gate.tryEnter()) {
      this.#freeConnection()
      this.#gate.leave()
    }
    return true
  }

  /** Where there is only one connection, the idle writer must not keep it. Only for who is in the gate. */
  #freeConnection(): void {
    if (this.#isSingle) this.#writer.close()
  }
}

/** A transaction that opens after the bound is closed: it must not keep a lock that nobody knows of. */
async function openWithin(
  lock: Limit,
  opening: Promise<LibsqlTransactionLike>,
): Promise<LibsqlTransactionLike> {
  try {
    return await lock.race(opening)
  } catch (error) {
    opening.then(
      (late) => late.close(),
      () => undefined,
    )
    throw error
  }
}

function busyError(): RockstarError {
  return sqlError('SQL_BUSY', {})
}
