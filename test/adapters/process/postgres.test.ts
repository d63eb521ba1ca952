import { describe, expect, it } from 'vitest'
import { openDefaultDatabase } from '../../../adapters/node/stores.ts'
import { environmentStores } from '../../../adapters/node/default-stores.ts'
import { postgresUrl } from '../../conformance/postgres-server.ts'

const url = await postgresUrl('rockstar_adapters')

describe.skipIf(url === null)('DATABASE_URL of PostgreSQL (needs "pg_ctlcluster 15 main start")', () => {
  const env = { DATABASE_URL: url ?? '' }

  it('opens it, and tells where without credentials', async () => {
    const { driver, close, location } = await openDefaultDatabase(env)
    expect((await driver.query('select :a::int as a', { a: 7 })).rows).toEqual([{ a: 7 }])
    await close()
    expect(location).toBe('postgres://127.0.0.1:5432')
  })

  it('is what the stores choose', () => {
    expect(environmentStores(env, () => undefined).choices[0]).toEqual({
      role: 'sql',
      store: 'postgres',
      source: 'DATABASE_URL',
      location: 'postgres://127.0.0.1:5432',
      volatile: false,
    })
  })

  it('does not ask a server before the first statement, and tells when it is not there', async () => {
    const { driver, close } = await openDefaultDatabase({ DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' })
    const error = await driver.query('select 1').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'SQL_CONNECTION' })
    expect(String(error)).not.toContain('secret')
    await close()
  })
})
