import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openScenarios, see } from './workerd.ts'

let miniflare: Miniflare

beforeAll(async () => {
  miniflare = await openScenarios()
})
afterAll(() => miniflare?.dispose())

const big = '1152921504606846977'
const seen = (name: string): Promise<unknown> => see(miniflare, 'object', name)

describe('durableObjectDriver() integers', () => {
  it('sends an integer as one, without a column’s help', async () => {
    expect(await seen('types without a column')).toEqual({
      a: 'integer',
      b: 'real',
      c: 'integer',
      d: 'integer',
      e: 'text',
      f: 'null',
      g: 'blob',
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
    expect(await seen('big integers in rows, in order')).toEqual({
      columns: ['id', 'again', 'title', 'f', 'g', 'n', 'bytes'],
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

  it('refuses one that comes by returning, and undoes the statement', async () => {
    expect(await seen('big integers by returning are refused and undone')).toEqual([
      { code: 'SQL_RESULT' },
      0,
    ])
  })

  it('refuses one in a stream', async () => {
    expect(await seen('big integers in a stream are refused')).toEqual({ code: 'SQL_RESULT' })
  })
})

describe('durableObjectDriver() results', () => {
  it('counts no changes of triggers', async () => {
    expect(await seen('changes beside a trigger')).toEqual({ changes: 1, lastId: 7, batched: [1, 8] })
  })

  it('tells no lastId for an insert that was ignored', async () => {
    expect(await seen('an ignored insert')).toEqual({ changes: 0, lastId: null })
  })

  it('tells the columns of a result without rows', async () => {
    expect(await seen('returning without rows has columns')).toEqual({ columns: ['id', 'title'], rows: [] })
  })

  it('undoes a table that a failed batch has made', async () => {
    expect(await seen('a batch that makes a table is undone')).toEqual([
      { code: 'SQL_SYNTAX', index: 1 },
      { code: 'SQL_SYNTAX' },
    ])
  })
})

describe('durableObjectDriver() transactions and streams', () => {
  it('ends a nested transaction at its own bound, and lets the outer one go on', async () => {
    expect(await seen('a nested transaction ends at its own bound')).toEqual([
      { code: 'SQL_TIMEOUT' },
      2,
      true,
    ])
  })

  it('ends an outer transaction at its bound while nested ones are open', async () => {
    expect(await seen('an outer transaction ends at its bound inside a nested one')).toEqual([
      { code: 'SQL_TIMEOUT' },
      0,
    ])
  })

  it('lets timers come inside transactions, nested or not', async () => {
    expect(await seen('a transaction and a nested one wait for timers inside')).toBe(2)
  })

  it('lets a statement wait for a transaction', async () => {
    expect(await seen('statements wait for a transaction')).toEqual(['transaction', 'statement'])
  })

  it('lets statements and transactions run inside the loop of a stream', async () => {
    expect(await seen('statements and transactions inside a stream')).toEqual([{ n: 0 }])
  })

  it('closes the cursor of a stream that is left, so that its table can be dropped', async () => {
    expect(await seen('a table is dropped after a stream was left')).toBe('dropped')
  })
})
