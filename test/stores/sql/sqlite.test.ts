import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SqlDriver } from '../../../src/stores/contract.ts'
import {
  bunSqlite,
  nodeSqlite,
  sqliteDriver,
  type SqliteDatabaseLike,
  type SqliteDriverOptions,
} from '../../../src/stores/sql/sqlite.ts'

let folder = ''
const databases: DatabaseSync[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rockstar-sqlite-'))
})

afterEach(async () => {
  for (const database of databases.splice(0)) if (database.isOpen) database.close()
  await rm(folder, { recursive: true })
})

function openDatabase(path = ':memory:'): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 })
  databases.push(database)
  database.exec('create table if not exists notes (id integer primary key, title text unique)')
  return database
}

function openMemory(options: SqliteDriverOptions = {}): SqlDriver {
  return sqliteDriver(nodeSqlite(openDatabase()), options)
}

/** A driver over a file, and another connection to it that stands for another process. */
function openFile(
  mode: 'wal' | 'delete',
  options: SqliteDriverOptions = {},
): { driver: SqlDriver; other: DatabaseSync } {
  const path = join(folder, 'test.db')
  const database = openDatabase(path)
  database.exec(`pragma journal_mode = ${mode}`)
  return { driver: sqliteDriver(nodeSqlite(database), options), other: openDatabase(path) }
}

const insert = 'insert into notes (title) values (:title)'

async function titles(driver: SqlDriver): Promise<unknown[]> {
  const { rows } = await driver.query('select title from notes order by id')
  return rows.map((row) => row['title'])
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

describe('sqliteDriver() beside another connection', () => {
  it('lets a statement wait for the lock of another one, and the event loop go on', async () => {
    const { driver, other } = openFile('wal')
    other.exec('begin immediate')
    const writing = driver.query(insert, { title: 'mine' })
    await pause(30)
    expect(await titles(driver)).toEqual([])
    other.exec("insert into notes (title) values ('theirs')")
    other.exec('commit')
    await writing
    expect(await titles(driver)).toEqual(['theirs', 'mine'])
  })

  it('lets a batch and a transaction wait for the lock of another one', async () => {
    const { driver, other } = openFile('wal')
    other.exec('begin immediate')
    const batch = driver.batch([{ sql: insert, params: { title: 'a' } }])
    const transaction = driver.transaction((tx) => tx.query(insert, { title: 'b' }))
    await pause(30)
    other.exec('commit')
    await Promise.all([batch, transaction])
    expect(await titles(driver)).toEqual(['a', 'b'])
  })

  it('rejects with SQL_BUSY when the lock does not come in time', async () => {
    const { driver, other } = openFile('wal', { lockTimeoutMs: 40 })
    other.exec('begin immediate')
    await expect(driver.query(insert, { title: 'a' })).rejects.toMatchObject({ code: 'SQL_BUSY' })
    await expect(driver.transaction(async () => 1)).rejects.toMatchObject({ code: 'SQL_BUSY' })
    other.exec('rollback')
    await driver.query(insert, { title: 'b' })
    expect(await titles(driver)).toEqual(['b'])
  })

  it('lets a commit wait for a reader of a file without WAL', async () => {
    const { driver, other } = openFile('delete')
    other.exec('begin')
    other.exec('select * from notes')
    other.prepare('select * from notes').all()
    const writing = driver.transaction((tx) => tx.query(insert, { title: 'a' }))
    await pause(30)
    other.exec('commit')
    await writing
    expect(await titles(driver)).toEqual(['a'])
  })

  it('undoes a transaction whose commit is busy until its bound, and commits nothing later', async () => {
    const { driver, other } = openFile('delete')
    other.exec('begin')
    other.prepare('select * from notes').all()
    const writing = driver.transaction((tx) => tx.query(insert, { title: 'a' }), { timeoutMs: 40 })
    await expect(writing).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
    other.exec('commit')
    // A commit that came late would be that of the next transaction.
    const next = driver.transaction(async (tx) => {
      await tx.query(insert, { title: 'b' })
      await pause(60)
      throw new Error('undo')
    })
    await expect(next).rejects.toThrow('undo')
    expect(await titles(driver)).toEqual([])
  })
})

describe('sqliteDriver() results', () => {
  it('counts no changes of triggers', async () => {
    const driver = openMemory()
    await driver.query('create table log (x)')
    await driver.query(
      'create trigger note_made after insert on notes begin insert into log values (1); insert into log values (2); end',
    )
    expect(await driver.query(insert, { title: 'a' })).toMatchObject({ changes: 1, lastId: 1 })
  })

  it('tells lastId beyond 2^53, and with returning', async () => {
    const driver = openMemory()
    const sql = 'insert into notes (id) values (:id)'
    const id = 2n ** 60n + 1n
    expect(await driver.query(sql, { id })).toMatchObject({ lastId: id })
    const returned = await driver.query(`${sql} returning id`, { id: id + 1n })
    expect(returned).toMatchObject({ lastId: id + 1n, rows: [{ id: id + 1n }], changes: 1 })
  })

  it('tells no lastId for an insert that was ignored', async () => {
    const driver = openMemory()
    await driver.query(insert, { title: 'a' })
    const ignored = await driver.query("insert or ignore into notes (title) values ('a')")
    expect(ignored).toMatchObject({ changes: 0, lastId: null })
  })

  it('sees a new column in a statement that it has prepared before', async () => {
    const driver = openMemory()
    await driver.query(insert, { title: 'a' })
    const all = 'select * from notes'
    await driver.query(all)
    await driver.query('alter table notes add column done boolean default 1')
    expect(await driver.query(all)).toMatchObject({
      columns: ['id', 'title', 'done'],
      rows: [{ id: 1, title: 'a', done: true }],
    })
  })

  it('stores an integer as one, and a float as one, without a column’s help', async () => {
    const driver = openMemory()
    const { rows } = await driver.query('select typeof(:a) as a, typeof(:b) as b, typeof(:c) as c', {
      a: 1,
      b: 1.5,
      c: true,
    })
    expect(rows).toEqual([{ a: 'integer', b: 'real', c: 'integer' }])
  })
})

describe('sqliteDriver() failures', () => {
  it('maps the refusal of a database that was opened for reading', async () => {
    openDatabase(join(folder, 'test.db'))
    const database = new DatabaseSync(join(folder, 'test.db'), { readOnly: true })
    databases.push(database)
    const driver = sqliteDriver(nodeSqlite(database))
    await expect(driver.query(insert, { title: 'a' })).rejects.toMatchObject({ code: 'SQL_READ_ONLY' })
  })

  it('is SQL_CLOSED when the database was closed under it', async () => {
    const database = openDatabase()
    const driver = sqliteDriver(nodeSqlite(database))
    await driver.query('select 1 as a')
    database.close()
    await expect(driver.query('select 1 as a')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
    await expect(driver.query('select 2 as a')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
  })

  it('undoes a transaction whose commit breaks a deferred rule', async () => {
    const driver = openMemory()
    await driver.query(
      'create table parts (note integer references notes (id) deferrable initially deferred)',
    )
    const work = driver.transaction((tx) => tx.query('insert into parts values (7)'))
    await expect(work).rejects.toMatchObject({ code: 'SQL_FOREIGN_KEY' })
    expect((await driver.query('select * from parts')).rows).toEqual([])
    await driver.query(insert, { title: 'a' })
  })

  it('names the column that a unique rule is on', async () => {
    const driver = openMemory()
    await driver.query(insert, { title: 'a' })
    await expect(driver.query(insert, { title: 'a' })).rejects.toMatchObject({
      details: { engineCode: 'SQLITE_CONSTRAINT_UNIQUE', constraint: 'notes.title' },
    })
  })
})

describe('sqliteDriver() streams', () => {
  async function fill(driver: SqlDriver, count: number): Promise<void> {
    await driver.query(
      'with recursive n(i) as (select 1 union all select i + 1 from n where i < :count) insert into notes (title) select i from n',
      { count },
    )
  }

  it('lets statements and transactions run inside the loop', async () => {
    const driver = openMemory()
    await driver.query('create table seen (title text)')
    await fill(driver, 300)
    for await (const row of driver.stream('select id, title from notes order by id')) {
      const title = row['title'] ?? null
      await driver.query('insert into seen values (:title)', { title })
      await driver.transaction((tx) =>
        tx.query('update notes set title = null where id = :id', { id: row['id'] ?? 0 }),
      )
    }
    expect((await driver.query('select count(*) as n from seen')).rows).toEqual([{ n: 300 }])
  })

  it('does not see what a transaction has written and not committed', async () => {
    const driver = openMemory()
    await fill(driver, 100)
    const seen: unknown[] = []
    let work: Promise<unknown> = Promise.resolve()
    for await (const row of driver.stream('select title from notes order by id')) {
      seen.push(row['title'])
      if (seen.length !== 64) continue
      work = driver.transaction(async (tx) => {
        await tx.query("update notes set title = 'half ' || id")
        await pause(20)
        throw new Error('undo')
      })
      work.catch(() => undefined)
    }
    await expect(work).rejects.toThrow('undo')
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)))
  })

  it('keeps its table from being dropped until it is left', async () => {
    const driver = openMemory({ lockTimeoutMs: 40 })
    await fill(driver, 300)
    for await (const row of driver.stream('select id from notes')) {
      expect(row).toEqual({ id: 1 })
      await expect(driver.query('drop table notes')).rejects.toMatchObject({ code: 'SQL_BUSY' })
      break
    }
    await driver.query('drop table notes')
  })

  it('ends with SQL_CLOSED at its next turn when the driver was closed', async () => {
    const database = openDatabase()
    const driver = sqliteDriver(nodeSqlite(database), { onClose: () => database.close() })
    await fill(driver, 300)
    const rows = driver.stream('select id from notes')[Symbol.asyncIterator]()
    await rows.next()
    await driver.close()
    const read = async (): Promise<void> => {
      for (let next = await rows.next(); next.done !== true; next = await rows.next()) {
        expect(Number(next.value['id'])).toBeLessThanOrEqual(64)
      }
    }
    await expect(read()).rejects.toMatchObject({ code: 'SQL_CLOSED' })
  })

  it('runs a statement that writes whole, before it gives the first row', async () => {
    const { driver, other } = openFile('wal')
    await fill(driver, 100)
    for await (const row of driver.stream('delete from notes returning id')) {
      expect(row['id']).toBe(1)
      expect(other.prepare('select * from notes').all()).toEqual([])
      break
    }
  })
})

describe('sqliteDriver() statements', () => {
  it('keeps a bounded number of prepared statements, and frees the others and all at the end', async () => {
    const counts = { prepared: 0, finalized: 0 }
    const driver = sqliteDriver(counting(nodeSqlite(openDatabase()), counts), { maxStatements: 3 })
    const ask = (n: number): Promise<unknown> => driver.query(`select ${n} as a`)
    for (const n of [1, 2, 3, 1, 2, 3]) await ask(n)
    expect(counts).toEqual({ prepared: 3, finalized: 0 })
    await ask(1)
    await ask(4)
    // 2 was used least recently.
    await ask(1)
    expect(counts).toEqual({ prepared: 4, finalized: 1 })
    await ask(2)
    expect(counts).toEqual({ prepared: 5, finalized: 2 })
    await driver.close()
    expect(counts).toEqual({ prepared: 5, finalized: 5 })
  })

  it('frees the statement of a stream that is left, and of one that nobody leaves at the end', async () => {
    const counts = { prepared: 0, finalized: 0 }
    const driver = sqliteDriver(counting(nodeSqlite(openDatabase()), counts))
    for await (const row of driver.stream('values (1), (2)')) {
      expect(row).toEqual({ column1: 1 })
      break
    }
    expect(counts).toEqual({ prepared: 1, finalized: 1 })
    await driver.stream('values (1), (2)')[Symbol.asyncIterator]().next()
    await driver.close()
    expect(counts).toEqual({ prepared: 2, finalized: 2 })
  })

  it('refuses options out of range and a client that is too old', () => {
    const database = nodeSqlite(openDatabase())
    expect(() => sqliteDriver(database, { maxStatements: 0 })).toThrow(RangeError)
    expect(() => sqliteDriver(database, { lockTimeoutMs: 0 })).toThrow(RangeError)
    const old = { isTransaction: false, exec: () => undefined, prepare: () => ({}) }
    // As Node 22.15 and an early Bun have it, which its types do not tell.
    expect(() => nodeSqlite(old as never)).toThrow(TypeError)
    expect(() => bunSqlite(old as never)).toThrow(TypeError)
  })

  it('calls onClose once', async () => {
    let calls = 0
    const driver = openMemory({ onClose: () => void (calls += 1) })
    await Promise.all([driver.close(), driver.close()])
    expect(calls).toBe(1)
  })
})

/** Counts the statements that a client makes and frees. */
function counting(
  database: SqliteDatabaseLike,
  counts: { prepared: number; finalized: number },
): SqliteDatabaseLike {
  return {
    name: database.name,
    get inTransaction() {
      return database.inTransaction
    },
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      counts.prepared += 1
      const statement = database.prepare(sql)
      return {
        ...statement,
        finalize() {
          counts.finalized += 1
          statement.finalize()
        },
      }
    },
  }
}
