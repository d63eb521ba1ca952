import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RockstarError } from '../../src/errors/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { libsqlDriver } from '../../src/stores/libsql.ts'

/** How long SQLite itself waits for a lock, in milliseconds: it stops the process meanwhile, the driver does not. */
const busyTimeoutMs = 5

/** Opens a database of this sandbox: `path` of a file, whose folder is made, or `:memory:`. */
export async function openEmbedded(path: string): Promise<SqlDriver> {
  const isMemory = path === ':memory:'
  try {
    if (!isMemory) await mkdir(dirname(path), { recursive: true })
    const { createClient } = await import('@libsql/client/sqlite3')
    const url = isMemory ? path : `file:${path}`
    const client = createClient({ url, intMode: 'bigint', timeout: busyTimeoutMs })
    return libsqlDriver(client, { memory: isMemory, onClose: () => client.close() })
  } catch (cause) {
    throw cannotOpen(path, cause)
  }
}

/** Opens a libSQL server over HTTP. It is not asked before the first statement. */
export async function openServer(url: string, authToken: unknown, location: string): Promise<SqlDriver> {
  try {
    // Without the native library, which a bundle would have to carry.
    const { createClient } = await import('@libsql/client/http')
    const client = createClient({
      url,
      intMode: 'bigint',
      ...(typeof authToken === 'string' && authToken.trim() !== '' && { authToken: authToken.trim() }),
    })
    return libsqlDriver(client, { onClose: () => client.close() })
  } catch (cause) {
    throw cannotOpen(location, cause)
  }
}

function cannotOpen(location: string, cause: unknown): RockstarError {
  return new RockstarError(
    'SQL_CONNECTION',
    `Expected to open the database at ${location.slice(0, 300)}, but it cannot be opened; check DATABASE_URL`,
    { cause },
  )
}
