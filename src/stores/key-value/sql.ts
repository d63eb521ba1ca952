import type { SqlDriver, SqlRow } from '../contract.ts'
import {
  checkKeyCount,
  checkStep,
  defaultMaxValueBytes,
  encodeKey,
  encodeValue,
  longestKeyBytes,
  parseCounter,
  readKeyCursor,
  readListOptions,
  readTtl,
  refuse,
} from './check.ts'
import type { KeyValueLimits, KeyValueOptions, KeyValueStore } from './contract.ts'
import { counterError, unsupportedError } from './error.ts'
import { capabilitiesOf, endOfPrefix, keyOf, rowAfter, rowOf, sumAfter, valueOf } from './sql-rows.ts'
import { keyValueStatements, listStatement, selectStatement } from './sql-statements.ts'
import { createSqlWork, type SqlWork } from './sql-work.ts'
import { createWaits } from './wait.ts'

/** Options of `sqlKeyValue`. */
export interface SqlKeyValueOptions {
  /** Makes the table on first use, if it is not there. False where the application may not: see `keyValueTable`. Default: true. */
  readonly createTable?: boolean
  /** Largest value in bytes, 1 to 2^29. Default: 1 MiB. */
  readonly maxValueBytes?: number
  /** The time, in milliseconds since the Unix epoch. Default: the runtime's. */
  readonly now?: () => number
}

const name = 'sql'
/** How many keys one statement reads: engines bound the parameters of a statement, D1 to 100. */
const keysPerStatement = 50
/** How many rows a list asks for, so that few texts of statements are needed. */
const listCounts = [11, 101, 1001] as const

/**
 * Makes a store over a SQL database: SQLite, PostgreSQL, MySQL or MariaDB, in the table `rockstar_key_values`. Another
 * dialect is `STORE_UNSUPPORTED`. The driver is handed in; whoever opened it closes it.
 *
 * - Ends are counted by the clock of whoever asks: processes that share it keep their time in step.
 * - What has ended is deleted, some of it at a time, by every 64th write.
 * - An operation that lost against another one because of the engine's own locks is tried again, at most ten times.
 */
export function sqlKeyValue(driver: SqlDriver, options: SqlKeyValueOptions = {}): KeyValueStore {
  const { maxValueBytes = defaultMaxValueBytes, now = Date.now } = options
  const { dialect } = driver
  if (dialect === 'mssql') {
    throw unsupportedError(name, 'the dialect mssql', 'use SQLite, PostgreSQL or MySQL, or redis')
  }
  if (!(Number.isInteger(maxValueBytes) && maxValueBytes >= 1 && maxValueBytes <= 2 ** 29)) {
    throw new RangeError(`Expected maxValueBytes from 1 to ${2 ** 29}, got ${maxValueBytes}`)
  }
  const texts = keyValueStatements(dialect)
  const limits: KeyValueLimits = { maxKeyBytes: longestKeyBytes, maxValueBytes, minTtlMs: 1, ttlStepMs: 1 }
  const capabilities = capabilitiesOf(driver)
  const waits = createWaits(name)
  const begin = createSqlWork(driver, { texts, createTable: options.createTable ?? true, now })

  function run<Value>(given: KeyValueOptions, work: (sql: SqlWork) => Promise<Value>): Promise<Value> {
    return waits.run(given, async (wait) => work(await begin(wait, given)))
  }
  function endOf(ttlMs: number | undefined): number | null {
    const rounded = readTtl(name, ttlMs, limits)
    return rounded === null ? null : now() + rounded
  }
  async function readAll(
    keys: readonly string[],
    given: KeyValueOptions,
  ): Promise<readonly (Uint8Array<ArrayBuffer> | null)[]> {
    const ids = keys.map((key) => encodeKey(name, key, limits))
    return run(given, async (sql) => {
      const rows: SqlRow[] = []
      for (let start = 0; start < ids.length; start += keysPerStatement) {
        const part = ids.slice(start, start + keysPerStatement)
        const params = Object.fromEntries(part.map((id, index) => [`key${index}`, id]))
        rows.push(...(await sql.query(selectStatement(part.length), { ...params, now: now() })).rows)
      }
      const found = new Map(rows.map((row) => [keyOf(row), valueOf(row)]))
      return keys.map((key) => found.get(key)?.slice() ?? null)
    })
  }

  return {
    name,
    capabilities,
    limits,
    async get(key, given = {}) {
      const [value] = await readAll([key], given)
      return value ?? null
    },
    async getMany(keys, given = {}) {
      checkKeyCount(keys)
      return readAll(keys, given)
    },
    async set(key, value, given = {}) {
      const written = rowOf(
        encodeKey(name, key, limits),
        encodeValue(name, value, maxValueBytes),
        endOf(given.ttlMs),
      )
      await run(given, async (sql) => {
        await sql.query(texts.set, written)
        await sql.sweep()
      })
    },
    async delete(key, given = {}) {
      const params = { key: encodeKey(name, key, limits) }
      await run(given, (sql) => sql.query(texts.remove, params))
    },
    async increment(key, by, given = {}) {
      if (!capabilities.has('increment')) refuse(name, 'increment')
      const refresh = given.refreshTtl === true
      checkStep(by)
      const nowMs = now()
      const params = {
        key: encodeKey(name, key, limits),
        by: by + 0,
        expires_at: endOf(given.ttlMs),
        now: nowMs,
      }
      return run(given, async (sql) => {
        const results = await sql.all(texts.increment[refresh ? 1 : 0], params)
        const after = results.length === 1 ? rowAfter(results[0]) : sumAfter(results[1], params, refresh)
        if (after === null) throw counterError(name)
        await sql.sweep()
        return { value: after.value, ttlMs: after.endMs === null ? null : Math.max(1, after.endMs - nowMs) }
      })
    },
    async compareAndSet(key, expected, next, given = {}) {
      if (!capabilities.has('compare-and-set')) refuse(name, 'compare-and-set')
      const id = encodeKey(name, key, limits)
      const wanted = expected === null ? null : encodeValue(name, expected, maxValueBytes)
      const written =
        next === null ? null : rowOf(id, encodeValue(name, next, maxValueBytes), endOf(given.ttlMs))
      if (wanted === null && written === null) {
        const [value] = await readAll([key], given)
        return (value ?? null) === null
      }
      return run(given, async (sql) => {
        const params = { ...(written ?? { key: id }), now: now() }
        if (wanted === null) {
          const results = await sql.all(texts.add, params)
          await sql.sweep()
          return (results.at(-1)?.changes ?? 0) > 0
        }
        const number = parseCounter(wanted)
        const side = number === null ? 'bytes' : 'number'
        const both = { ...params, ...(number === null ? { expected: wanted } : { expected_number: number }) }
        const text = (written === null ? texts.removeSame : texts.replace)[side]
        if (texts.lockSame === null) return (await sql.query(text, both)).changes > 0
        const [same] = await sql.all([texts.lockSame[side], text], both)
        return (same?.rows.length ?? 0) > 0
      })
    },
    async list(given = {}) {
      const request = readListOptions(name, given, limits)
      const { prefix, limit } = request
      const after = readKeyCursor(name, request, limits)
      const count = listCounts.find((each) => each > limit) ?? listCounts[2]
      const params = {
        from: new TextEncoder().encode(after === null ? prefix : `${after}\0`),
        until: endOfPrefix(prefix),
        now: now(),
      }
      const { rows } = await run(given, (sql) => sql.query(listStatement(count), params))
      const keys = rows.slice(0, limit).map(keyOf)
      return { keys, cursor: rows.length > limit ? (keys.at(-1) ?? null) : null }
    },
    async close() {
      waits.close()
    },
  }
}
