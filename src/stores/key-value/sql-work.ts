import { isRockstarError } from '../../errors/index.ts'
import type { SqlDriver, SqlOptions, SqlParameters, SqlResult } from '../contract.ts'
import { timeoutError } from './error.ts'
import type { KeyValueStatements } from './sql-statements.ts'
import type { Wait, WaitOptions } from './wait.ts'

/** What one call does in the database. Parameters may be more than a statement names. */
export interface SqlWork {
  query(text: string, params: SqlParameters): Promise<SqlResult>
  /** Runs one statement, or several as one. */
  all(texts: readonly string[], params: SqlParameters): Promise<readonly SqlResult[]>
  /** Now and then deletes some of what has ended. Never rejects: the work itself is done. */
  sweep(): Promise<void>
}

/** What the work of a store needs. */
export interface SqlWorkOptions {
  readonly texts: KeyValueStatements
  readonly createTable: boolean
  readonly now: () => number
}

/** Begins the work of one call, once the table is there. */
export type BeginWork = (wait: Wait, bounds: WaitOptions) => Promise<SqlWork>

const writesPerSweep = 64
const maxTries = 10

/** Codes of an engine that ended one of two transactions: the other one is through, so trying again helps. */
const lostRaces: ReadonlySet<string> = new Set(['SQL_DEADLOCK', 'SQL_SERIALIZATION'])

/** Makes the way of a store to its database. */
export function createSqlWork(driver: SqlDriver, options: SqlWorkOptions): BeginWork {
  const { texts, now } = options
  let creating: Promise<void> | null = options.createTable ? null : Promise.resolve()
  let writes = 0

  async function create(): Promise<void> {
    for (const text of texts.create) {
      // Two processes that create a table at once may meet in the engine's own catalogue; then it is there.
      await driver.query(text).catch(() => driver.query(text))
    }
  }

  return async (wait, bounds) => {
    // Not bound to this caller: others may wait for the same. One that failed is tried again by the next call.
    creating ??= create().catch((error: unknown) => {
      creating = null
      throw error
    })
    await creating
    wait.check()
    const { timeoutMs } = bounds
    const given: SqlOptions = { signal: wait.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }

    async function attempt<Value>(run: () => Promise<Value>): Promise<Value> {
      for (let tries = 1; ; tries += 1) {
        try {
          return await run()
        } catch (error) {
          const code = isRockstarError(error) ? error.code : ''
          if (code === 'SQL_TIMEOUT' && bounds.timeoutMs !== undefined)
            throw timeoutError('sql', bounds.timeoutMs)
          if (tries >= maxTries || !lostRaces.has(code)) throw error
          wait.check()
        }
      }
    }

    return {
      query: (text, params) => attempt(() => driver.query(text, pick(text, params), given)),
      async all(parts, params) {
        const [text] = parts
        if (parts.length === 1 && text !== undefined) {
          return [await attempt(() => driver.query(text, pick(text, params), given))]
        }
        const batch = parts.map((sql) => ({ sql, params: pick(sql, params) }))
        return attempt(() => driver.batch(batch, given))
      },
      async sweep() {
        writes += 1
        if (writes % writesPerSweep !== 0) return
        await driver.query(texts.sweep, { now: now() }, given).catch(() => undefined)
      },
    }
  }
}

/** The parameters that a statement names: a driver refuses others. */
function pick(text: string, params: SqlParameters): SqlParameters {
  const names = Array.from(text.matchAll(/:([a-z0-9_]+)/g), ([, name = '']) => name)
  return Object.fromEntries(names.flatMap((name) => (name in params ? [[name, params[name] ?? null]] : [])))
}
