import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores, StoreChoice } from '../../src/platform/index.ts'
import { readConnectionUrl } from '../../src/platform/index.ts'
import { describeChoices } from '../process/index.ts'
import { databaseSchemes } from './schemes.ts'

/**
 * The stores that the environment names, each opened on first use; the table is that of `chooseStores`. What opens them
 * is loaded then, too: it would take a fifth of the start of a process.
 */
export function environmentStores(env: NodeJS.ProcessEnv, log: DiagnosticListener): PlatformStores {
  const choice = sqlChoice(env)
  let loading: Promise<PlatformStores> | null = null
  function load(): Promise<PlatformStores> {
    loading ??= import('./open-stores.ts').then(({ openStores }) => openStores(env, log, choice))
    return loading
  }
  return {
    choices: describeChoices(env, choice),
    sql: async () => (await load()).sql?.(),
    keyValue: async () => (await load()).keyValue?.(),
    pubSub: async () => (await load()).pubSub?.(),
  }
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
