import type { SqlDriver } from '../contract.ts'
import type { SqliteDatabaseLike } from './sqlite-client.ts'
import { SqliteEngine } from './sqlite-engine.ts'
import { SyncDriver, type SyncDriverOptions } from './sync-driver.ts'

export type {
  SqliteArgument,
  SqliteCell,
  SqliteChanges,
  SqliteColumn,
  SqliteDatabaseLike,
  SqliteStatementLike,
} from './sqlite-client.ts'
export type { BunSqliteDatabaseLike, BunSqliteStatementLike } from './sqlite-bun.ts'
export { bunSqlite } from './sqlite-bun.ts'
export type { NodeSqliteDatabaseLike, NodeSqliteStatementLike } from './sqlite-node.ts'
export { nodeSqlite } from './sqlite-node.ts'

/** Options of `sqliteDriver`. */
export interface SqliteDriverOptions extends SyncDriverOptions {
  /** Prepared statements that are kept, 1 to 10,000. Default: 200. */
  readonly maxStatements?: number
}

/**
 * Adapts SQLite as a runtime has it built in: `sqliteDriver(nodeSqlite(new DatabaseSync(path)))` or
 * `sqliteDriver(bunSqlite(new Database(path)))`. Give the database foreign keys (`pragma foreign_keys = on`, which is
 * Node's default), WAL mode for a file, and no busy timeout of its own: that one stops the whole process, the driver's
 * wait does not. `RangeError` for an option out of range.
 *
 * - The engine runs on the caller's thread, so that a statement that runs cannot be cancelled, and has one connection:
 *   everybody waits while a transaction is open, at the latest until its `timeoutMs`.
 * - Every transaction is serializable. One that may write takes the lock of writers at its start.
 * - A stream reads 64 rows in a turn and lets others run in between: what they write meanwhile may or may not be in it.
 *   It ends with `SQL_CLOSED` at its next turn after `close()`. A table that it reads cannot be dropped (`SQL_BUSY`).
 * - `lastId` of an insert into a table without rowid has no meaning.
 * - Text with NUL is refused where the client would cut it off when it reads it, as older ones of Node do.
 */
export function sqliteDriver(database: SqliteDatabaseLike, options: SqliteDriverOptions = {}): SqlDriver {
  const { maxStatements = 200 } = options
  if (!(maxStatements >= 1 && maxStatements <= 10_000)) {
    throw new RangeError(`Expected maxStatements from 1 to 10000, got ${maxStatements}`)
  }
  return new SyncDriver(new SqliteEngine(database, maxStatements), options)
}
