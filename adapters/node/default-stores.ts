import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores, StoreChoice } from '../../src/platform/index.ts'
import { readConnectionUrl } from '../../src/platform/index.ts'
import { chooseStores, logOpened } from '../process/index.ts'
import { databaseSchemes } from './schemes.ts'

/** The stores that the environment names, each opened on first use; the table is that of `chooseStores`. */
export function environmentStores(env: NodeJS.ProcessEnv, log: DiagnosticListener): PlatformStores {
  return chooseStores({ env, log, sql: { choice: sqlChoice(env), open: () => openSql(env, log) } })
}

function sqlChoice(env: NodeJS.ProcessEnv): StoreChoice {
  const isMemory = /^(?:file:(?:\/\/)?)?:memory:/.test(env['DATABASE_URL']?.trim() ?? '')
  const url = isMemory ? null : readConnectionUrl(env, 'DATABASE_URL', databaseSchemes)
  return {
    role: 'sql',
    store: storeOf(url?.scheme ?? ''),
    source: isMemory || url !== null ? 'DATABASE_URL' : 'default',
    location: isMemory ? 'memory' : (url?.location ?? './data/app.db'),
    volatile: isMemory,
  }
}

function storeOf(scheme: string): string {
  if (scheme.startsWith('postgres')) return 'postgres'
  return scheme === 'mysql' || scheme === 'mariadb' ? 'mysql' : 'libsql'
}

async function openSql(env: NodeJS.ProcessEnv, log: DiagnosticListener): Promise<unknown> {
  const { openDefaultDatabase } = await import('./stores.ts')
  const { driver, location } = await openDefaultDatabase(env)
  logOpened(log, 'Database', location, location === 'memory' ? 'set DATABASE_URL to keep it' : null)
  return driver
}
