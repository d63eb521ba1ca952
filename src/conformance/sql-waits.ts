import type { SqlDriver } from '../stores/contract.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { ConformanceCase, SqlSubject } from './contract.ts'
import { addItem, createTables, itemNames, slowStatements } from './sql-schema.ts'

/** Cases about waits: aborts, timeouts, streams and the end. */
export const sqlWaitCases: readonly ConformanceCase<SqlSubject>[] = [
  ...abortCases(),
  ...timeoutCases(),
  ...streamCases(),
  ...closeCases(),
]

function abortCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: 'a signal that is aborted already keeps a statement from running',
      async run({ driver }) {
        await createTables(driver)
        const signal = AbortSignal.abort(new Error('gone'))
        const insert = "insert into conformance_items (name) values ('a')"
        const error = await assertRejects(() => driver.query(insert, {}, { signal }), 'SQL_ABORTED')
        assertTrue(error.cause === signal.reason, 'the reason to be the cause')
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'a signal that is aborted already keeps a batch and a transaction from running',
      needs: ['batch', 'transaction'],
      async run({ driver }) {
        await createTables(driver)
        const options = { signal: AbortSignal.abort() }
        const insert = "insert into conformance_items (name) values ('a')"
        await assertRejects(() => driver.batch([{ sql: insert }], options), 'SQL_ABORTED')
        await assertRejects(() => driver.transaction((tx) => addItem(tx, 'b'), options), 'SQL_ABORTED')
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'an abort undoes a transaction that waits for its own code',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        const abort = new AbortController()
        const work = (): Promise<void> =>
          driver.transaction(
            async (tx) => {
              await addItem(tx, 'a')
              abort.abort()
              await new Promise(() => undefined)
            },
            { signal: abort.signal },
          )
        await assertRejects(work, 'SQL_ABORTED')
        await addItem(driver, 'b')
        assertEqual(await itemNames(driver), ['b'], 'the names')
      },
    },
    {
      name: 'an abort ends the wait for a lock that another transaction holds',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'a', 1)
        const update = 'update conformance_items set n = n + 1'
        await driver.transaction(async (tx) => {
          await tx.query(update)
          const abort = new AbortController()
          const waiting = driver.query(update, {}, { signal: abort.signal })
          const outcome = assertRejects(() => waiting, 'SQL_ABORTED')
          abort.abort()
          await outcome
        })
        // What cannot be cancelled may still have taken effect once the lock was free.
        const { rows } = await driver.query('select n from conformance_items')
        const n = Number(rows[0]?.['n'])
        assertTrue(n === 2 || (n === 3 && !driver.capabilities.has('cancel')), 'the counter to be 2')
      },
    },
    {
      name: 'an abort stops a statement that runs',
      needs: ['cancel'],
      async run({ driver }) {
        await assertStops(driver, (abort) => abort.abort(), 'SQL_ABORTED')
      },
    },
    {
      name: 'a timeout stops a statement that runs',
      needs: ['cancel'],
      async run({ driver }) {
        const slow = slowStatements[driver.dialect]
        await assertRejects(() => driver.query(slow, {}, { timeoutMs: 100 }), 'SQL_TIMEOUT')
        assertEqual((await driver.query('select 1 as a')).rows, [{ a: 1 }], 'the next answer')
      },
    },
  ]
}

/** The statement must end, and the driver must answer the next one, long before the half minute is over. */
async function assertStops(
  driver: SqlDriver,
  stop: (abort: AbortController) => void,
  code: string,
): Promise<void> {
  const abort = new AbortController()
  const slow = driver.query(slowStatements[driver.dialect], {}, { signal: abort.signal })
  const outcome = assertRejects(() => slow, code)
  setTimeout(stop, 100, abort)
  await outcome
  assertEqual(
    (await driver.query('select 1 as a', {}, { timeoutMs: 5_000 })).rows,
    [{ a: 1 }],
    'the next answer',
  )
}

function timeoutCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: 'a transaction that is never done is undone at its bound, and blocks nobody afterwards',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        const forgotten = driver.transaction(
          async (tx) => {
            await addItem(tx, 'a')
            await new Promise(() => undefined)
          },
          { timeoutMs: 50 },
        )
        const outcome = assertRejects(() => forgotten, 'SQL_TIMEOUT')
        await addItem(driver, 'b')
        await outcome
        assertEqual(await itemNames(driver), ['b'], 'the names')
      },
    },
    {
      name: 'a transaction that goes on after its bound can write no more',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        let goOn = (): void => undefined
        let late: Promise<unknown> = Promise.resolve()
        const forgotten = driver.transaction(
          (tx) => {
            late = new Promise<void>((resolve) => (goOn = resolve)).then(() => addItem(tx, 'late'))
            return late
          },
          { timeoutMs: 20 },
        )
        await assertRejects(() => forgotten, 'SQL_TIMEOUT')
        goOn()
        await assertRejects(() => late, 'SQL_TIMEOUT', 'SQL_TRANSACTION_STATE')
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'a wait for a lock ends at the bound of the statement',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'a', 1)
        const update = 'update conformance_items set n = n + 1'
        await driver.transaction(async (tx) => {
          await tx.query(update)
          await assertRejects(() => driver.query(update, {}, { timeoutMs: 50 }), 'SQL_TIMEOUT')
        })
      },
    },
  ]
}

function streamCases(): readonly ConformanceCase<SqlSubject>[] {
  const count = 20_000
  return [
    {
      name: 'a stream gives every row in order',
      needs: ['stream'],
      async run({ driver }) {
        await fillMany(driver, count)
        let expected = 1
        for await (const row of driver.stream('select n from conformance_items where n <= :n order by n', {
          n: count,
        })) {
          assertEqual(row['n'], expected, 'the next row')
          expected += 1
        }
        assertEqual(expected, count + 1, 'the end')
      },
      async refuses({ driver }) {
        const rows = driver.stream('select 1 as a')
        await assertRejects(() => rows[Symbol.asyncIterator]().next(), 'STORE_UNSUPPORTED')
      },
    },
    {
      name: 'leaving a stream early frees its connection',
      needs: ['stream'],
      async run({ driver }) {
        await fillMany(driver, count)
        for (let round = 0; round < 50; round += 1) {
          for await (const row of driver.stream('select n from conformance_items order by n')) {
            assertEqual(row['n'], 1, 'the first row')
            break
          }
        }
        await driver.query('delete from conformance_items', {}, { timeoutMs: 5_000 })
        assertEqual(await itemNames(driver), [], 'the names')
      },
    },
    {
      name: 'the first read of a stream rejects for a malformed statement',
      needs: ['stream'],
      async run({ driver }) {
        const rows = driver.stream('selec 1')
        await assertRejects(() => rows[Symbol.asyncIterator]().next(), 'SQL_SYNTAX')
      },
    },
    {
      name: 'an abort ends a stream',
      needs: ['stream'],
      async run({ driver }) {
        await fillMany(driver, count)
        const abort = new AbortController()
        const read = async (): Promise<void> => {
          for await (const row of driver.stream(
            'select n from conformance_items',
            {},
            { signal: abort.signal },
          )) {
            if (row['n'] !== null) abort.abort()
          }
        }
        await assertRejects(read, 'SQL_ABORTED')
      },
    },
  ]
}

/** Items numbered from 1, made by doubling. */
async function fillMany(driver: SqlDriver, count: number): Promise<void> {
  await createTables(driver)
  await addItem(driver, 'item 1', 1)
  const name =
    driver.dialect === 'mysql' || driver.dialect === 'mssql'
      ? "concat('item ', n + :have)"
      : "'item ' || (n + :have)"
  for (let have = 1; have < count; have *= 2) {
    const sql = `insert into conformance_items (name, n) select ${name}, n + :have from conformance_items where n + :have <= :count`
    await driver.query(sql, { have, count })
  }
}

function closeCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: 'a closed driver refuses everything',
      async run({ driver }) {
        await driver.close()
        await assertRejects(() => driver.query('select 1 as a'), 'SQL_CLOSED')
        await assertRejects(() => driver.batch([{ sql: 'select 1 as a' }]), 'SQL_CLOSED', 'STORE_UNSUPPORTED')
        await assertRejects(() => driver.transaction(async () => 1), 'SQL_CLOSED', 'STORE_UNSUPPORTED')
        const rows = driver.stream('select 1 as a')
        await assertRejects(() => rows[Symbol.asyncIterator]().next(), 'SQL_CLOSED', 'STORE_UNSUPPORTED')
      },
    },
    {
      name: 'closing twice is closing once',
      async run({ driver }) {
        await Promise.all([driver.close(), driver.close()])
        await driver.close()
        await assertRejects(() => driver.query('select 1 as a'), 'SQL_CLOSED')
      },
    },
    {
      name: 'closing lets a transaction end that runs',
      needs: ['transaction'],
      async run({ driver }) {
        await createTables(driver)
        let closing: Promise<void> = Promise.resolve()
        const rows = await driver.transaction(async (tx) => {
          await addItem(tx, 'a')
          closing = driver.close()
          return itemNames(tx)
        })
        await closing
        assertEqual(rows, ['a'], 'the names inside')
      },
    },
  ]
}
