import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { d1Driver, type D1DatabaseLike } from '../../../src/stores/sql/d1.ts'
import { openScenarios, see } from './workerd.ts'

let miniflare: Miniflare

beforeAll(async () => {
  miniflare = await openScenarios()
})
afterAll(() => miniflare?.dispose())

const big = '1152921504606846977'
const seen = (name: string): Promise<unknown> => see(miniflare, 'd1', name)

describe('d1Driver() integers', () => {
  it('sends an integer as one, without a column’s help', async () => {
    expect(await seen('types without a column')).toMatchObject({
      a: 'integer',
      b: 'real',
      d: 'integer',
      h: 'real',
    })
  })

  it('compares an integer with text as any other parameter', async () => {
    expect(await seen('an integer against text')).toEqual([{ id: 1 }])
  })

  it('lets an index find an integer', async () => {
    expect(await seen('plan of a search by id')).toEqual([expect.stringContaining('PRIMARY KEY')])
  })

  it('gives integers beyond 2^53 whole, beside other values and in order', async () => {
    expect(await seen('big integers in rows, in order')).toMatchObject({
      rows: [
        ['1', '1', 'd', '1.5', '9000000000000000000', 'null', '1,2'],
        ['1152921504606846978', '1152921504606846978', 'c', '1.5', '9000000000000000000', 'null', '1,2'],
        [big, big, 'b', '1.5', '9000000000000000000', 'null', '1,2'],
        ['1152921504606846979', '1152921504606846979', 'a', '1.5', '9000000000000000000', 'null', '1,2'],
      ],
    })
  })

  it('gives them behind “with” and of two columns with one name', async () => {
    expect(await seen('big integers behind with, and with one name')).toEqual(['1152921504606846976', big])
  })

  it('keeps maxRows when it reads again', async () => {
    expect(await seen('more exact rows than maxRows')).toEqual({ code: 'SQL_RESULT' })
  })

  it('tells lastId beyond 2^53', async () => {
    expect(await seen('last id beyond 2^53')).toBe(big)
  })

  it('refuses one that comes by returning; what was written is kept', async () => {
    expect(await seen('big integers by returning are refused and kept')).toEqual([{ code: 'SQL_RESULT' }, 1])
  })

  it('refuses one in a batch, and tells its place', async () => {
    expect(await seen('big integers in a batch are refused')).toEqual({ code: 'SQL_RESULT', index: 1 })
  })
})

describe('d1Driver() results', () => {
  it('counts no changes of triggers', async () => {
    expect(await seen('changes beside a trigger')).toEqual({ changes: 1, lastId: 7, batched: [1, 8] })
  })

  it('tells no lastId for an insert that was ignored', async () => {
    expect(await seen('an ignored insert')).toEqual({ changes: 0, lastId: null })
  })

  it('tells the columns of a result without rows', async () => {
    expect(await seen('returning without rows has columns')).toEqual({ columns: ['id', 'title'], rows: [] })
  })

  it('gives the results of statements of every kind in a batch', async () => {
    expect(await seen('a batch of everything')).toEqual([
      [[], [], 1, 1],
      [[{ title: 'a' }], ['title'], 0, null],
      [[{ id: 1, title: 'b' }], ['id', 'title'], 1, null],
      [[], [], 0, null],
      [[], [], 0, null],
    ])
  })

  it('runs over a session', async () => {
    expect(await see(miniflare, 'session', 'changes beside a trigger')).toMatchObject({
      changes: 1,
      lastId: 7,
    })
  })
})

describe('d1Driver() failures', () => {
  it('undoes a table that a failed batch has made', async () => {
    expect(await seen('a batch that makes a table is undone')).toEqual([
      { code: 'SQL_SYNTAX', index: 1 },
      { code: 'SQL_SYNTAX' },
    ])
  })

  it('finds the statement of a long batch that failed, and keeps nothing of the search', async () => {
    expect(await seen('the place in a long batch')).toEqual([{ code: 'SQL_UNIQUE', index: 13 }, 0])
  })

  it('searches no statement when D1 is out of reach', async () => {
    const lost = failingDatabase('D1_ERROR: Network connection lost.')
    const batch = d1Driver(lost.database).batch([{ sql: 'select 1 as a' }, { sql: 'select 2 as a' }])
    await expect(batch).rejects.toMatchObject({ code: 'SQL_CONNECTION' })
    expect(lost.calls()).toBe(1)
  })

  it('tells no place when it fails another way the second time', async () => {
    const moody = failingDatabase(
      'D1_ERROR: UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT',
      'D1_ERROR: gone',
    )
    const error = await d1Driver(moody.database)
      .batch([{ sql: 'select 1 as a' }, { sql: 'select 2 as a' }])
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'SQL_UNIQUE' })
    expect(error).not.toHaveProperty('details.index')
    expect(moody.calls()).toBe(2)
  })

  it('ends the wait at its bound', async () => {
    const database = { prepare: () => ({ bind: () => never, raw: () => never }), batch: () => never }
    const never = new Promise<never>(() => undefined)
    // A database that never answers; its statements are of no use.
    const driver = d1Driver(database as unknown as D1DatabaseLike)
    await expect(driver.query('select 1 as a', {}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'SQL_TIMEOUT',
    })
    const abort = new AbortController()
    const waiting = driver.batch([{ sql: 'select 1 as a' }], { signal: abort.signal })
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'SQL_ABORTED' })
  })

  it('refuses more parameters than D1 takes', async () => {
    expect(await seen('too many parameters')).toEqual({ code: 'SQL_SYNTAX' })
  })
})

/** A database whose batches fail with these messages, one after the other. */
function failingDatabase(...messages: string[]): { database: D1DatabaseLike; calls: () => number } {
  let calls = 0
  const statement = { bind: () => statement, raw: () => Promise.resolve([]) }
  const database = {
    prepare: () => statement,
    batch: () => Promise.reject(new Error(messages[Math.min(calls++, messages.length - 1)])),
  }
  return { database, calls: () => calls }
}
