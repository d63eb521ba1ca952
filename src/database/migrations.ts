import { isRockstarError, RockstarError } from '../errors/index.ts'
import type { SqlDialect, SqlOptions, SqlSession } from '../stores/contract.ts'
import { splitStatements } from '../stores/sql/index.ts'
import { sqliteStatements, type StatementName } from '../statements/index.ts'
import type { Migration, MigrationStatus, MigrationStep, Migrator, MigratorOptions } from './contract.ts'
import { takeMigrationLock, type MigrationLock } from './migration-lock.ts'
import type { JournalEntry, KnownMigration } from './migration-plan.ts'
import { assertSound, compareWithJournal, identifyMigrations, sortMigrations } from './migration-plan.ts'

type Texts = Readonly<Record<StatementName, string>>

const textsByDialect: Readonly<Partial<Record<SqlDialect, Texts>>> = { sqlite: sqliteStatements }

/** Longest journal that is read. */
const maxEntries = 100_000

/** One run, forth or back. */
interface Run {
  readonly direction: 'up' | 'down'
  readonly signal: AbortSignal | undefined
  /** Chooses what to run, in order. Throws before anything runs. */
  choose(known: readonly KnownMigration[], statuses: readonly MigrationStatus[]): readonly KnownMigration[]
}

/**
 * Makes a migrator. `MIGRATION_INVALID` for names that cannot be ordered; `STORE_UNSUPPORTED` for an engine on which a
 * migration cannot be one with its journal entry, or whose statements are not there.
 */
export function createMigrator(options: MigratorOptions): Migrator {
  const { driver, clock } = options
  const migrations = sortMigrations(options.migrations)
  const texts = textsFor(options)
  const apply = applierFor(options, texts)

  async function inspect(signal: AbortSignal | undefined): Promise<{
    readonly known: readonly KnownMigration[]
    readonly statuses: readonly MigrationStatus[]
  }> {
    const known = await identifyMigrations(migrations)
    return { known, statuses: compareWithJournal(known, await readJournal(driver, texts, { signal })) }
  }

  async function plan(run: Run): Promise<readonly (readonly [KnownMigration, MigrationStep])[]> {
    const { known, statuses } = await inspect(run.signal)
    assertSound(statuses)
    return run
      .choose(known, statuses)
      .map((migration) => [migration, toStep(migration, run.direction, driver.dialect)])
  }

  async function migrate(run: Run, dryRun: boolean): Promise<readonly MigrationStep[]> {
    const planned = await plan(run)
    if (dryRun || planned.length === 0) return planned.map(([, step]) => step)
    await driver.query(texts['create-migration-journal'], {}, { signal: run.signal })
    await driver.query(texts['create-migration-lock'], {}, { signal: run.signal })
    const { lockWaitMs: waitMs = 120_000, lockTtlMs: ttlMs = 30_000 } = options
    const lock = await takeMigrationLock({ driver, texts, clock, waitMs, ttlMs, signal: run.signal })
    try {
      const steps: MigrationStep[] = []
      // Planned again: whoever had the lock before us may have done it all.
      for (const [migration, step] of await plan(run)) {
        await apply(migration, step, lock, run.signal)
        steps.push(step)
      }
      return steps
    } finally {
      // Best effort: a lock that stays is taken over when it expires.
      await lock.free().catch(() => undefined)
    }
  }

  return {
    up: ({ to, dryRun = false, signal } = {}) => migrate(runUp(to, signal), dryRun),
    down: ({ steps = 1, dryRun = false, signal } = {}) => migrate(runDown(steps, signal), dryRun),
    status: async ({ signal } = {}) => (await inspect(signal)).statuses,
  }
}

function runUp(to: string | undefined, signal: AbortSignal | undefined): Run {
  return {
    direction: 'up',
    signal,
    choose(known, statuses) {
      const pending = new Set(statuses.filter((each) => each.state === 'pending').map((each) => each.name))
      const last = to === undefined ? known.length - 1 : known.findIndex((migration) => migration.name === to)
      if (to !== undefined && last < 0) {
        const names = known
          .map((migration) => migration.name)
          .join(', ')
          .slice(0, 500)
        throw new RockstarError(
          'MIGRATION_MISSING',
          `Expected one of the migrations (${names}), got "${to.slice(0, 100)}"`,
        )
      }
      return known.slice(0, last + 1).filter((migration) => pending.has(migration.name))
    },
  }
}

function runDown(steps: number, signal: AbortSignal | undefined): Run {
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw new RangeError(`Expected steps from 0 to 2^53-1, got ${steps}`)
  return {
    direction: 'down',
    signal,
    choose(known, statuses) {
      const applied = new Set(statuses.filter((each) => each.state === 'applied').map((each) => each.name))
      const chosen = known
        .filter((migration) => applied.has(migration.name))
        .toReversed()
        .slice(0, steps)
      const stuck = chosen.find((migration) => (migration.down ?? '').trim() === '')
      if (stuck !== undefined) {
        throw new RockstarError(
          'MIGRATION_IRREVERSIBLE',
          `Expected ${stuck.name}/down.sql to undo it, got none; write it`,
        )
      }
      return chosen
    },
  }
}

function toStep(migration: Migration, direction: 'up' | 'down', dialect: SqlDialect): MigrationStep {
  const script = direction === 'up' ? migration.up : (migration.down ?? '')
  try {
    return {
      name: migration.name,
      direction,
      statements: splitStatements(script.replace(/^\ufeff/, ''), dialect),
    }
  } catch (error) {
    throw failedError(migration.name, direction, error)
  }
}

type Apply = (
  migration: KnownMigration,
  step: MigrationStep,
  lock: MigrationLock,
  signal: AbortSignal | undefined,
) => Promise<void>

/** How this engine makes a migration and its journal entry one. */
function applierFor(options: MigratorOptions, texts: Texts): Apply {
  const { driver, timeoutMs = 600_000 } = options
  const { capabilities } = driver
  if (
    !capabilities.has('transactional-ddl') ||
    !(capabilities.has('transaction') || capabilities.has('batch'))
  ) {
    throw unsupported(driver.name, 'undoes a half-run migration (transactional-ddl)')
  }
  return async (migration, step, lock, signal) => {
    const entry = entryOf(migration, step, texts, options.clock.now())
    if (!capabilities.has('transaction')) {
      await lock.hold(driver)
      const statements = [...step.statements.map((sql) => ({ sql })), entry]
      await driver.batch(statements, { timeoutMs, signal }).catch((error: unknown) => {
        throw failedError(step.name, step.direction, error)
      })
      return
    }
    await driver.transaction(
      async (tx) => {
        await lock.hold(tx)
        await runStatements(tx, step)
        await tx.query(entry.sql, entry.params)
      },
      { timeoutMs, signal },
    )
  }
}

async function runStatements(tx: SqlSession, step: MigrationStep): Promise<void> {
  for (const [index, sql] of step.statements.entries()) {
    try {
      await tx.query(sql)
    } catch (error) {
      throw failedError(step.name, step.direction, error, index + 1)
    }
  }
}

function entryOf(
  migration: KnownMigration,
  step: MigrationStep,
  texts: Texts,
  now: number,
): { readonly sql: string; readonly params: Readonly<Record<string, string | number>> } {
  const { name, checksum } = migration
  return step.direction === 'up'
    ? { sql: texts['add-migration'], params: { name, checksum, applied_at: now } }
    : { sql: texts['remove-migration'], params: { name } }
}

async function readJournal(
  session: SqlSession,
  texts: Texts,
  options: SqlOptions,
): Promise<readonly JournalEntry[]> {
  const found = await session.query(texts['find-migration-journal'], {}, options)
  if (found.rows.length === 0) return []
  const { rows } = await session.query(texts['list-migrations'], { limit: maxEntries }, options)
  return rows.map((row) => ({
    name: String(row['name']),
    checksum: String(row['checksum']),
    appliedAt: Number(row['applied_at']),
  }))
}

function textsFor(options: MigratorOptions): Texts {
  const texts = textsByDialect[options.driver.dialect]
  if (texts === undefined)
    throw unsupported(options.driver.name, `speaks ${Object.keys(textsByDialect).join(' or ')}`)
  return texts
}

function unsupported(store: string, needed: string): RockstarError {
  return new RockstarError(
    'STORE_UNSUPPORTED',
    `Expected a database that ${needed}, got ${store}; migrate it by other means`,
  )
}

function failedError(name: string, direction: string, cause: unknown, position?: number): RockstarError {
  const code = isRockstarError(cause) ? cause.code : 'an unknown error'
  const what =
    position === undefined ? `${name}/${direction}.sql` : `statement ${position} of ${name}/${direction}.sql`
  return new RockstarError(
    'MIGRATION_FAILED',
    `Expected ${what} to run, but it failed with ${code}; nothing of it was kept`,
    {
      cause,
      details: { migration: name, direction, ...(position === undefined ? {} : { statement: position }) },
    },
  )
}
