import type { DurableObjectStorageLike } from './durable-object-client.ts'
import { DurableObjectTimer } from './durable-object-timer.ts'
import { sqlError } from './failure.ts'
import type { SqlTimer } from './limit.ts'
import { fromSqliteError } from './sqlite-error.ts'
import type { SyncTransaction } from './sync-engine.ts'
import { endedError } from './transaction-session.ts'

/** A transaction of the storage that is held open. */
interface Scope {
  commit(): Promise<void>
  /** Never rejects. */
  rollback(): Promise<void>
}

/** What a scope is ended with to be undone. */
class Undo extends Error {}

/** Transactions and savepoints of a Durable Object. Its storage takes them as functions only, not as SQL. */
export class DurableObjectTransaction implements SyncTransaction {
  readonly timer: DurableObjectTimer
  readonly #storage: DurableObjectStorageLike
  /** From the outermost to the innermost. Empty at the end. */
  readonly #scopes: Scope[] = []
  /** Was the innermost savepoint undone, so that its release ends nothing but the scope? */
  #isUndone = false

  constructor(storage: DurableObjectStorageLike, timer: SqlTimer) {
    this.#storage = storage
    this.timer = new DurableObjectTimer(timer)
  }

  /** Begins the next scope. */
  async begin(): Promise<void> {
    let markOpen = (): void => undefined
    let end = (_undo: boolean): void => undefined
    const opened = new Promise<void>((resolve) => (markOpen = resolve))
    const ended = new Promise<boolean>((resolve) => (end = resolve))
    const whole = this.#storage.transaction(async () => {
      // What goes on from here runs inside the transaction, with its timers and its answers.
      this.timer.setAgain()
      markOpen()
      if (await ended) throw new Undo('Expected nothing more, the transaction is undone')
    })
    // It rejects when it is undone; who commits looks at it.
    const settled = whole.catch(() => undefined)
    const scope: Scope = {
      async commit() {
        end(false)
        await whole
      },
      async rollback() {
        end(true)
        await settled
      },
    }
    // At once, so that a rollback that comes before it is open ends it too: nobody else would.
    this.#scopes.push(scope)
    try {
      await Promise.race([opened, whole])
    } catch (error) {
      const place = this.#scopes.indexOf(scope)
      if (place >= 0) this.#scopes.splice(place, 1)
      throw fromSqliteError(error, undefined)
    }
  }

  /** Takes the commands of `savepointCommands`. */
  async command(sql: string): Promise<void> {
    if (this.#scopes.length === 0) throw endedError()
    if (sql.startsWith('savepoint ')) return this.begin()
    if (sql.startsWith('rollback to savepoint ')) {
      await this.#scopes.pop()?.rollback()
      this.#isUndone = true
    } else if (sql.startsWith('release savepoint ')) {
      // A savepoint that was undone is gone here, other than in SQL.
      if (!this.#isUndone) await this.#commitInnermost()
      this.#isUndone = false
    } else throw sqlError('SQL_SYNTAX', { sql })
  }

  commit(): Promise<void> {
    return this.#commitInnermost()
  }

  async rollback(): Promise<void> {
    for (let scope = this.#scopes.pop(); scope !== undefined; scope = this.#scopes.pop())
      await scope.rollback()
  }

  async #commitInnermost(): Promise<void> {
    const scope = this.#scopes.pop()
    if (scope === undefined) throw endedError()
    try {
      await scope.commit()
    } catch (error) {
      throw fromSqliteError(error, 'commit')
    }
  }
}
