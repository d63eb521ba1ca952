import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDefaultDatabase } from '../../../adapters/node/stores.ts'

let folder = ''
let back = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rockstar-open-'))
  back = process.cwd()
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('openDefaultDatabase()', () => {
  it('makes the folder of a file, and turns write-ahead logging and foreign keys on', async () => {
    const path = join(folder, 'a', 'b c', 'app.db')
    const { driver, close, location } = await openDefaultDatabase({ DATABASE_URL: `file:${path}` })
    const mode = await driver.query('pragma journal_mode')
    const keys = await driver.query('pragma foreign_keys')
    await close()
    expect([mode.rows, keys.rows, location]).toEqual([[{ journal_mode: 'wal' }], [{ foreign_keys: 1 }], path])
    expect((await stat(path)).isFile()).toBe(true)
  })

  it('has foreign keys on every connection', async () => {
    const { driver, close } = await openDefaultDatabase({ DATABASE_URL: `file:${join(folder, 'app.db')}` })
    const found = await driver.transaction(async (tx) => {
      const inside = await tx.query('pragma foreign_keys')
      return [...inside.rows, ...(await driver.query('select * from pragma_foreign_keys')).rows]
    })
    await close()
    expect(found).toEqual([{ foreign_keys: 1 }, { foreign_keys: 1 }])
  })

  it('decodes the path of a URL', async () => {
    const { close, location } = await openDefaultDatabase({ DATABASE_URL: `file://${folder}/a%20b.db` })
    await close()
    expect(location).toBe(join(folder, 'a b.db'))
    expect((await stat(location)).isFile()).toBe(true)
  })

  it.each([':memory:', 'file::memory:'])('opens %s, which is one database over transactions', async (url) => {
    const { driver, close } = await openDefaultDatabase({ DATABASE_URL: url })
    await driver.query('create table t (a integer)')
    await driver.transaction((tx) => tx.query('insert into t values (1)'))
    const { rows } = await driver.query('select a from t')
    await close()
    expect(rows).toEqual([{ a: 1 }])
  })

  it('opens a server without asking it, and tells no credentials', async () => {
    const env = { DATABASE_URL: 'https://user:secret@127.0.0.1:9/db?x=secret', DATABASE_AUTH_TOKEN: 'secret' }
    const error = await openDefaultDatabase(env).catch((reason: unknown) => reason)
    expect(String(error)).not.toContain('secret')
  })

  it('opens a server at an address', async () => {
    const { driver, close, location } = await openDefaultDatabase({ DATABASE_URL: 'http://127.0.0.1:9' })
    await expect(driver.query('select 1')).rejects.toMatchObject({ code: 'SQL_CONNECTION' })
    await close()
    expect(location).toBe('http://127.0.0.1:9')
  })

  it.each(['oracle://user:secret@host/db', 'sqlite.db', 'redis://secret@x'])(
    'refuses %s, lists what it knows, and tells no more of it',
    async (url) => {
      const error = await openDefaultDatabase({ DATABASE_URL: url }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'OPTIONS_INVALID' })
      expect(String(error)).toMatch(/file:.*libsql:.*https:/)
      expect(String(error)).not.toContain('secret')
    },
  )

  it('tells SQL_CONNECTION for a folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '')
    const open = openDefaultDatabase({ DATABASE_URL: `file:${join(folder, 'file', 'app.db')}` })
    await expect(open).rejects.toMatchObject({ code: 'SQL_CONNECTION' })
  })

  it('tells SQL_CONNECTION for a file that is no database', async () => {
    const path = join(folder, 'app.db')
    await writeFile(path, 'not a database'.repeat(1_000))
    const open = openDefaultDatabase({ DATABASE_URL: `file:${path}` })
    await expect(open).rejects.toMatchObject({ code: 'SQL_CONNECTION' })
  })

  it('takes a file under the current folder when nothing is configured', async () => {
    process.chdir(folder)
    try {
      const { close, location } = await openDefaultDatabase({ DATABASE_URL: ' ' })
      await close()
      expect(location).toBe('./data/app.db')
      expect((await stat(join(folder, 'data', 'app.db'))).isFile()).toBe(true)
    } finally {
      process.chdir(back)
    }
  })

  it('closes the client with the driver', async () => {
    const { driver, close } = await openDefaultDatabase({ DATABASE_URL: ':memory:' })
    await driver.close()
    await close()
    await expect(driver.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
  })
})
