import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DatabaseManager } from '../../src/database/index.ts'
import {
  createCatalogue,
  createDatabaseManager,
  sql,
  type DatabaseManagerOptions,
} from '../../src/database/index.ts'
import { createDiagnostics, type DiagnosticEvent } from '../../src/diagnostics/index.ts'
import type { SqlDriver, SqlResult } from '../../src/stores/contract.ts'
import { openMemory } from './open.ts'

let driver: SqlDriver
let events: DiagnosticEvent[] = []
let now = 0
const clock = { now: () => now, monotonic: () => now }

beforeEach(async () => {
  driver = openMemory()
  events = []
  now = 0
  await driver.query('create table notes (id integer primary key, title text unique)')
})

afterEach(() => driver.close())

function createManager(options: Partial<DatabaseManagerOptions> = {}): DatabaseManager {
  const diagnostics = createDiagnostics()
  diagnostics.subscribe((event) => void events.push(event))
  const catalogue = createCatalogue({
    sqlite: {
      'add-note': 'insert into notes (title) values (:title)',
      'find-note': 'select id, title from notes where title = :title',
      'list-notes': 'select title from notes order by title limit 100',
    },
  })
  return createDatabaseManager({ driver, diagnostics, clock, catalogue, ...options })
}

describe('Database', () => {
  it('query() gives the rows', async () => {
    const { database } = createManager()
    await database.exec("insert into notes (title) values ('a'), ('b')")
    expect(await database.query('select title from notes where title > :t', { t: 'a' })).toEqual([
      { title: 'b' },
    ])
  })

  it('query() takes a template', async () => {
    const rows = await createManager().database.query(sql`select ${'x'} as a`)
    expect(rows).toEqual([{ a: 'x' }])
  })

  it('one() gives the row, or null', async () => {
    const { database } = createManager()
    await database.exec("insert into notes (title) values ('a')")
    const find = (title: string): Promise<{ title: string } | null> =>
      database.one<{ title: string }>('select title from notes where title = :title', { title })
    expect([await find('a'), await find('b')]).toEqual([{ title: 'a' }, null])
  })

  it('one() refuses more than one row', async () => {
    const read = createManager().database.one('select 1 as a union all select 2')
    await expect(read).rejects.toMatchObject({ code: 'SQL_TOO_MANY_ROWS' })
  })

  it('exec() tells what it changed', async () => {
    const insert = createManager().database.exec("insert into notes (id, title) values (7, 'a')")
    expect(await insert).toEqual({ changes: 1, lastId: 7 })
  })

  it('named() runs a statement of the catalogue', async () => {
    const { database } = createManager()
    expect(await database.namedExec('add-note', { title: 'a' })).toEqual({ changes: 1, lastId: 1 })
    expect(await database.named('list-notes')).toEqual([{ title: 'a' }])
    expect(await database.namedOne('find-note', { title: 'a' })).toEqual({ id: 1, title: 'a' })
  })

  it('named() refuses an unknown name', async () => {
    await expect(createManager().database.named('nothing')).rejects.toMatchObject({
      code: 'SQL_STATEMENT_UNKNOWN',
    })
  })

  it('named() refuses without a catalogue', async () => {
    const { database } = createManager({ catalogue: undefined })
    await expect(database.named('find-note')).rejects.toMatchObject({ code: 'SQL_STATEMENT_UNKNOWN' })
  })

  it('batch() is all or nothing', async () => {
    const { database } = createManager()
    const add = (title: string): { statement: string; params: { title: string } } => ({
      statement: 'insert into notes (title) values (:title)',
      params: { title },
    })
    await expect(database.batch([add('a'), add('a')])).rejects.toMatchObject({ code: 'SQL_UNIQUE' })
    expect(
      await database.batch([add('b'), { statement: sql`delete from notes where title = ${'b'}` }]),
    ).toEqual([
      { changes: 1, lastId: 1 },
      { changes: 1, lastId: null },
    ])
    expect(await database.query('select * from notes')).toEqual([])
  })

  it('transaction() gives the same shape, and nests', async () => {
    const { database } = createManager()
    const result = await database.transaction(async (tx) => {
      await tx.namedExec('add-note', { title: 'a' })
      await tx.transaction((inner) => inner.namedExec('add-note', { title: 'a' })).catch(() => undefined)
      return tx.named('list-notes')
    })
    expect(result).toEqual([{ title: 'a' }])
  })

  it('transaction() undoes what rejects', async () => {
    const { database } = createManager()
    const work = database.transaction(async (tx) => {
      await tx.namedExec('add-note', { title: 'a' })
      throw new Error('mine')
    })
    await expect(work).rejects.toThrow('mine')
    expect(await database.named('list-notes')).toEqual([])
  })

  it('stream() tells when the driver cannot', async () => {
    const rows = createManager().database.stream('select 1')
    await expect(rows[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'STORE_UNSUPPORTED' })
  })
})

describe('DatabaseManager', () => {
  it('ends a statement with the signal of its request', async () => {
    const abort = new AbortController()
    const database = createManager().for({ signal: abort.signal })
    expect(await database.query('select 1 as a')).toEqual([{ a: 1 }])
    abort.abort()
    await expect(database.query('select 1 as a')).rejects.toMatchObject({ code: 'SQL_ABORTED' })
    await expect(database.transaction(async () => 1)).rejects.toMatchObject({ code: 'SQL_ABORTED' })
  })

  it('refuses more rows than its bound', async () => {
    const read = createManager({ maxRows: 1 }).database.query('select 1 as a union all select 2')
    await expect(read).rejects.toMatchObject({ code: 'SQL_RESULT' })
  })

  it('tells of a slow statement by name, without its values', async () => {
    const slow: SqlDriver = {
      ...plain(driver),
      async query(...args): Promise<SqlResult> {
        now += 250
        return driver.query(...args)
      },
    }
    await createManager({ driver: slow }).database.named('find-note', { title: 'secret' })
    expect(events).toMatchObject([
      { kind: 'database.slow', level: 'warn', fields: { ms: 250, statement: 'find-note' } },
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  it('tells of a failed statement, cut short', async () => {
    const text = `select * from nothing where a = '${'x'.repeat(1_000)}'`
    await expect(createManager().database.query(text)).rejects.toMatchObject({ code: 'SQL_SYNTAX' })
    expect(events).toMatchObject([
      {
        kind: 'database.failed',
        level: 'error',
        fields: { code: 'SQL_SYNTAX', statement: text.slice(0, 200) },
      },
    ])
  })

  it('tells nothing of an error that applications provoke', async () => {
    const { database } = createManager()
    await database.namedExec('add-note', { title: 'a' })
    await expect(database.namedExec('add-note', { title: 'a' })).rejects.toMatchObject({ code: 'SQL_UNIQUE' })
    expect(events).toEqual([])
  })

  it('opens once for many, and migrates first', async () => {
    let opened = 0
    const up = 'create table made (a integer); insert into made values (5)'
    const manager = createManager({
      driver: async () => {
        opened += 1
        return driver
      },
      migrations: [{ name: '0001-made', up, down: null }],
    })
    const read = (): Promise<readonly object[]> => manager.database.query('select a from made')
    expect(await Promise.all([read(), read(), read()])).toEqual([[{ a: 5 }], [{ a: 5 }], [{ a: 5 }]])
    expect(opened).toBe(1)
    expect(events).toMatchObject([{ kind: 'database.migrated', fields: { migration: '0001-made' } }])
  })

  it('tries to open again after it failed', async () => {
    let attempts = 0
    const manager = createManager({
      driver: () => {
        attempts += 1
        if (attempts === 1) throw new Error('not yet')
        return driver
      },
    })
    await expect(manager.database.query('select 1 as a')).rejects.toThrow('not yet')
    expect(await manager.database.query('select 1 as a')).toEqual([{ a: 1 }])
  })

  it('closes a driver that it opened, when its migrations fail too', async () => {
    const manager = createManager({
      driver: () => driver,
      migrations: [{ name: '0001-bad', up: 'selec', down: null }],
    })
    await expect(manager.driver()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' })
    await expect(driver.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
  })

  it('closes a driver that it opened, and refuses everything afterwards', async () => {
    const manager = createManager({ driver: () => driver })
    await manager.database.query('select 1')
    await Promise.all([manager.close(), manager.close()])
    await expect(driver.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
    await expect(manager.database.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
  })

  it('leaves a driver open that was handed in', async () => {
    const manager = createManager()
    await manager.database.query('select 1')
    await manager.close()
    expect((await driver.query('select 1 as a')).rows).toEqual([{ a: 1 }])
  })

  it.each([{ slowMs: -1 }, { slowMs: Number.NaN }, { timeoutMs: 0 }, { timeoutMs: 2 ** 31 }, { maxRows: 0 }])(
    'refuses %j',
    (options) => {
      expect(() => createManager(options)).toThrow(RangeError)
    },
  )
})

/** The methods of a driver as own properties, so that one can be replaced. */
function plain(from: SqlDriver): SqlDriver {
  return {
    name: from.name,
    dialect: from.dialect,
    capabilities: from.capabilities,
    query: (...args) => from.query(...args),
    batch: (...args) => from.batch(...args),
    transaction: (...args) => from.transaction(...args),
    stream: (...args) => from.stream(...args),
    close: () => from.close(),
  }
}
