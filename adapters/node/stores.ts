import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Client, Config } from '@libsql/client'
import { RockstarError } from '../../src/errors/index.ts'
import { readConnectionUrl } from '../../src/platform/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { openMysql, openPostgres } from '../opening/index.ts'
import { libsqlDriver } from '../../src/stores/libsql.ts'

/** A database that the adapter opened. */
export interface OpenedDatabase {
  readonly driver: SqlDriver
  /** Closes the driver and its client. Idempotent; `driver.close()` does the same. */
  readonly close: () => Promise<void>
  /** Where it is, without credentials: for one log line. */
  readonly location: string
}

/** Where the database is when nothing is configured: it survives a restart. */
const defaultUrl = 'file:./data/app.db'

/**
 * How long SQLite itself waits for a lock, in milliseconds. It stops the whole process meanwhile, so that it is short:
 * the driver waits on without stopping it.
 */
const busyTimeoutMs = 5

const remoteSchemes = ['libsql', 'http', 'https', 'ws', 'wss']

/**
 * Opens the database that `DATABASE_URL` names:
 *
 * - nothing, or an empty text: the file `./data/app.db`
 * - `file:path`: libSQL in a file; its folder is made
 * - `:memory:`, `file::memory:`: libSQL in memory; it is gone with the process
 * - `postgres:`, `postgresql:`: PostgreSQL by the package `pg`
 * - `mysql:`, `mariadb:`: MySQL or MariaDB by the package `mysql2`
 * - `libsql:`, `https:`, `http:`, `wss:`, `ws:`: a libSQL server; `DATABASE_AUTH_TOKEN` is sent to it
 *
 * `OPTIONS_INVALID` for another scheme, `SQL_CONNECTION` for a database that cannot be opened. A server is not asked
 * before the first statement. Files get write-ahead logging, so that reads go on beside a writer.
 */
export async function openDefaultDatabase(env: Readonly<Record<string, unknown>>): Promise<OpenedDatabase> {
  const url = textOf(env['DATABASE_URL']) ?? defaultUrl
  if (url === ':memory:' || /^file:(?:\/\/)?:memory:/.test(url)) return openMemory()
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === 'file') return openFile(url)
  if (scheme !== undefined && remoteSchemes.includes(scheme)) return openServer(url, scheme, env)
  if (scheme === 'postgres' || scheme === 'postgresql')
    return opened(await openPostgres(url), readConnectionUrl({ url }, 'url', [scheme])?.location ?? scheme)
  if (scheme === 'mysql' || scheme === 'mariadb')
    return opened(
      await openMysql(url, scheme),
      readConnectionUrl({ url }, 'url', [scheme])?.location ?? scheme,
    )
  const known = ['file', ':memory', ...remoteSchemes, 'postgres', 'postgresql', 'mysql', 'mariadb']
    .map((each) => `${each}:`)
    .join(', ')
  // Security: never the URL itself, which may hold a password.
  throw new RockstarError(
    'OPTIONS_INVALID',
    `Expected DATABASE_URL with one of the schemes ${known}, got ${scheme === undefined ? 'none' : `${scheme.slice(0, 40)}:`}; correct it`,
  )
}

async function openMemory(): Promise<OpenedDatabase> {
  const { createClient } = await import('@libsql/client/sqlite3')
  const client = connect(() => createClient({ url: ':memory:', intMode: 'bigint' }), 'memory')
  return opened(libsqlDriver(client, { memory: true, onClose: () => client.close() }), 'memory')
}

async function openFile(url: string): Promise<OpenedDatabase> {
  const { createClient } = await import('@libsql/client/sqlite3')
  const path = pathOf(url)
  try {
    await mkdir(dirname(path), { recursive: true })
  } catch (error) {
    throw cannotOpen(path, error)
  }
  const client = connect(() => createClient({ url, intMode: 'bigint', timeout: busyTimeoutMs }), path)
  const driver = libsqlDriver(client, { onClose: () => client.close() })
  try {
    // Kept in the file. Through the driver, which waits while other processes open it too.
    await driver.query('pragma journal_mode = wal')
  } catch (error) {
    await driver.close()
    throw cannotOpen(path, error)
  }
  return opened(driver, path)
}

async function openServer(
  url: string,
  scheme: string,
  env: Readonly<Record<string, unknown>>,
): Promise<OpenedDatabase> {
  const authToken = textOf(env['DATABASE_AUTH_TOKEN'])
  const config: Config = { url, intMode: 'bigint', ...(authToken === undefined ? {} : { authToken }) }
  const isSocket = scheme === 'ws' || scheme === 'wss'
  const { createClient } = await (isSocket ? import('@libsql/client/ws') : import('@libsql/client/http'))
  const location = `${scheme}://${/^[^/]*\/\/(?:[^@/?#]*@)?([^/?#]*)/.exec(url)?.[1] ?? ''}`
  const client = connect(() => createClient(config), location)
  return opened(libsqlDriver(client, { onClose: () => client.close() }), location)
}

function connect(create: () => Client, location: string): Client {
  try {
    return create()
  } catch (error) {
    throw cannotOpen(location, error)
  }
}

function opened(driver: SqlDriver, location: string): OpenedDatabase {
  return { driver, location, close: () => driver.close() }
}

function cannotOpen(location: string, cause: unknown): RockstarError {
  return new RockstarError(
    'SQL_CONNECTION',
    `Expected to open the database at ${location.slice(0, 300)}, but it cannot be opened; check the path and its permissions`,
    { cause },
  )
}

/** The path of a `file:` URL, as the client reads it. */
function pathOf(url: string): string {
  const path = url.replace(/^file:(?:\/\/[^/]*)?/i, '').replace(/[?#].*$/, '')
  try {
    return decodeURIComponent(path)
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' ? undefined : text
}
