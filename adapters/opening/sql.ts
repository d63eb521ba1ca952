import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { StoreChoice } from '../../src/platform/index.ts'
import { readConnectionUrl } from '../../src/platform/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import type { EmbeddedStore } from './choose.ts'
import { openMysql } from './mysql.ts'
import { openPostgres } from './postgres.ts'
import { logOpened, openSqlServer } from './sqlite.ts'

/** Where the database is when nothing is configured: it survives a restart. */
const defaultPath = './data/app.db'
const libsqlSchemes = ['libsql', 'https', 'http']
const postgresSchemes = ['postgres', 'postgresql']
const mysqlSchemes = ['mysql', 'mariadb']

/**
 * The database that `DATABASE_URL` names, opened on first use: `file:`, `:memory:`, a libSQL server (`libsql:`,
 * `https:`, `http:`, with `DATABASE_AUTH_TOKEN`), PostgreSQL (`postgres:`, `postgresql:`), MySQL (`mysql:`, `mariadb:`); else the file `./data/app.db`. `embedded` opens a path or `:memory:`.
 * `OPTIONS_INVALID` for another scheme.
 */
export function chooseSql(
  env: Readonly<Record<string, unknown>>,
  log: DiagnosticListener,
  embedded: { readonly store: string; readonly open: (path: string) => Promise<SqlDriver> },
): EmbeddedStore {
  const given = env['DATABASE_URL']
  const isMemory = typeof given === 'string' && given.trim() === ':memory:'
  const url = isMemory
    ? null
    : readConnectionUrl(env, 'DATABASE_URL', ['file', ...libsqlSchemes, ...postgresSchemes, ...mysqlSchemes])
  const source = isMemory || url !== null ? 'DATABASE_URL' : 'default'
  if (url !== null && url.scheme !== 'file') {
    const { scheme, value, location } = url
    if (postgresSchemes.includes(scheme)) {
      const choice: StoreChoice = { role: 'sql', store: 'postgres', source, location, volatile: false }
      return { choice, open: () => openPostgres(value) }
    }
    if (scheme === 'mysql' || scheme === 'mariadb') {
      const choice: StoreChoice = { role: 'sql', store: 'mysql', source, location, volatile: false }
      return { choice, open: () => openMysql(value, scheme) }
    }
    return {
      choice: { role: 'sql', store: 'libsql', source, location, volatile: false },
      open: () => openSqlServer(value, env['DATABASE_AUTH_TOKEN'], location),
    }
  }
  const path = isMemory ? ':memory:' : url === null ? defaultPath : pathOf(url.value)
  const volatile = path === ':memory:'
  const location = volatile ? 'memory' : path
  return {
    choice: { role: 'sql', store: embedded.store, source, location, volatile },
    async open(): Promise<unknown> {
      const driver = await embedded.open(path)
      logOpened(log, 'Database', location, volatile ? 'set DATABASE_URL to keep it' : null)
      return driver
    },
  }
}

function pathOf(url: string): string {
  const path = url.replace(/^file:(?:\/\/[^/]*)?/i, '').replace(/[?#].*$/, '')
  if (path !== '') return path
  throw new RockstarError('OPTIONS_INVALID', 'Expected DATABASE_URL with a path after file:, got none')
}
