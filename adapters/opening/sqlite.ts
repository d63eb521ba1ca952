import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import type { SqliteDatabaseLike } from '../../src/stores/sqlite.ts'
import { libsqlDriver } from '../../src/stores/libsql.ts'
import { sqliteDriver } from '../../src/stores/sqlite.ts'

/** An open database of a runtime's own SQLite, and what closes it. */
export interface BuiltInDatabase {
  readonly database: SqliteDatabaseLike
  readonly close: () => void
}

/**
 * Opens a database of this process by the SQLite that the runtime has built in: `path` of a file, whose folder is made,
 * or `:memory:`. `SQL_CONNECTION` when it cannot be opened.
 */
export async function openEmbedded(
  path: string,
  makeFolder: (path: string) => Promise<void>,
  open: (path: string) => Promise<BuiltInDatabase>,
): Promise<SqlDriver> {
  const isMemory = path === ':memory:'
  try {
    if (!isMemory) await makeFolder(path)
    const { database, close } = await open(path)
    const driver = sqliteDriver(database, { onClose: close })
    await driver.query('pragma foreign_keys = on')
    if (!isMemory) await driver.query('pragma journal_mode = wal')
    return driver
  } catch (cause) {
    throw new RockstarError(
      'SQL_CONNECTION',
      `Expected to open the database at ${path.slice(0, 300)}: ${String(cause).slice(0, 200)}`,
      { cause },
    )
  }
}

/** Opens a libSQL server over HTTP. It is not asked before the first statement. */
export async function openSqlServer(url: string, authToken: unknown, location: string): Promise<SqlDriver> {
  try {
    const { createClient } = await import('@libsql/client/http')
    const client = createClient({
      url,
      intMode: 'bigint',
      ...(typeof authToken === 'string' && authToken !== '' && { authToken }),
    })
    return libsqlDriver(client, { onClose: () => client.close() })
  } catch (cause) {
    throw new RockstarError(
      'SQL_CONNECTION',
      `Expected to open the database at ${location.slice(0, 300)}; check DATABASE_URL`,
      { cause },
    )
  }
}

/** One line for a store that was opened, with what is lost. */
export function logOpened(
  log: DiagnosticListener,
  what: string,
  location: string,
  keep: string | null,
): void {
  const lost = keep === null ? '' : `; its data is lost when the process ends, ${keep}`
  log({
    kind: 'store.opened',
    level: 'info',
    message: `${what}: ${location}${lost}`,
    fields: { location },
  })
}
