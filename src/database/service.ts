import type { Diagnostics } from '../diagnostics/contract.ts'
import { RockstarError } from '../errors/index.ts'
import type { Platform } from '../platform/contract.ts'
import { isSqlDriver } from '../stores/sql/index.ts'
import type { SqlDriver } from '../stores/contract.ts'
import type { Database, DatabaseHealth, DatabaseManager, DatabaseScope } from './contract.ts'
import {
  createDatabaseManager,
  noDatabaseError,
  type DatabaseManagerOptions,
  type DriverOpener,
} from './manager.ts'

/** What an application may say about one database. */
export interface OneDatabaseOptions extends Omit<
  DatabaseManagerOptions,
  'driver' | 'diagnostics' | 'clock' | 'other'
> {
  /**
   * A driver, which its maker closes, or what opens one on first use, which the app closes when it stops.
   * Default: what the platform offers.
   */
  readonly driver?: SqlDriver | DriverOpener | undefined
}

/** What an application may say about its databases. */
export interface DatabaseOptions extends OneDatabaseOptions {
  /** Further databases, by the name that `ctx.db.on(name)` takes. Each needs a driver. Default: none. */
  readonly databases?: Readonly<Record<string, NamedDatabaseOptions>> | undefined
}

/** A database besides the default one. */
export interface NamedDatabaseOptions extends OneDatabaseOptions {
  readonly driver: SqlDriver | DriverOpener
}

/** What the service needs of the start of an app. */
export interface DatabaseHost {
  readonly platform: Platform
  readonly diagnostics: Diagnostics
}

/** The service behind `ctx.db`, for a table of services. */
export interface DatabaseService {
  (scope: DatabaseScope): Database
  readonly start: (host: DatabaseHost) => void | Promise<void>
  readonly stop: () => Promise<void>
  /** How all databases are. None before the start. Never rejects. */
  readonly health: (timeoutMs?: number) => Promise<readonly DatabaseHealth[]>
}

/** The managers of a started app: the default one, and those that have names. */
interface Running {
  readonly main: DatabaseManager
  readonly named: ReadonlyMap<string, DatabaseManager>
}

/**
 * Makes the service behind `ctx.db`. A database is opened by its first statement; with migrations by the start of the
 * app, which fails when they do.
 */
export function createDatabaseService(options: DatabaseOptions = {}): DatabaseService {
  let running: Running | null = null

  function serve(scope: DatabaseScope): Database {
    if (running === null) throw noDatabaseError()
    return running.main.for(scope)
  }

  function create(one: OneDatabaseOptions, host: DatabaseHost, named: Running['named']): DatabaseManager {
    const driver = one.driver ?? ((): Promise<SqlDriver> => openDefault(host.platform))
    return createDatabaseManager({
      ...one,
      driver,
      diagnostics: host.diagnostics,
      clock: host.platform.clock,
      other: (name, scope) => find(named, name, scope),
    })
  }

  async function start(host: DatabaseHost): Promise<void> {
    const named = new Map<string, DatabaseManager>()
    for (const [name, one] of Object.entries(options.databases ?? {}))
      named.set(name, create(one, host, named))
    running = { main: create(options, host, named), named }
    if ((options.migrations ?? []).length > 0) await running.main.driver()
    for (const [name, { migrations = [] }] of Object.entries(options.databases ?? {})) {
      if (migrations.length > 0) await named.get(name)?.driver()
    }
  }

  async function stop(): Promise<void> {
    const stopped = running
    running = null
    for (const manager of stopped?.named.values() ?? []) await manager.close()
    await stopped?.main.close()
  }

  async function health(timeoutMs?: number): Promise<readonly DatabaseHealth[]> {
    if (running === null) return []
    const reports = [...running.named].map(async ([name, manager]) =>
      (await manager.health(timeoutMs)).map((one) => ({ ...one, name: `${name}/${one.name}` })),
    )
    return (await Promise.all([running.main.health(timeoutMs), ...reports])).flat()
  }

  return Object.assign(serve, { start, stop, health })
}

function find(
  named: ReadonlyMap<string, DatabaseManager>,
  name: string,
  scope: DatabaseScope | null,
): Database {
  const manager = named.get(name)
  if (manager !== undefined) return scope === null ? manager.database : manager.for(scope)
  const known = [...named.keys()].toSorted().join(', ')
  throw new RockstarError(
    'DATABASE_UNKNOWN',
    `Expected one of the databases ${known === '' ? 'of the option databases, which names none' : known}, got ${JSON.stringify(name.slice(0, 100))}`,
  )
}

async function openDefault(platform: Platform): Promise<SqlDriver> {
  const driver = await platform.stores.sql?.()
  if (!isSqlDriver(driver)) throw noDatabaseError()
  return driver
}
