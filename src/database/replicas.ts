import type { Diagnostics } from '../diagnostics/contract.ts'
import { isRockstarError } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'
import type { SqlDialect, SqlDriver } from '../stores/contract.ts'
import { isPlainRead } from '../stores/sql/index.ts'
import type { DriverOpener } from './manager.ts'

/** Databases that follow the primary, and when they may be asked. */
export interface Replicas {
  /** A replica for this statement, in turn; null when the primary must answer it, or none can. */
  pick(statement: string, dialect: SqlDialect): Promise<SqlDriver | null>
  /** May the primary answer what the replica failed at? One that is down is left alone for a while. */
  mayRetry(replica: SqlDriver, error: unknown): boolean
  /** A write began or ended: for a while replicas may not know it. */
  noteWrite(): void
  /** Those that are open, with how they are called in a health report. */
  drivers(): Promise<readonly (SqlDriver | Error)[]>
  /** Closes those that were opened here. */
  close(): Promise<void>
}

/** Rules of `createReplicas`. */
export interface ReplicaOptions {
  readonly replicas: readonly (SqlDriver | DriverOpener)[]
  readonly clock: Pick<Clock, 'monotonic'>
  readonly diagnostics: Diagnostics
  /** How long after a write of this process the primary answers, in milliseconds. */
  readonly replicaLagMs: number
}

/** One replica. */
interface Replica {
  readonly open: () => SqlDriver | Promise<SqlDriver>
  readonly isOwner: boolean
  opened: Promise<SqlDriver> | null
  /** Not asked before this moment of the clock. */
  downUntil: number
}

/** How long one that failed is left alone, in milliseconds. */
const downMs = 5000
/** What the primary may answer in its place: the replica is away, busy, or behind. */
const retryable = new Set(['SQL_CONNECTION', 'SQL_CLOSED', 'SQL_BUSY', 'SQL_READ_ONLY', 'SQL_SERIALIZATION'])
const maxKnown = 1000

/** Makes the replicas of one database; none is opened before it is picked. */
export function createReplicas(options: ReplicaOptions): Replicas {
  const { clock, diagnostics, replicaLagMs } = options
  const replicas: Replica[] = options.replicas.map((one) => ({
    open: typeof one === 'function' ? one : (): SqlDriver => one,
    isOwner: typeof one === 'function',
    opened: null,
    downUntil: -Infinity,
  }))
  const byDriver = new Map<SqlDriver, Replica>()
  const known = new Map<string, boolean>()
  let turn = 0
  let isClosed = false
  let lastWrite = -Infinity

  function isRead(statement: string, dialect: SqlDialect): boolean {
    const remembered = known.get(statement)
    if (remembered !== undefined) return remembered
    const answer = isPlainRead(statement, dialect)
    if (known.size >= maxKnown) known.clear()
    known.set(statement, answer)
    return answer
  }

  function report(error: unknown): void {
    const code = isRockstarError(error) ? error.code : 'SQL_UNKNOWN'
    diagnostics.emit({
      kind: 'database.replica-down',
      level: 'warn',
      message: `A replica failed with ${code}; the primary answers for ${downMs} ms`,
      error,
      fields: { code },
    })
  }

  async function driverOf(replica: Replica): Promise<SqlDriver> {
    replica.opened ??= (async () => replica.open())()
    try {
      const driver = await replica.opened
      byDriver.set(driver, replica)
      return driver
    } catch (error) {
      replica.opened = null
      throw error
    }
  }

  return {
    async pick(statement, dialect): Promise<SqlDriver | null> {
      if (isClosed || clock.monotonic() - lastWrite < replicaLagMs || !isRead(statement, dialect)) return null
      const up = replicas.filter(({ downUntil }) => downUntil <= clock.monotonic())
      const replica = up[turn++ % Math.max(up.length, 1)]
      if (replica === undefined) return null
      try {
        return await driverOf(replica)
      } catch (error) {
        replica.downUntil = clock.monotonic() + downMs
        report(error)
        return null
      }
    },
    mayRetry(driver, error): boolean {
      if (!isRockstarError(error) || !retryable.has(error.code)) return false
      const replica = byDriver.get(driver)
      if (replica !== undefined && error.code !== 'SQL_READ_ONLY') {
        replica.downUntil = clock.monotonic() + downMs
        report(error)
      }
      return true
    },
    noteWrite(): void {
      lastWrite = clock.monotonic()
    },
    drivers: () =>
      Promise.all(
        replicas.map((replica) =>
          driverOf(replica).catch((error: unknown) =>
            error instanceof Error ? error : new Error(String(error)),
          ),
        ),
      ),
    async close(): Promise<void> {
      isClosed = true
      for (const { isOwner, opened } of replicas) {
        if (isOwner) await (await opened?.catch(() => null))?.close()
      }
    },
  }
}
