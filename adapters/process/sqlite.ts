import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { libsqlDriver } from '../../src/stores/sql/index.ts'

/** How long SQLite itself waits for a lock, in milliseconds: it stops the process meanwhile, the driver does not. */
const busyTimeoutMs = 5

/** Opens a database of this process: `path` of a file, whose folder is made, or `:memory:`. */
export async function openEmbedded(
  path: string,
  makeFolder: (path: string) => Promise<void>,
): Promise<SqlDriver> {
  const isMemory = path === ':memory:'
  try {
    if (!isMemory) await makeFolder(path)
    const { createClient } = await import('@libsql/client/sqlite3')
    const url = isMemory ? path : `file:${path}`
    const client = createClient({ url, intMode: 'bigint', timeout: busyTimeoutMs })
    const driver = libsqlDriver(client, { memory: isMemory, onClose: () => client.close() })
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
