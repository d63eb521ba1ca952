import { describe, expect, it } from 'vitest'
import { sql } from '../../src/database/index.ts'
import { openMemory } from './open.ts'

describe('sql', () => {
  it('makes each value a parameter', () => {
    expect(sql`select ${1}, ${'x'}`).toEqual({
      kind: 'sql.template',
      sql: 'select :sql_1, :sql_2',
      params: { sql_1: 1, sql_2: 'x' },
    })
  })

  it('puts a template into another one', () => {
    const where = sql`where a = ${'a'} and b = ${'b'}`
    expect(sql`select ${0} from t ${where} limit ${9}`).toEqual({
      kind: 'sql.template',
      sql: 'select :sql_1 from t where a = :sql_2 and b = :sql_3 limit :sql_4',
      params: { sql_1: 0, sql_2: 'a', sql_3: 'b', sql_4: 9 },
    })
  })

  it('numbers more than ten values of nested templates', async () => {
    const list = Array.from({ length: 12 }, (_, index) => index)
    const inner = list.map((value) => sql`${value}`).reduce((left, right) => sql`${left} + ${right}`)
    const template = sql`select ${100} + ${inner} as sum`
    const driver = openMemory()
    const { rows } = await driver.query(template.sql, template.params)
    await driver.close()
    expect(rows).toEqual([{ sum: 166 }])
  })

  it('keeps SQL in a value data', () => {
    expect(sql`select ${"'; drop table t; --"}`.sql).toBe('select :sql_1')
  })
})
