import { createClient } from '@libsql/client'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { libsqlDriver } from '../../src/stores/libsql.ts'

/** A driver over a new database in memory. Closing it closes the client. */
export function openMemory(): SqlDriver {
  const client = createClient({ url: ':memory:', intMode: 'bigint' })
  return libsqlDriver(client, { memory: true, onClose: () => client.close() })
}

/** A driver over a file. Closing it closes the client. */
export async function openFile(path: string): Promise<SqlDriver> {
  const client = createClient({ url: `file:${path}`, intMode: 'bigint', timeout: 5_000 })
  const driver = libsqlDriver(client, { onClose: () => client.close() })
  await client.executeMultiple('pragma journal_mode = wal')
  return driver
}
