import { nodeSqlite } from '../../src/stores/sqlite.ts'
import type { BuiltInDatabase } from '../opening/index.ts'

/** Opens a database of `node:sqlite`, which needs no permission for memory, and those of its file for a file. */
export async function openNodeSqlite(path: string): Promise<BuiltInDatabase> {
  const { DatabaseSync } = await import('node:sqlite')
  const opened = new DatabaseSync(path)
  return { database: nodeSqlite(opened), close: () => opened.close() }
}
