import type { Diagnostics } from '../diagnostics/contract.ts'
import type { Platform } from '../platform/contract.ts'
import { isSqlDriver } from '../stores/sql/index.ts'
import type { SqlDriver } from '../stores/contract.ts'
import type { Database, DatabaseManager, DatabaseScope } from './contract.ts'
import {
  createDatabaseManager,
  noDatabaseError,
  type DatabaseManagerOptions,
  type DriverOpener,
} from './manager.ts'

/** What an application may say about its database. */
export interface DatabaseOptions extends Omit<DatabaseManagerOptions, 'driver' | 'diagnostics' | 'clock'> {
  /**
   * A driver, which its maker closes, or what opens one on first use, which the app closes when it stops.
   * Default: what the platform offers.
   */
  readonly driver?: SqlDriver | DriverOpener | undefined
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
}

/**
 * Makes the service behind `ctx.db`. The database is opened by the first statement; with migrations by the start of the
 * app, which fails when they do.
 */
export function createDatabaseService(options: DatabaseOptions = {}): DatabaseService {
  let manager: DatabaseManager | null = null
  function serve(scope: DatabaseScope): Database {
    if (manager === null) throw noDatabaseError()
    return manager.for(scope)
  }
  async function start(host: DatabaseHost): Promise<void> {
    const { clock } = host.platform
    const driver = options.driver ?? ((): Promise<SqlDriver> => openDefault(host.platform))
    manager = createDatabaseManager({ ...options, driver, diagnostics: host.diagnostics, clock })
    if ((options.migrations ?? []).length > 0) await manager.driver()
  }
  async function stop(): Promise<void> {
    const stopped = manager
    manager = null
    await stopped?.close()
  }
  return Object.assign(serve, { start, stop })
}

async function openDefault(platform: Platform): Promise<SqlDriver> {
  const driver = await platform.stores.sql?.()
  if (!isSqlDriver(driver)) throw noDatabaseError()
  return driver
}
