import type { BunSqliteDatabaseLike } from '../../src/stores/sqlite.ts'
import { bunSqlite } from '../../src/stores/sqlite.ts'
import type { BuiltInDatabase } from '../opening/index.ts'

interface BunSqliteModule {
  readonly Database: new (
    path: string,
    options: { readonly create: true },
  ) => BunSqliteDatabaseLike & {
    close(): void
  }
}

/** Opens a database of `bun:sqlite`. */
export async function openBunSqlite(path: string): Promise<BuiltInDatabase> {
  // Bun has it, and nobody else: the name is kept from those who look for its types.
  const name: string = 'bun:sqlite'
  const { Database } = (await import(name)) as BunSqliteModule
  const opened = new Database(path, { create: true })
  return { database: bunSqlite(opened), close: () => opened.close() }
}
