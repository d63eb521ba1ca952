import type { SqlSession } from '../stores/contract.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { ConformanceCase, SqlSubject } from './contract.ts'
import { addItem, createTables, itemNames } from './sql-schema.ts'

/** Lets a nested transaction go on after its outer one has rejected, while the next one is open. */
const lateNestedCase: ConformanceCase<SqlSubject> = {
  name: 'a nested transaction that was not awaited cannot write into the next transaction',
  needs: ['savepoint'],
  async run({ driver }) {
    await createTables(driver)
    let goOn = (): void => undefined
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    let late: Promise<unknown> = Promise.resolve()
    const outer = driver.transaction((tx) => {
      late = tx.transaction(async (inner) => {
        await gate
        await addItem(inner, 'late')
      })
      return Promise.reject(new Error('undo'))
    })
    await outer.catch(() => undefined)
    await driver.transaction(async (tx) => {
      await addItem(tx, 'next')
      goOn()
      await assertRejects(() => late, 'SQL_TRANSACTION_STATE')
    })
    assertEqual(await itemNames(driver), ['next'], 'the names')
  },
}

/** Cases about transactions: all or nothing. */
export const sqlTransactionCases: readonly ConformanceCase<SqlSubject>[] = [
  ...transactionCases(),
  ...savepointCases(),
  lateNestedCase,
]

function transactionCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: 'a transaction that resolves is kept, and gives its result',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        const result = await driver.transaction(async (tx) => {
          await addItem(tx, 'a')
          await addItem(tx, 'b')
          return 7
        })
        assertEqual(result, 7, 'the result')
        assertEqual(await itemNames(driver), ['a', 'b'], 'the names')
      },
      async refuses({ driver }) {
        await assertRejects(() => driver.transaction(async () => 1), 'STORE_UNSUPPORTED')
      },
    },
    {
      name: 'a transaction that rejects is undone, and rejects with the same error',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        const mine = new Error('mine')
        const outcome = await driver
          .transaction(async (tx) => {
            await addItem(tx, 'a')
            throw mine
          })
          .catch((error: unknown) => error)
        assertTrue(outcome === mine, 'the error to be the same one')
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'a transaction sees what it wrote',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        await driver.transaction(async (tx) => {
          await addItem(tx, 'a')
          assertEqual(await itemNames(tx), ['a'], 'the names inside')
        })
      },
    },
    {
      name: 'a statement that fails undoes its transaction, even if its error is caught',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        const work = (): Promise<void> =>
          driver.transaction(async (tx) => {
            await addItem(tx, 'a')
            await addItem(tx, 'a').catch(() => undefined)
          })
        await assertRejects(work, 'SQL_TRANSACTION_STATE')
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'a transaction that has ended refuses statements',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        const late = await driver.transaction(async (tx) => ({ tx }))
        await assertRejects(() => addItem(late.tx, 'late'), 'SQL_TRANSACTION_STATE')
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'a read-only transaction reads and refuses to write',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'a')
        const names = await driver.transaction(itemNames, { readOnly: true })
        assertEqual(names, ['a'], 'the names')
        await assertRejects(
          () => driver.transaction((tx) => addItem(tx, 'b'), { readOnly: true }),
          'SQL_READ_ONLY',
        )
        assertEqual(await itemNames(driver), ['a'], 'the names afterwards')
      },
    },
    {
      name: 'a table made in a transaction is undone with it',
      needs: ['transaction', 'transactional-ddl'],
      async run({ driver }) {
        await driver.query('drop table if exists conformance_made')
        await driver
          .transaction(async (tx) => {
            await tx.query('create table conformance_made (a integer)')
            throw new Error('undo')
          })
          .catch(() => undefined)
        await assertRejects(() => driver.query('select a from conformance_made'), 'SQL_SYNTAX')
      },
    },
  ]
}

function savepointCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: 'a nested transaction that rejects undoes only itself',
      needs: ['savepoint'],
      async run({ driver }) {
        await createTables(driver)
        await driver.transaction(async (tx) => {
          await addItem(tx, 'a')
          await assertRejects(() => tx.transaction((inner) => addItem(inner, 'a')), 'SQL_UNIQUE')
          await addItem(tx, 'b')
        })
        assertEqual(await itemNames(driver), ['a', 'b'], 'the names')
      },
      async refuses({ driver }) {
        if (!driver.capabilities.has('transaction')) return
        await assertRejects(
          () => driver.transaction((tx) => tx.transaction(async () => 1)),
          'STORE_UNSUPPORTED',
        )
      },
    },
    {
      name: 'nested transactions that resolve are kept with the outer one, and undone with it',
      needs: ['savepoint'],
      async run({ driver }) {
        await createTables(driver)
        const nest = (tx: SqlSession, name: string): Promise<void> =>
          tx.transaction((one) => one.transaction((two) => addItem(two, name)))
        await driver.transaction((tx) => nest(tx, 'kept'))
        const undone = driver.transaction(async (tx) => {
          await nest(tx, 'undone')
          throw new Error('undo')
        })
        await undone.catch(() => undefined)
        assertEqual(await itemNames(driver), ['kept'], 'the names')
      },
    },
    {
      name: 'the outer transaction refuses statements while a nested one runs',
      needs: ['savepoint'],
      async run({ driver }) {
        await createTables(driver)
        await driver.transaction((tx) =>
          tx.transaction(async () => {
            await assertRejects(() => addItem(tx, 'a'), 'SQL_TRANSACTION_STATE')
          }),
        )
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
  ]
}
