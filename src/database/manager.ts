import type { Diagnostics } from '../diagnostics/contract.ts'
import { RockstarError } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'
import type { SqlDriver } from '../stores/contract.ts'
import { sqlError } from '../stores/sql/index.ts'
import type {
  Catalogue,
  Database,
  DatabaseHealth,
  DatabaseManager,
  DatabaseScope,
  Migration,
} from './contract.ts'
import { checkHealth } from './health.ts'
import { createMigrator } from './migrations.ts'
import type { Replicas } from './replicas.ts'
import { createReplicas } from './replicas.ts'
import { DatabaseSession, type SessionCore } from './session.ts'
import { createWatch } from './watch.ts'

/** Makes or finds a driver. */
export type DriverOpener = () => SqlDriver | Promise<SqlDriver>

/** Options of `createDatabaseManager`. */
export interface DatabaseManagerOptions {
  /** A driver, which its maker closes, or what opens one on first use, which the manager closes. */
  readonly driver: SqlDriver | DriverOpener
  /** Statements for `named`. Default: none. */
  readonly catalogue?: Catalogue | undefined
  /**
   * Databases that follow the primary, as drivers or what opens them on first use. Statements that only read go to them
   * in turn. One that fails is left alone for 5 s, and the primary answers. Default: none.
   */
  readonly replicas?: readonly (SqlDriver | DriverOpener)[] | undefined
  /**
   * How long after a write of this process the primary answers reads too, in milliseconds, 0 to 3,600,000. A request
   * that has written reads from the primary to its end in any case. Default: 1,000.
   */
  readonly replicaLagMs?: number | undefined
  /** Run when the driver is opened, before the first statement. Default: none. */
  readonly migrations?: readonly Migration[] | undefined
  /** Hears `database.slow` and `database.failed`. */
  readonly diagnostics: Diagnostics
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** From how many milliseconds on a statement is slow, 0 to 3,600,000. Default: 200. */
  readonly slowMs?: number | undefined
  /** Finds another database by its name. Default: there is none. */
  readonly other?: ((name: string, scope: DatabaseScope | null) => Database) | undefined
  /** Bound of a statement or a transaction that names none, in milliseconds, 1 to 2,147,483,647. Default: 30,000. */
  readonly timeoutMs?: number | undefined
  /** Most rows of a query that names no bound, 1 to 2^53-1. Default: 100,000. */
  readonly maxRows?: number | undefined
}

/** Makes the manager of one database. Opens nothing yet. `RangeError` for a number out of range. */
export function createDatabaseManager(options: DatabaseManagerOptions): DatabaseManager {
  const { driver } = options
  const isOwner = typeof driver === 'function'
  const opening = createOpening(isOwner ? driver : (): SqlDriver => driver, {
    isOwner,
    prepare: (opened) => migrate(opened, options),
  })
  const slowMs = inRange('slowMs', options.slowMs ?? 200, 0, 3_600_000)
  const core: SessionCore = {
    catalogue: options.catalogue ?? null,
    watch: createWatch(options.diagnostics, options.clock, slowMs),
    timeoutMs: inRange('timeoutMs', options.timeoutMs ?? 30_000, 1, 2_147_483_647),
    maxRows: inRange('maxRows', options.maxRows ?? 100_000, 1, Number.MAX_SAFE_INTEGER),
    open: opening.open,
    replicas: createReplicasOf(options),
    other: options.other ?? unknownDatabase,
  }
  return {
    database: new DatabaseSession(core, null, null),
    for: (scope: DatabaseScope): Database => new DatabaseSession(core, scope, null),
    driver: async () => opening.open(),
    async health(timeoutMs = 5000): Promise<readonly DatabaseHealth[]> {
      const replicas = (await core.replicas?.drivers()) ?? []
      return Promise.all([
        checkHealth('primary', opening.open, options.clock, timeoutMs),
        ...replicas.map((driver, index) =>
          checkHealth(`replica ${index + 1}`, () => driver, options.clock, timeoutMs),
        ),
      ])
    },
    async close(): Promise<void> {
      await core.replicas?.close()
      await opening.close()
    },
  }
}

function createReplicasOf({
  clock,
  diagnostics,
  replicaLagMs,
  replicas = [],
}: DatabaseManagerOptions): Replicas | null {
  const lagMs = inRange('replicaLagMs', replicaLagMs ?? 1000, 0, 3_600_000)
  return replicas.length === 0 ? null : createReplicas({ clock, diagnostics, replicas, replicaLagMs: lagMs })
}

function unknownDatabase(name: string): never {
  throw new RockstarError(
    'DATABASE_UNKNOWN',
    `Expected the name of a database that is configured, got ${JSON.stringify(name.slice(0, 100))}`,
  )
}

interface Opening {
  open(): SqlDriver | Promise<SqlDriver>
  close(): Promise<void>
}

/** Opens once, whoever asks first; a failure is not remembered. */
function createOpening(
  make: DriverOpener,
  rules: { readonly isOwner: boolean; prepare(driver: SqlDriver): Promise<void> },
): Opening {
  let opened: SqlDriver | null = null
  let pending: Promise<SqlDriver> | null = null
  let closing: Promise<void> | null = null

  async function openAnew(): Promise<SqlDriver> {
    let driver: SqlDriver | null = null
    try {
      driver = await make()
      await rules.prepare(driver)
      opened = driver
      return driver
    } catch (error) {
      if (rules.isOwner) await driver?.close()
      pending = null
      throw error
    }
  }
  function open(): SqlDriver | Promise<SqlDriver> {
    if (closing !== null) throw sqlError('SQL_CLOSED', {})
    if (opened !== null) return opened
    pending ??= openAnew()
    return pending
  }
  async function finish(): Promise<void> {
    // An opening under way is waited for, so that nothing stays open behind our back.
    await pending?.catch(() => undefined)
    if (rules.isOwner) await opened?.close()
  }
  return { open, close: () => (closing ??= finish()) }
}

async function migrate(driver: SqlDriver, options: DatabaseManagerOptions): Promise<void> {
  const { migrations, diagnostics, clock } = options
  if (migrations === undefined || migrations.length === 0) return
  for (const step of await createMigrator({ driver, migrations, clock }).up()) {
    diagnostics.emit({
      kind: 'database.migrated',
      level: 'info',
      message: `Migrated the database to ${step.name}`,
      fields: { migration: step.name },
    })
  }
}

function inRange(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value
  throw new RangeError(`Expected ${name} from ${least} to ${most}, got ${value}`)
}

/** The error of an app that has no database. */
export function noDatabaseError(): RockstarError {
  return new RockstarError(
    'CAPABILITY_MISSING',
    'Expected a database, got none; set DATABASE_URL where the runtime opens one, bind one on Workers, or pass a driver to createApp',
  )
}
