import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '@libsql/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SqlDriver } from '../../../src/stores/contract.ts'
import {
  libsqlDriver,
  type LibsqlClientLike,
  type LibsqlDriverOptions,
  type LibsqlTransactionLike,
} from '../../../src/stores/sql/libsql.ts'
import { ended, heard, startChild } from './child.ts'
import { manualTimer } from './timer.ts'

let folder = ''
let path = ''
const clients: Client[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rockstar-libsql-'))
  path = join(folder, 'test.db')
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await rm(folder, { recursive: true })
})

async function openFile(options: LibsqlDriverOptions = {}): Promise<SqlDriver> {
  const client = createClient({ url: `file:${path}`, intMode: 'bigint', timeout: 1 })
  clients.push(client)
  const driver = libsqlDriver(client, options)
  await driver.query('pragma journal_mode = wal')
  await driver.query('create table if not exists notes (id integer primary key, title text unique)')
  return driver
}

async function titles(driver: SqlDriver): Promise<unknown[]> {
  const { rows } = await driver.query('select title from notes order by id')
  return rows.map((row) => row['title'])
}

describe('libsqlDriver() on a file', () => {
  it('lets a writer wait for another process, and the event loop go on', async () => {
    const driver = await openFile()
    await driver.query("insert into notes (title) values ('whole')")
    const holder = startChild(new URL('holder.ts', import.meta.url), [path])
    await heard(holder, 'holding')
    let isDone = false
    const writing = driver.query("insert into notes (title) values ('mine')").then(() => (isDone = true))
    let ticks = 0
    for (; ticks < 50; ticks += 1) await new Promise((resolve) => setImmediate(resolve))
    expect([isDone, ticks]).toEqual([false, 50])
    expect(await titles(driver)).toEqual(['whole'])
    holder.stdin.end()
    await writing
    expect(await titles(driver)).toEqual(['changed', 'half', 'mine'])
    expect(await ended(holder)).toBe(0)
  })

  it('gives up the lock of another process with SQL_BUSY when the bound passes', async () => {
    const driver = await openFile({ lockTimeoutMs: 30 })
    const holder = startChild(new URL('holder.ts', import.meta.url), [path])
    await heard(holder, 'holding')
    const write = driver.query("insert into notes (title) values ('mine')")
    await expect(write).rejects.toMatchObject({ code: 'SQL_BUSY' })
    await expect(driver.transaction(async () => 1)).rejects.toMatchObject({ code: 'SQL_BUSY' })
    holder.stdin.end()
    expect(await ended(holder)).toBe(0)
  })

  it('finds nothing half done after a process was killed in a transaction', async () => {
    const driver = await openFile()
    await driver.query("insert into notes (title) values ('whole')")
    const holder = startChild(new URL('holder.ts', import.meta.url), [path])
    await heard(holder, 'holding')
    holder.kill('SIGKILL')
    expect(await ended(holder)).toBe('SIGKILL')
    expect(await titles(driver)).toEqual(['whole'])
    const { rows } = await driver.query('pragma integrity_check')
    expect(rows).toEqual([{ integrity_check: 'ok' }])
    await driver.query("insert into notes (title) values ('next')")
    expect(await titles(driver)).toEqual(['whole', 'next'])
  })

  it('gives up waiting for a transaction of its own process with SQL_BUSY', async () => {
    const timer = manualTimer()
    const driver = await openFile({ lockTimeoutMs: 100, timer })
    await driver.transaction(async () => {
      const write = driver.query("insert into notes (title) values ('mine')")
      timer.advance(100)
      await expect(write).rejects.toMatchObject({ code: 'SQL_BUSY' })
    })
  })

  it('lets read-only transactions run beside each other and beside a writer', async () => {
    const driver = await openFile()
    await driver.transaction(async (tx) => {
      await tx.query("insert into notes (title) values ('mine')")
      const read = (): Promise<unknown[]> =>
        driver.transaction(async (inner) => [...(await inner.query('select 1 as a')).rows], {
          readOnly: true,
        })
      expect(await Promise.all([read(), read()])).toEqual([[{ a: 1 }], [{ a: 1 }]])
    })
  })

  it('sends a whole number as an integer', async () => {
    const driver = await openFile()
    const { rows } = await driver.query("select typeof(:a) as a, 'n' || :a as b, typeof(:c) as c", {
      a: 1,
      c: 1.5,
    })
    expect(rows).toEqual([{ a: 'integer', b: 'n1', c: 'real' }])
  })

  it('keeps the sign of minus zero', async () => {
    const driver = await openFile()
    const { rows } = await driver.query('select :a as a', { a: -0 })
    expect(rows[0]?.['a']).toBe(-0)
  })

  it('tells SQL_RESULT for a large integer when the client gives numbers', async () => {
    const client = createClient({ url: `file:${path}` })
    clients.push(client)
    const read = libsqlDriver(client).query('select 9007199254740993 as a')
    await expect(read).rejects.toMatchObject({ code: 'SQL_RESULT' })
  })

  it('undoes a transaction whose commit fails', async () => {
    const driver = await openFile()
    const reference = 'references notes (id) deferrable initially deferred'
    await driver.query(`create table parts (note_id integer ${reference})`)
    const work = driver.transaction((tx) => tx.query('insert into parts values (77)'))
    await expect(work).rejects.toMatchObject({ code: 'SQL_FOREIGN_KEY' })
    expect((await driver.query('select * from parts')).rows).toEqual([])
  })

  it('waits for statements that a transaction did not await', async () => {
    const driver = await openFile()
    await driver.transaction(async (tx) => {
      void tx.query("insert into notes (title) values ('a')")
    })
    expect(await titles(driver)).toEqual(['a'])
  })

  it('takes a trigger as one statement', async () => {
    const driver = await openFile()
    await driver.query(
      "create trigger twice after insert on notes when new.title = 'a' begin insert into notes (title) values ('b'); end",
    )
    const { changes } = await driver.query("insert into notes (title) values ('a')")
    expect([changes, await titles(driver)]).toEqual([1, ['a', 'b']])
  })

  it('tells no row number of an insert that updated', async () => {
    const driver = await openFile()
    await driver.query("insert into notes (title) values ('a')")
    const upsert = "insert into notes (title) values ('a') on conflict (title) do update set title = 'b'"
    expect(await driver.query(upsert)).toMatchObject({ changes: 1, lastId: null })
  })

  it('ends a transaction at its bound although it never lets a timer come', async () => {
    const driver = await openFile()
    const work = driver.transaction(
      async (tx) => {
        for (let count = 0; count < 100_000; count += 1)
          await tx.query('insert into notes (title) values (null)')
      },
      { timeoutMs: 50 },
    )
    await expect(work).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
    expect(await titles(driver)).toEqual([])
  })

  it.each([0, Number.NaN, 2 ** 31])('refuses lockTimeoutMs %d', (lockTimeoutMs) => {
    const client = createClient({ url: ':memory:' })
    clients.push(client)
    expect(() => libsqlDriver(client, { lockTimeoutMs })).toThrow(RangeError)
  })

  it('leaves the client open when it is closed, and runs onClose once', async () => {
    let closed = 0
    const driver = await openFile({ onClose: () => void (closed += 1) })
    await Promise.all([driver.close(), driver.close()])
    expect([closed, clients[0]?.closed]).toEqual([1, false])
  })

  it('tells SQL_CLOSED when the client was closed under it', async () => {
    const driver = await openFile()
    clients[0]?.close()
    await expect(driver.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
  })

  it('tells SQL_STORAGE for a file that is no database', async () => {
    const client = createClient({ url: `file:${path}` })
    clients.push(client)
    const driver = libsqlDriver(client)
    await driver.query('create table t (a)')
    const { writeFile } = await import('node:fs/promises')
    await writeFile(path, 'no database at all, but long enough to look at'.repeat(100))
    await expect(driver.query('select * from t')).rejects.toMatchObject({ code: 'SQL_STORAGE' })
  })
})

describe('libsqlDriver() in memory', () => {
  function openMemory(options?: LibsqlDriverOptions): SqlDriver {
    const client = createClient({ url: ':memory:', intMode: 'bigint' })
    clients.push(client)
    return libsqlDriver(client, options)
  }

  it.each([
    ['that it was told of', { memory: true }],
    ['that it finds out', {}],
  ])('keeps its tables over a transaction, and lets a read wait for it (%s)', async (_, options) => {
    const driver = openMemory(options)
    await driver.query('create table notes (id integer primary key, title text)')
    const order: string[] = []
    let reading: Promise<unknown> = Promise.resolve()
    await driver.transaction(async (tx) => {
      await tx.query("insert into notes (title) values ('a')")
      reading = titles(driver).then((found) => order.push(`read ${String(found)}`))
      await tx.query("insert into notes (title) values ('b')")
      order.push('written')
    })
    await reading
    expect(order).toEqual(['written', 'read a,b'])
  })
})

describe('libsqlDriver() on a server', () => {
  const never = new Promise<never>(() => undefined)
  const remote = (parts: Partial<LibsqlClientLike>): LibsqlClientLike => ({
    protocol: 'http',
    execute: () => never,
    batch: () => never,
    transaction: () => never,
    ...parts,
  })

  it('ends the wait for a statement at its bound', async () => {
    const timer = manualTimer()
    const query = libsqlDriver(remote({}), { timer }).query('select 1', {}, { timeoutMs: 50 })
    timer.advance(50)
    await expect(query).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
  })

  it('ends the wait for a statement when the signal is aborted', async () => {
    const abort = new AbortController()
    const query = libsqlDriver(remote({})).query('select 1', {}, { signal: abort.signal })
    abort.abort()
    await expect(query).rejects.toMatchObject({ code: 'SQL_ABORTED' })
  })

  it('closes a transaction that opens after its bound', async () => {
    const timer = manualTimer()
    let open: (transaction: LibsqlTransactionLike) => void = () => undefined
    const transaction = new Promise<LibsqlTransactionLike>((resolve) => (open = resolve))
    const driver = libsqlDriver(remote({ transaction: () => transaction }), { timer })
    const work = driver.transaction(async () => 1, { timeoutMs: 50 })
    timer.advance(50)
    await expect(work).rejects.toMatchObject({ code: 'SQL_TIMEOUT' })
    const parts = { closed: false, execute: () => never, executeMultiple: () => never, commit: () => never }
    await new Promise<void>((resolve) => open({ ...parts, rollback: () => never, close: resolve }))
  })

  it('lets several writes run at once', async () => {
    let running = 0
    const driver = libsqlDriver(
      remote({
        execute: () => {
          running += 1
          return never
        },
      }),
      { timer: manualTimer() },
    )
    void driver.query('delete from a').catch(() => undefined)
    void driver.query('delete from b').catch(() => undefined)
    await Promise.resolve()
    expect(running).toBe(2)
  })
})
