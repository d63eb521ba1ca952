import type { LibsqlClientLike, LibsqlTransactionLike } from './libsql-client.ts'

/**
 * The one connection through which a process writes into a file.
 *
 * It exists because of what the native client (0.18) does when another process has the lock: the statement that failed
 * is reset only by the garbage collector, and until then nothing on its connection is committed, and reads see an old
 * state. `executeMultiple` leaves no such statement behind. So the lock is taken by it, before the statement that
 * needs it runs; that one cannot meet a lock any more.
 *
 * The client hands out a connection only with a transaction. This one is deferred, so that it holds no lock and no
 * snapshot while it is idle, and is begun anew after each end.
 */
export class LibsqlWriter {
  readonly #client: LibsqlClientLike
  #transaction: LibsqlTransactionLike | null = null

  constructor(client: LibsqlClientLike) {
    this.#client = client
  }

  /** Takes the lock of the file, or rejects with the client's error, at once. `commit` or `rollback` must follow. */
  async lock(): Promise<LibsqlTransactionLike> {
    const transaction = await this.#open()
    try {
      // The statement of SQLite that takes the lock and does least: nothing, unless the file is in incremental
      // auto-vacuum mode; there it gives back one unused page.
      await transaction.executeMultiple('pragma incremental_vacuum(1)')
    } catch (error) {
      await this.rollback()
      throw error
    }
    return transaction
  }

  /** Runs `work` in a transaction of its own. */
  async run<Value>(work: (transaction: LibsqlTransactionLike) => Promise<Value>): Promise<Value> {
    const transaction = await this.lock()
    try {
      const value = await work(transaction)
      await this.commit()
      return value
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  async commit(): Promise<void> {
    await this.#transaction?.executeMultiple('commit; begin')
  }

  /** Never rejects. */
  async rollback(): Promise<void> {
    try {
      await this.#transaction?.executeMultiple('rollback; begin')
    } catch {
      // SQLite has undone it by itself, as it does when the disk is full, or the client was closed.
      this.close()
    }
  }

  /** Gives the connection back. The next lock takes one again. */
  close(): void {
    this.#transaction?.close()
    this.#transaction = null
  }

  async #open(): Promise<LibsqlTransactionLike> {
    if (this.#transaction !== null && !this.#transaction.closed) return this.#transaction
    this.close()
    this.#transaction = await this.#client.transaction('deferred')
    // SQLite's own wait would stop the whole process; the driver waits itself.
    await this.#transaction.executeMultiple('pragma busy_timeout = 1')
    return this.#transaction
  }
}
