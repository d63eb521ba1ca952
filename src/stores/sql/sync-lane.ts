import { isRockstarError } from '../../errors/index.ts'
import type { SqlOptions } from '../contract.ts'
import { sqlError } from './failure.ts'
import { createGate } from './gate.ts'
import { abortedError, createLimit, type Limit, type SqlTimer } from './limit.ts'
import type { SyncTransaction } from './sync-engine.ts'

/** Who may run when on one connection: everybody in turn, and a transaction keeps its turn until its end. */
export class SyncLane {
  readonly #timer: SqlTimer
  readonly #lockTimeoutMs: number
  readonly #gate = createGate()

  constructor(timer: SqlTimer, lockTimeoutMs: number) {
    this.#timer = timer
    this.#lockTimeoutMs = lockTimeoutMs
  }

  /** Runs `work` when no transaction of this driver does. */
  async run<Value>(options: SqlOptions, work: () => Value): Promise<Value> {
    if (options.signal?.aborted === true) throw abortedError(options.signal)
    if (this.#gate.tryEnter()) {
      // Nobody is in the way, and the engine answers before it returns: no timer is needed.
      try {
        return work()
      } catch (error) {
        if (!isBusy(error)) throw error
      } finally {
        this.#gate.leave()
      }
    }
    return this.#waiting(options, (lock) => this.#inGate(work, lock, false))
  }

  /** Begins a transaction, which keeps its turn: `leave()` must follow its end. */
  open(options: SqlOptions, begin: () => Promise<SyncTransaction>): Promise<SyncTransaction> {
    return this.#waiting(options, (lock) => this.#inGate(() => beginWithin(lock, begin()), lock, true))
  }

  /** Commits what `open` began. */
  commit(opened: SyncTransaction): Promise<void> {
    return this.#waiting({}, (lock) => commitPatiently(opened, lock))
  }

  /** Ends the turn of a transaction. */
  leave(): void {
    this.#gate.leave()
  }

  /** Tries until nobody else has the lock of the database, and lets others of this driver pass in between. */
  async #inGate<Value>(
    attempt: () => Value | Promise<Value>,
    lock: Limit,
    keepsGate: boolean,
  ): Promise<Value> {
    for (let delayMs = 1; ; delayMs = nextDelay(delayMs)) {
      await this.#gate.enter(lock)
      let isKept = false
      try {
        const value = await attempt()
        isKept = keepsGate
        return value
      } catch (error) {
        if (!isBusy(error)) throw error
      } finally {
        if (!isKept) this.#gate.leave()
      }
      await lock.sleep(delayMs)
    }
  }

  async #waiting<Value>(options: SqlOptions, work: (lock: Limit) => Promise<Value>): Promise<Value> {
    const limit = createLimit(options, this.#timer)
    const lock = createLimit({ timeoutMs: this.#lockTimeoutMs }, this.#timer, {
      parent: limit,
      onTimeout: () => sqlError('SQL_BUSY', {}),
    })
    try {
      return await work(lock)
    } finally {
      lock.end()
      limit.end()
    }
  }
}

/** Tries again while a reader keeps the commit from its file: the transaction stays open, so that this is safe. */
async function commitPatiently(opened: SyncTransaction, lock: Limit): Promise<void> {
  for (let delayMs = 1; ; delayMs = nextDelay(delayMs)) {
    try {
      return await opened.commit()
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    await lock.sleep(delayMs)
  }
}

function nextDelay(delayMs: number): number {
  return Math.min(delayMs * 2, 25)
}

/** A transaction that begins after the bound is undone: nobody would end it. */
async function beginWithin(lock: Limit, beginning: Promise<SyncTransaction>): Promise<SyncTransaction> {
  try {
    return await lock.race(beginning)
  } catch (error) {
    void beginning.then(
      (late) => late.rollback(),
      () => undefined,
    )
    throw error
  }
}

function isBusy(error: unknown): boolean {
  return isRockstarError(error) && error.code === 'SQL_BUSY'
}
