import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { PlatformStores, StoreChoice } from '../../src/platform/index.ts'
import { readConnectionUrl } from '../../src/platform/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { memoryPubSub } from '../../src/stores/pubsub/index.ts'
import { openMysql, openPostgres } from '../opening/index.ts'
import { openEmbedded, openServer } from './libsql.ts'
import { openRedisStores } from './redis.ts'

type Environment = Readonly<Record<string, unknown>>

/** Only this folder can be written, and it goes with the sandbox. */
const writableFolder = '/tmp/'
const defaultPath = '/tmp/app.db'
const serverSchemes = ['libsql', 'https', 'http']
const sqlServers = ['postgres', 'postgresql', 'mysql', 'mariadb']

/** A store that was chosen, and how it is opened. */
interface Chosen {
  readonly choice: StoreChoice
  readonly open: () => Promise<unknown>
}

/**
 * The stores that the environment names, each opened on first use:
 *
 * - `sql`: `DATABASE_URL` (`libsql:`, `https:`, `http:`, `postgres:`, `postgresql:`, `mysql:`, `mariadb:`, `file:/tmp/…`, `:memory:`), else the file `/tmp/app.db`
 * - `keyValue`: `REDIS_URL` (`redis:`, `rediss:`), else memory
 * - `pubSub`: `REDIS_URL`, else this process; a frozen sandbox hears nothing
 *
 * Memory and files belong to one sandbox: Lambda starts several and ends them when it likes. A store of that kind is
 * told in one line of the log when it is opened. `OPTIONS_INVALID` for another scheme, and for a file elsewhere.
 */
export function chooseLambdaStores(env: Environment, log: DiagnosticListener): PlatformStores {
  const sql = chooseSql(env, log)
  const redisUrl = readConnectionUrl(env, 'REDIS_URL', ['redis', 'rediss'])
  if (redisUrl === null) {
    return {
      choices: [sql.choice, memoryChoice('keyValue'), memoryChoice('pubSub')],
      sql: sql.open,
      async keyValue(): Promise<unknown> {
        tellVolatile(log, 'Key-value store', 'memory', 'REDIS_URL')
        return memoryKeyValue()
      },
      async pubSub(): Promise<unknown> {
        tellVolatile(log, 'Channel', 'memory', 'REDIS_URL')
        return memoryPubSub()
      },
    }
  }
  const redis = openRedisStores(redisUrl, log)
  const { location } = redisUrl
  const choice = { store: 'redis', source: 'REDIS_URL', location, volatile: false }
  return {
    choices: [sql.choice, { role: 'keyValue', ...choice }, { role: 'pubSub', ...choice }],
    sql: sql.open,
    keyValue: redis.keyValue,
    pubSub: redis.pubSub,
  }
}

function chooseSql(env: Environment, log: DiagnosticListener): Chosen {
  const given = env['DATABASE_URL']
  if (typeof given === 'string' && given.trim() === ':memory:')
    return chooseEmbedded(':memory:', 'DATABASE_URL', log)
  const url = readConnectionUrl(env, 'DATABASE_URL', [...serverSchemes, ...sqlServers, 'file'])
  if (url === null) return chooseEmbedded(defaultPath, 'default', log)
  const { scheme, value, location } = url
  if (scheme === 'postgres' || scheme === 'postgresql') {
    return chooseServer('postgres', location, () => openPostgres(value))
  }
  if (scheme === 'mysql' || scheme === 'mariadb') {
    return chooseServer('mysql', location, () => openMysql(value, scheme))
  }
  if (scheme === 'file') return chooseEmbedded(pathOf(value), 'DATABASE_URL', log)
  return {
    choice: { role: 'sql', store: 'libsql', source: 'DATABASE_URL', location, volatile: false },
    open: () => openServer(value, env['DATABASE_AUTH_TOKEN'], location),
  }
}

function chooseServer(store: string, location: string, open: () => Promise<unknown>): Chosen {
  return { choice: { role: 'sql', store, source: 'DATABASE_URL', location, volatile: false }, open }
}

function chooseEmbedded(path: string, source: string, log: DiagnosticListener): Chosen {
  const location = path === ':memory:' ? 'memory' : path
  return {
    choice: { role: 'sql', store: 'libsql', source, location, volatile: true },
    async open(): Promise<unknown> {
      const driver = await openEmbedded(path)
      tellVolatile(log, 'Database', location, 'DATABASE_URL')
      return driver
    },
  }
}

function pathOf(url: string): string {
  const path = url.replace(/^file:(?:\/\/[^/]*)?/i, '').replace(/[?#].*$/s, '')
  if (path.startsWith(writableFolder) && !path.split('/').includes('..')) return path
  throw new RockstarError(
    'OPTIONS_INVALID',
    `Expected DATABASE_URL with a file in ${writableFolder}, the only folder that Lambda lets a function write; name a database server to keep the data`,
  )
}

function memoryChoice(role: 'keyValue' | 'pubSub'): StoreChoice {
  return { role, store: 'memory', source: 'default', location: 'memory', volatile: true }
}

function tellVolatile(log: DiagnosticListener, what: string, location: string, variable: string): void {
  log({
    kind: 'store.opened',
    level: 'warn',
    message: `${what}: ${location}; each sandbox has its own, and its data is lost when Lambda ends it; set ${variable} to keep and share it`,
    fields: { location },
  })
}
