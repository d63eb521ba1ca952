import type { DoubleArgument } from './doubles.ts'

/** A cursor of `sql.exec`. */
export interface DurableObjectCursorLike {
  readonly columnNames: readonly string[]
  /** The rows, each by position. */
  raw(): Iterator<unknown>
}

/** The parts of `ctx.storage` of a Durable Object with SQLite that the driver uses. */
export interface DurableObjectStorageLike {
  readonly sql: {
    exec(sql: string, ...args: DoubleArgument[]): DurableObjectCursorLike
  }
  transaction<Result>(run: () => Promise<Result>): Promise<Result>
  transactionSync<Result>(run: () => Result): Result
}
