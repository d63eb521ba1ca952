import { describe, expect, it } from 'vitest'
import { openDefaultDatabase } from '../../../adapters/node/stores.ts'
import { mysqlOptions } from '../../conformance/mysql-server.ts'

const options = await mysqlOptions('rockstar_adapters')

describe.skipIf(options === null)('DATABASE_URL of MariaDB (needs "mariadbd")', () => {
  it('opens it, and tells where without credentials', async () => {
    const url = 'mariadb://root@127.0.0.1:3306/rockstar_adapters'
    const { driver, close, location } = await openDefaultDatabase({ DATABASE_URL: url })
    expect((await driver.query('select 7 as a')).rows).toEqual([{ a: 7 }])
    await close()
    expect(location).toBe('mariadb://127.0.0.1:3306')
  })

  it('tells when no server is there, and nothing of its credentials', async () => {
    const { driver, close } = await openDefaultDatabase({ DATABASE_URL: 'mysql://a:secret@127.0.0.1:1/x' })
    const error = await driver.query('select 1').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'SQL_CONNECTION' })
    expect(String(error)).not.toContain('secret')
    await close()
  })
})
