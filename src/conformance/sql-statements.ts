import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { ConformanceCase, SqlSubject } from './contract.ts'
import { addItem, createTables, itemNames } from './sql-schema.ts'

/** Cases about single statements: what they take, what they give, how they fail. */
export const sqlStatementCases: readonly ConformanceCase<SqlSubject>[] = [
  {
    name: 'rows are inserted, read, updated and deleted',
    async run({ driver }) {
      await createTables(driver)
      const inserted = await driver.query("insert into conformance_items (name, n) values ('a', 1), ('b', 2)")
      assertEqual([inserted.changes, inserted.rows], [2, []], 'changes and rows of the insert')
      const read = await driver.query('select name, n from conformance_items order by name')
      assertEqual(read.columns, ['name', 'n'], 'the columns')
      assertEqual(
        read.rows,
        [
          { name: 'a', n: 1 },
          { name: 'b', n: 2 },
        ],
        'the rows',
      )
      assertEqual(read.changes, 0, 'changes of a read')
      const updated = await driver.query('update conformance_items set n = n + 1')
      assertEqual(updated.changes, 2, 'changes of the update')
      const deleted = await driver.query("delete from conformance_items where name = 'a'")
      assertEqual(deleted.changes, 1, 'changes of the delete')
      assertEqual(await itemNames(driver), ['b'], 'what is left')
    },
  },
  {
    name: 'a change that finds no row changes 0',
    async run({ driver }) {
      await createTables(driver)
      await addItem(driver, 'a')
      const { changes } = await driver.query("update conformance_items set n = 1 where name = 'none'")
      assertEqual(changes, 0, 'changes')
    },
  },
  {
    name: 'a statement that defines a table changes 0',
    async run({ driver }) {
      await createTables(driver)
      await addItem(driver, 'a')
      const { changes, lastId } = await driver.query('drop table conformance_parts')
      assertEqual([changes, lastId], [0, null], 'changes and last id')
    },
  },
  {
    name: 'lastId is the number of the inserted row, and null after anything else',
    needs: ['last-id'],
    async run({ driver }) {
      await createTables(driver)
      const insert = await driver.query("insert into conformance_items (id, name) values (41, 'a')")
      assertEqual(insert.lastId, 41, 'lastId of an insert')
      const update = await driver.query('update conformance_items set n = 1')
      assertEqual(update.lastId, null, 'lastId of an update')
      const read = await driver.query('select id from conformance_items')
      assertEqual(read.lastId, null, 'lastId of a read')
    },
  },
  {
    name: 'returning gives the rows that changed, and counts them',
    needs: ['returning'],
    async run({ driver }) {
      await createTables(driver)
      const { rows, changes } = await driver.query(
        "insert into conformance_items (name, n) values ('a', 1), ('b', 2) returning name",
      )
      assertEqual(rows, [{ name: 'a' }, { name: 'b' }], 'the rows')
      assertEqual(changes, 2, 'changes')
    },
  },
  {
    name: 'of two columns with one name the later one is there',
    async run({ driver }) {
      const { rows } = await driver.query('select 1 as a, 2 as a')
      assertEqual(rows, [{ a: 2 }], 'the row')
    },
  },
  {
    name: 'a column named __proto__ is a column',
    async run({ driver }) {
      const quote = driver.dialect === 'mysql' ? '`' : '"'
      const { rows } = await driver.query(`select 1 as ${quote}__proto__${quote}`)
      const row = rows[0] ?? {}
      assertTrue(Object.hasOwn(row, '__proto__'), 'the column to be there')
      assertTrue(Object.getPrototypeOf(row) === Object.prototype, 'the prototype to be untouched')
    },
  },
  {
    name: 'more rows than maxRows are refused',
    async run({ driver }) {
      const sql = 'select 1 as a union all select 2 union all select 3'
      assertEqual((await driver.query(sql, {}, { maxRows: 3 })).rows.length, 3, 'rows at the bound')
      await assertRejects(() => driver.query(sql, {}, { maxRows: 2 }), 'SQL_RESULT')
    },
  },
  ...parameterCases(),
  ...failureCases(),
]

function parameterCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: 'a parameter may stand more than once',
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'a', 1)
        await addItem(driver, 'b', 2)
        const sql =
          'select name from conformance_items where n = :n or (n > :low and n <> :n) order by :n, name'
        const { rows } = await driver.query(sql.replace('order by :n, name', 'order by name'), {
          low: 1,
          n: 1,
        })
        assertEqual(rows, [{ name: 'a' }, { name: 'b' }], 'the rows')
      },
    },
    {
      name: 'a missing parameter is refused',
      async run({ driver }) {
        await createTables(driver)
        const sql = 'select name from conformance_items where n = :n and name = :name'
        await assertRejects(() => driver.query(sql, { n: 1 }), 'SQL_PARAMETER')
        await assertRejects(() => driver.query(sql), 'SQL_PARAMETER')
      },
    },
    {
      name: 'a parameter of the prototype is missing',
      async run({ driver }) {
        await createTables(driver)
        const sql = 'select name from conformance_items where name = :toString'
        await assertRejects(() => driver.query(sql, {}), 'SQL_PARAMETER')
      },
    },
    {
      name: 'an unknown parameter is refused',
      async run({ driver }) {
        await createTables(driver)
        const sql = 'select name from conformance_items where n = :n'
        await assertRejects(() => driver.query(sql, { n: 1, m: 2 }), 'SQL_PARAMETER')
      },
    },
    {
      name: 'what looks like a parameter in strings, comments and quoted names is none',
      async run({ driver }) {
        const quote = driver.dialect === 'mysql' ? '`' : '"'
        const sql = `/* :a ' */ select ':b' as ${quote}:c${quote}, 'it''s :d' as e -- :f`
        const { rows } = await driver.query(sql)
        assertEqual(rows, [{ ':c': ':b', e: "it's :d" }], 'the row')
      },
    },
    {
      name: 'SQL in a parameter is data',
      async run({ driver }) {
        await createTables(driver)
        const name = "x'); drop table conformance_items; --"
        await addItem(driver, name)
        assertEqual(await itemNames(driver), [name], 'the names')
      },
    },
    {
      name: 'a second statement behind the first is refused, and neither runs',
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'a')
        const sql = 'delete from conformance_items; delete from conformance_parts'
        await assertRejects(() => driver.query(sql), 'SQL_SYNTAX')
        assertEqual(await itemNames(driver), ['a'], 'the names')
      },
    },
    {
      name: 'commands that begin and end transactions are refused',
      async run({ driver }) {
        await assertRejects(() => driver.query('begin'), 'SQL_TRANSACTION_STATE')
        await assertRejects(() => driver.query('/* x */ COMMIT'), 'SQL_TRANSACTION_STATE')
        await assertRejects(() => driver.query('rollback;'), 'SQL_TRANSACTION_STATE')
      },
    },
  ]
}

function failureCases(): readonly ConformanceCase<SqlSubject>[] {
  return [
    {
      name: 'a second row with the same unique value is SQL_UNIQUE, with its cause',
      async run({ driver }) {
        await createTables(driver)
        await addItem(driver, 'secret-name')
        const error = await assertRejects(() => addItem(driver, 'secret-name'), 'SQL_UNIQUE')
        assertTrue(error.cause instanceof Error, 'the engine’s error to be the cause')
        assertTrue(!error.message.includes('secret-name'), 'the message to hold no value')
        assertTrue(!error.message.includes('conformance_items'), 'the message to hold no SQL')
      },
    },
    {
      name: 'a row that points nowhere is SQL_FOREIGN_KEY',
      async run({ driver }) {
        await createTables(driver)
        const insert = 'insert into conformance_parts (item_id) values (:id)'
        await assertRejects(() => driver.query(insert, { id: 77 }), 'SQL_FOREIGN_KEY')
      },
    },
    {
      name: 'a missing value is SQL_NOT_NULL',
      async run({ driver }) {
        await createTables(driver)
        const insert = 'insert into conformance_items (name) values (:name)'
        await assertRejects(() => driver.query(insert, { name: null }), 'SQL_NOT_NULL')
      },
    },
    {
      name: 'a value that breaks a check is SQL_CHECK',
      async run({ driver }) {
        await createTables(driver)
        const insert = "insert into conformance_items (name, n) values ('a', :n)"
        await assertRejects(() => driver.query(insert, { n: 2_000_000_000_000_000_000n }), 'SQL_CHECK')
      },
    },
    {
      name: 'a malformed statement is SQL_SYNTAX',
      async run({ driver }) {
        await assertRejects(() => driver.query('selec 1'), 'SQL_SYNTAX')
      },
    },
    {
      name: 'a table that does not exist is SQL_SYNTAX',
      async run({ driver }) {
        await assertRejects(() => driver.query('select x from conformance_none'), 'SQL_SYNTAX')
      },
    },
    {
      name: 'no statement is SQL_SYNTAX',
      async run({ driver }) {
        await assertRejects(() => driver.query(' -- nothing\n ;'), 'SQL_SYNTAX')
      },
    },
  ]
}
