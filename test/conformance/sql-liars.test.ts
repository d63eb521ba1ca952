import { describe, expect, it } from 'vitest'
import { runConformanceCase, sqlDriverSuite } from '../../src/conformance/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { SqlCapability, SqlDriver, SqlSession } from '../../src/stores/contract.ts'
import { openMemory } from '../database/open.ts'

type Lie = (honest: SqlDriver) => Partial<SqlDriver>

const all: readonly SqlCapability[] = ['stream', 'cancel', 'concurrent-reads']

/** What is wrong with a driver, how it is made so, and the case that must fail. */
const lies: readonly (readonly [what: string, lie: Lie, caughtBy: string])[] = [
  [
    'a batch that is not atomic',
    (honest) => ({
      async batch(statements) {
        const results = []
        for (const { sql, params } of statements) results.push(await honest.query(sql, params))
        return results
      },
    }),
    'a batch of which a statement fails leaves nothing, and tells which one it was',
  ],
  [
    'a transaction that is none',
    (honest) => ({ transaction: (run) => run(honest) }),
    'a transaction that rejects is undone, and rejects with the same error',
  ],
  [
    'a savepoint that is none',
    (honest) => ({
      transaction: (run, options) =>
        honest.transaction((tx) => {
          const flat: SqlSession = Object.create(tx, {
            transaction: { value: (inner: typeof run) => inner(tx) },
          })
          return run(bindSession(flat, tx))
        }, options),
    }),
    'a nested transaction that rejects undoes only itself',
  ],
  [
    'a signal that is not heard',
    (honest) => ({ query: (sql, params) => honest.query(sql, params) }),
    'a signal that is aborted already keeps a statement from running',
  ],
  [
    'a bound of rows that is not kept',
    (honest) => ({
      query: (sql, params, options) => honest.query(sql, params, { ...options, maxRows: 1_000_000 }),
    }),
    'more rows than maxRows are refused',
  ],
  [
    'integers that lose digits',
    (honest) => ({
      async query(sql, params, options) {
        const result = await honest.query(sql, params, options)
        const rows = result.rows.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([key, value]) => [
              key,
              typeof value === 'bigint' ? Number(value) : value,
            ]),
          ),
        )
        return { ...result, rows }
      },
    }),
    '2^53+1 comes back as it went',
  ],
  [
    'an error without a code of the set',
    (honest) => ({
      query: (sql, params, options) =>
        honest.query(sql, params, options).catch((error: unknown) => {
          throw new Error('boom', { cause: error })
        }),
    }),
    'a malformed statement is SQL_SYNTAX',
  ],
  [
    'a claim to cancel',
    (honest) => ({
      // Stands for an engine that goes on: the wait never ends.
      query: (sql, params, options) =>
        sql.includes('recursive') ? new Promise(() => undefined) : honest.query(sql, params, options),
    }),
    'a timeout stops a statement that runs',
  ],
  [
    'a claim to stream',
    (honest) => ({
      async *stream(sql, params) {
        yield* (await honest.query(sql, params)).rows
      },
    }),
    'an abort ends a stream',
  ],
  ['a claim to read beside a writer', () => ({}), 'a read is answered beside a transaction that has written'],
  [
    'a close that does not close',
    () => ({ close: () => Promise.resolve() }),
    'a closed driver refuses everything',
  ],
]

describe('sqlDriverSuite', () => {
  it.each(lies)('catches %s', async (_, lie, caughtBy) => {
    const honest = openMemory()
    const driver = wrap(honest, [...honest.capabilities, ...all], lie(honest))
    const found = sqlDriverSuite.cases.find((each) => each.name === caughtBy)
    if (found === undefined) throw new Error(`Expected a case named ${caughtBy}, got none`)
    const bounded = Promise.race([
      runConformanceCase(found, { driver }, driver.capabilities),
      new Promise((_resolve, reject) => setTimeout(reject, 1_000, new Error('the case waits for ever'))),
    ])
    await expect(bounded).rejects.toThrow()
    await honest.close()
  })

  it.each<[SqlCapability, string]>([
    ['batch', 'a batch gives the results of its statements in order'],
    ['transaction', 'a transaction that resolves is kept, and gives its result'],
    ['stream', 'a stream gives every row in order'],
  ])('demands STORE_UNSUPPORTED of a driver without %s', async (capability, name) => {
    const honest = openMemory()
    const refuse = (): never => {
      throw new RockstarError('STORE_UNSUPPORTED', 'Expected another driver')
    }
    const less = [...honest.capabilities].filter((each) => each !== capability)
    const refusing = { batch: async () => refuse(), transaction: async () => refuse() }
    const polite = wrap(honest, less, refusing)
    const weak = wrap(honest, less, { stream: async function* () {} })
    const found = sqlDriverSuite.cases.find((each) => each.name === name)
    if (found === undefined) throw new Error(`Expected a case named ${name}, got none`)
    const outcome = await runConformanceCase(found, { driver: polite }, polite.capabilities)
    expect(outcome).toEqual({ kind: 'refused', missing: [capability] })
    await expect(runConformanceCase(found, { driver: weak }, weak.capabilities)).rejects.toThrow(
      'STORE_UNSUPPORTED',
    )
    await honest.close()
  })

  it('has a name of its own for every case', () => {
    const names = sqlDriverSuite.cases.map((each) => each.name)
    expect(new Set(names).size).toBe(names.length)
  })
})

function wrap(
  honest: SqlDriver,
  capabilities: readonly SqlCapability[],
  parts: Partial<SqlDriver>,
): SqlDriver {
  return {
    name: 'liar',
    dialect: honest.dialect,
    capabilities: new Set(capabilities),
    query: (...args) => honest.query(...args),
    batch: (...args) => honest.batch(...args),
    transaction: (...args) => honest.transaction(...args),
    stream: (...args) => honest.stream(...args),
    close: () => honest.close(),
    ...parts,
  }
}

/** Methods of a session, bound: its private parts do not go over a prototype. */
function bindSession(flat: SqlSession, tx: SqlSession): SqlSession {
  return {
    dialect: tx.dialect,
    capabilities: tx.capabilities,
    query: (...args) => tx.query(...args),
    batch: (...args) => tx.batch(...args),
    stream: (...args) => tx.stream(...args),
    transaction: flat.transaction,
  }
}
