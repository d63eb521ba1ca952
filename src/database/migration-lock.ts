import { isRockstarError, RockstarError } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'
import type { SqlDriver, SqlSession } from '../stores/contract.ts'
import { createLimit, systemTimer, type Limit } from '../stores/sql/index.ts'
import type { StatementName } from '../statements/index.ts'

/** Keeps other processes from migrating at the same time. */
export interface MigrationLock {
  /**
   * Says in a transaction that the lock is still ours. The row stays locked until the transaction ends, so that it
   * cannot be taken over meanwhile, however long that takes. `MIGRATION_LOCKED` if somebody has.
   */
  hold(session: SqlSession): Promise<void>
  free(): Promise<void>
}

/** What a lock needs. */
export interface MigrationLockOptions {
  readonly driver: SqlDriver
  readonly texts: Readonly<Record<StatementName, string>>
  readonly clock: Pick<Clock, 'now'>
  readonly waitMs: number
  readonly ttlMs: number
  readonly signal: AbortSignal | undefined
}

/** Waits for the lock. `MIGRATION_LOCKED` when the bound passes, `SQL_ABORTED` when the signal is aborted. */
export async function takeMigrationLock(options: MigrationLockOptions): Promise<MigrationLock> {
  const { driver, texts, clock, ttlMs } = options
  const owner = crypto.randomUUID()
  const onTimeout = (waitMs: number): RockstarError =>
    lockedError(`free within ${waitMs} ms`, 'held by another process')
  // The timer keeps the process alive: nothing else may, while it waits.
  const limit = createLimit({ signal: options.signal, timeoutMs: options.waitMs }, systemTimer(), {
    onTimeout,
  })
  try {
    for (let delayMs = 10; !(await tryTake(options, owner, limit)); delayMs = Math.min(delayMs * 2, 250)) {
      await limit.sleep(delayMs)
    }
  } finally {
    limit.end()
  }
  return {
    async hold(session: SqlSession): Promise<void> {
      const params = { owner, expires_at: clock.now() + ttlMs }
      const { changes } = await session.query(texts['extend-migration-lock'], params)
      if (changes === 0) throw lockedError('ours', 'taken over by another process')
    },
    async free(): Promise<void> {
      await driver.query(texts['free-migration-lock'], { owner })
    },
  }
}

async function tryTake(options: MigrationLockOptions, owner: string, limit: Limit): Promise<boolean> {
  const failure = limit.failure()
  if (failure !== null) throw failure
  const now = options.clock.now()
  const params = { owner, now, expires_at: now + options.ttlMs }
  try {
    const { changes } = await options.driver.query(options.texts['take-migration-lock'], params)
    return changes > 0
  } catch (error) {
    // Whoever migrates may hold the database longer than a driver waits for it.
    if (isRockstarError(error) && error.code === 'SQL_BUSY') return false
    throw error
  }
}

function lockedError(expected: string, got: string): RockstarError {
  return new RockstarError(
    'MIGRATION_LOCKED',
    `Expected the migration lock to be ${expected}, but it was ${got}; try again when that one is done`,
  )
}
