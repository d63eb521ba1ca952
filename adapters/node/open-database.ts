import type { OpenedDatabase } from './stores.ts'

/**
 * Opens the database that `DATABASE_URL` names: a file, memory, a libSQL server, PostgreSQL or MySQL; without it the file
 * `./data/app.db`. `OPTIONS_INVALID` for another scheme, `SQL_CONNECTION` for a database that cannot be opened. What opens
 * it is loaded then.
 */
export async function openDefaultDatabase(env: Readonly<Record<string, unknown>>): Promise<OpenedDatabase> {
  const { openDefaultDatabase: open } = await import('./stores.ts')
  return open(env)
}
