import { describe, expect, it } from 'vitest'
import { keyValueTable, sqlKeyValue } from '../../../src/stores/key-value/index.ts'
import { sqlError } from '../../../src/stores/sql/index.ts'
import type { SqlDriver } from '../../../src/stores/contract.ts'
import { openMemory } from '../../database/open.ts'

describe('sqlKeyValue()', () => {
  it('makes its table once, however many calls come at first', async () => {
    const driver = openMemory()
    const seen: string[] = []
    const store = sqlKeyValue({ ...bound(driver), query: spy(driver, seen) })
    await Promise.all(Array.from({ length: 10 }, (_, index) => store.set(`key ${index}`, 'x')))
    expect(seen.filter((sql) => sql.startsWith('create table'))).toHaveLength(1)
    await driver.close()
  })

  it('makes no table where it may not, and works with one that was made by keyValueTable()', async () => {
    const driver = openMemory()
    const store = sqlKeyValue(driver, { createTable: false })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    for (const sql of keyValueTable('sqlite')) await driver.query(sql)
    await store.set('a', 'x')
    expect(await store.get('a')).toEqual(new TextEncoder().encode('x'))
    await driver.close()
  })

  it('tries again to make the table after a failure', async () => {
    const driver = openMemory()
    let failures = 2
    const store = sqlKeyValue({
      ...bound(driver),
      query: async (sql, params, options) => {
        if (sql.startsWith('create') && failures-- > 0) throw sqlError('SQL_CONNECTION', {})
        return driver.query(sql, params, options)
      },
    })
    await expect(store.set('a', 'x')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await store.set('a', 'x')
    await driver.close()
  })

  it('deletes what has ended, some of it at every 64th write', async () => {
    const driver = openMemory()
    let nowMs = 1_000_000
    const store = sqlKeyValue(driver, { now: () => nowMs })
    for (let index = 0; index < 60; index += 1) await store.set(`short ${index}`, 'x', { ttlMs: 10 })
    nowMs += 20
    for (let index = 0; index < 4; index += 1) await store.set(`kept ${index}`, 'x')
    const { rows } = await driver.query('select count(*) as count from rockstar_key_values')
    expect(rows).toEqual([{ count: 4 }])
    await driver.close()
  })

  it('does not fail a write because the sweep did', async () => {
    const driver = openMemory()
    const store = sqlKeyValue({
      ...bound(driver),
      query: async (sql, params, options) => {
        if (sql.includes('in (select item_key')) throw sqlError('SQL_BUSY', {})
        return driver.query(sql, params, options)
      },
    })
    for (let index = 0; index < 64; index += 1) await store.set('a', String(index))
    expect(await store.get('a')).toEqual(new TextEncoder().encode('63'))
    await driver.close()
  })

  it('tries again after a deadlock, ten times in all', async () => {
    const driver = openMemory()
    let deadlocks = 9
    const store = sqlKeyValue({
      ...bound(driver),
      query: async (sql, params, options) => {
        if (sql.startsWith('insert') && deadlocks-- > 0) throw sqlError('SQL_DEADLOCK', {})
        return driver.query(sql, params, options)
      },
    })
    expect((await store.increment('a', 1)).value).toBe(1)
    deadlocks = 10
    await expect(store.increment('a', 1)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await driver.close()
  })

  it('refuses what needs more than the driver has', async () => {
    const driver = openMemory()
    const store = sqlKeyValue({ ...bound(driver), capabilities: new Set() })
    expect(store.capabilities.has('increment')).toBe(false)
    await expect(store.increment('a', 1)).rejects.toMatchObject({ code: 'STORE_UNSUPPORTED' })
    await expect(store.compareAndSet('a', null, 'x')).rejects.toMatchObject({ code: 'STORE_UNSUPPORTED' })
    await driver.close()
  })

  it('refuses the dialect mssql', () => {
    const driver = openMemory()
    expect(() => sqlKeyValue({ ...bound(driver), dialect: 'mssql' })).toThrow('mssql')
  })
})

/** The methods of a driver, bound: its private parts do not go into a copy. */
function bound(driver: SqlDriver): SqlDriver {
  return {
    name: driver.name,
    dialect: driver.dialect,
    capabilities: driver.capabilities,
    query: (...args) => driver.query(...args),
    batch: (...args) => driver.batch(...args),
    transaction: (...args) => driver.transaction(...args),
    stream: (...args) => driver.stream(...args),
    close: () => driver.close(),
  }
}

function spy(driver: SqlDriver, seen: string[]): SqlDriver['query'] {
  return (sql, params, options) => {
    seen.push(sql)
    return driver.query(sql, params, options)
  }
}
