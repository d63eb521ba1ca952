import { createClient } from '@libsql/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqliteStatements, type StatementName } from '../../src/statements/index.ts'
import type { SqlDriver, SqlResult } from '../../src/stores/contract.ts'
import { libsqlDriver } from '../../src/stores/libsql.ts'

let driver: SqlDriver
const used = new Set<string>()

beforeEach(async () => {
  const client = createClient({ url: ':memory:', intMode: 'bigint' })
  driver = libsqlDriver(client, { memory: true, onClose: () => client.close() })
  await run('create-migration-journal')
  await run('create-migration-lock')
})

afterEach(() => driver.close())

function run(name: StatementName, params: Record<string, string | number> = {}): Promise<SqlResult> {
  used.add(name)
  return driver.query(sqliteStatements[name], params)
}

describe('sqliteStatements', () => {
  it('make their tables again without harm', async () => {
    await run('add-migration', { name: '0001-a', checksum: 'x', applied_at: 5 })
    await run('create-migration-journal')
    await run('create-migration-lock')
    expect((await run('list-migrations', { limit: 10 })).rows).toHaveLength(1)
  })

  it('find the journal', async () => {
    expect((await run('find-migration-journal')).rows).toEqual([{ name: 'rockstar_migrations' }])
  })

  it('write, list and remove entries of the journal', async () => {
    await run('add-migration', { name: '0002-b', checksum: 'y', applied_at: 1_790_000_000_000 })
    await run('add-migration', { name: '0001-a', checksum: 'x', applied_at: 5 })
    expect((await run('list-migrations', { limit: 10 })).rows).toEqual([
      { name: '0001-a', checksum: 'x', applied_at: 5 },
      { name: '0002-b', checksum: 'y', applied_at: 1_790_000_000_000 },
    ])
    expect((await run('list-migrations', { limit: 1 })).rows).toHaveLength(1)
    expect((await run('remove-migration', { name: '0001-a' })).changes).toBe(1)
    expect((await run('list-migrations', { limit: 10 })).rows).toHaveLength(1)
  })

  it('refuse a second entry of one migration', async () => {
    const entry = { name: '0001-a', checksum: 'x', applied_at: 5 }
    await run('add-migration', entry)
    await expect(run('add-migration', entry)).rejects.toMatchObject({ code: 'SQL_UNIQUE' })
  })

  it('give the lock to one owner until it expires', async () => {
    expect((await run('take-migration-lock', { owner: 'a', now: 100, expires_at: 200 })).changes).toBe(1)
    expect((await run('take-migration-lock', { owner: 'b', now: 199, expires_at: 300 })).changes).toBe(0)
    expect((await run('take-migration-lock', { owner: 'a', now: 199, expires_at: 210 })).changes).toBe(1)
    expect((await run('take-migration-lock', { owner: 'b', now: 210, expires_at: 300 })).changes).toBe(1)
  })

  it('extend and free the lock for its owner only', async () => {
    await run('take-migration-lock', { owner: 'a', now: 100, expires_at: 200 })
    expect((await run('extend-migration-lock', { owner: 'b', expires_at: 900 })).changes).toBe(0)
    expect((await run('extend-migration-lock', { owner: 'a', expires_at: 900 })).changes).toBe(1)
    expect((await run('free-migration-lock', { owner: 'b' })).changes).toBe(0)
    expect((await run('free-migration-lock', { owner: 'a' })).changes).toBe(1)
  })

  it('are all run by these tests', () => {
    expect([...used].sort()).toEqual(Object.keys(sqliteStatements).sort())
  })
})
