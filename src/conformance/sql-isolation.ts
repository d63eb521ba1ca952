import { isRockstarError } from '../errors/index.ts'
import type { SqlDriver } from '../stores/contract.ts'
import { assertEqual, assertRejects } from './assert.ts'
import type { ConformanceCase, SqlSubject } from './contract.ts'
import { addItem, createTables, itemNames } from './sql-schema.ts'

/** Cases about batches and about what others see: all or nothing, and nobody sees the half. */
export const sqlIsolationCases: readonly ConformanceCase<SqlSubject>[] = [
  ...batchCases(),
  ...isolationCases(),
]

function batchCases(): readonly ConformanceCase<SqlSubject>[] {
  const insert = 'insert into conformance_items (name) values (:name)'
  return [
    {
      name: 'a batch gives the results of its statements in order',
      needs: ['batch'],
      async run({ driver }) {
        await createTables(driver)
        const results = await driver.batch([
          { sql: insert, params: { name: 'a' } },
          { sql: 'select name from conformance_items' },
          { sql: insert, params: { name: 'b' } },
        ])
        assertEqual(
          results.map((result) => result.changes),
          [1, 0, 1],
          'changes',
        )
        assertEqual(results[1]?.rows, [{ name: 'a' }], 'rows of the second')
      },
      async refuses({ driver }) {
        await assertRejects(() => driver.batch([{ sql: 'select 1 as a' }]), 'STORE_UNSUPPORTED')
      },
    },
    {
      name: 'a batch of which a statement fails leaves nothing, and tells which one it was',
      needs: ['batch'],
      async run({ driver }) {
        await createTables(driver)
        const names = ['a', 'b', 'a', 'c']
        const work = (): Promise<unknown> =>
          driver.batch(names.map((name) => ({ sql: insert, params: { name } })))
        const error = await assertRejects(work, 'SQL_UNIQUE')
        assertEqual(isRockstarError(error) ? error.details?.['index'] : null, 2, 'its place in the batch')
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'an empty batch gives no results',
      needs: ['batch'],
      async run({ driver }) {
        assertEqual(await driver.batch([]), [], 'the results')
      },
    },
  ]
}

function isolationCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: '50 transactions that count up at once lose nothing',
      needs: ['transaction', 'isolation'],
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'counter', 0)
        await Promise.all(Array.from({ length: 50 }, () => countUp(driver)))
        const { rows } = await driver.query('select n from conformance_items')
        assertEqual(rows, [{ n: 50 }], 'the counter')
      },
    },
    {
      name: '50 statements that count up at once lose nothing',
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'counter', 0)
        const increment = 'update conformance_items set n = n + 1'
        await Promise.all(Array.from({ length: 50 }, () => driver.query(increment)))
        const { rows } = await driver.query('select n from conformance_items')
        assertEqual(rows, [{ n: 50 }], 'the counter')
      },
    },
    {
      name: 'nobody sees what a transaction has not committed',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        let outside: Promise<readonly unknown[]> = Promise.resolve([])
        await driver
          .transaction(async (tx) => {
            await addItem(tx, 'a')
            // Not awaited in here: a store with one connection answers when the transaction has ended.
            outside = itemNames(driver)
            await itemNames(tx)
            throw new Error('undo')
          })
          .catch(() => undefined)
        assertEqual(await outside, [], 'the names outside')
      },
    },
    {
      name: 'a read is answered beside a transaction that has written',
      needs: ['transaction', 'concurrent-reads'],
      async run({ driver }) {
        await createTables(driver)
        await driver.transaction(async (tx) => {
          await addItem(tx, 'a')
          const { rows } = await driver.query('select name from conformance_items', {}, { timeoutMs: 2_000 })
          assertEqual(rows, [], 'the rows outside')
        })
      },
    },
    {
      name: 'a serializable transaction that only reads sees one state',
      needs: ['transaction', 'isolation', 'concurrent-reads'],
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'a')
        await driver.transaction(
          async (tx) => {
            await itemNames(tx)
            await addItem(driver, 'b')
            assertEqual(await itemNames(tx), ['a'], 'the names inside')
          },
          { readOnly: true, isolation: 'serializable' },
        )
        assertEqual(await itemNames(driver), ['a', 'b'], 'the names afterwards')
      },
    },
  ]
}

/** Reads, then writes. An engine may end one of two such transactions: then it begins anew. */
async function countUp(driver: SqlDriver): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      await driver.transaction(
        async (tx) => {
          const { rows } = await tx.query("select n from conformance_items where name = 'counter'")
          const n = Number(rows[0]?.['n']) + 1
          await tx.query("update conformance_items set n = :n where name = 'counter'", { n })
        },
        { isolation: 'serializable' },
      )
      return
    } catch (error) {
      const code = isRockstarError(error) ? error.code : ''
      if (code !== 'SQL_SERIALIZATION' && code !== 'SQL_DEADLOCK') throw error
    }
  }
  throw new Error('Expected one of 200 attempts to commit, but none did')
}
