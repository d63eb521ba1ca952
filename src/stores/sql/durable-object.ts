import type { SqlDriver } from '../contract.ts'
import type { DurableObjectStorageLike } from './durable-object-client.ts'
import { DurableObjectEngine } from './durable-object-engine.ts'
import { SyncDriver, type SyncDriverOptions } from './sync-driver.ts'

export type { DurableObjectCursorLike, DurableObjectStorageLike } from './durable-object-client.ts'

/** Options of `durableObjectDriver`. */
export type DurableObjectDriverOptions = SyncDriverOptions

/**
 * Adapts `ctx.storage` of a Durable Object that has SQLite. `RangeError` for an option out of range.
 *
 * - The engine runs on the caller's thread, so that a statement that runs cannot be cancelled, and has one connection:
 *   everybody waits while a transaction is open, at the latest until its `timeoutMs`.
 * - A transaction holds the storage for itself. What the object does at the same time without the driver
 *   (`ctx.storage.sql`) becomes part of it.
 * - The runtime passes numbers as doubles. An integer beyond 2^53 goes there and comes back whole all the same, but not
 *   in a stream or by `returning`: there it is `SQL_RESULT` and nothing is written; use `cast(… as text)`. A float
 *   between 2^53 and 2^63 without a fraction is treated alike. -0 may come back as 0.
 * - A stream reads 64 rows in a turn and lets others run in between: what they write meanwhile may or may not be in it.
 *   Leaving one early reads up to 10,000 rows more, as that is the only way to close it.
 * - A column declared as boolean comes back as 0 or 1.
 * - `lastId` of an insert into a table without rowid has no meaning.
 */
export function durableObjectDriver(
  storage: DurableObjectStorageLike,
  options: DurableObjectDriverOptions = {},
): SqlDriver {
  return new SyncDriver(new DurableObjectEngine(storage), options)
}
