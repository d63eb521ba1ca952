import { describe, expect, it } from 'vitest'
import { compileStatement } from '../../../src/stores/sql/compile.ts'
import { bindParameters, sqlJson } from '../../../src/stores/sql/values.ts'

const statement = compileStatement('select :a, :b, :a', 'mysql')

describe('bindParameters', () => {
  it('repeats a value where a placeholder has no number', () => {
    expect(bindParameters(statement, { b: 2, a: 1 }, (value) => value)).toEqual([1, 2, 1])
  })

  it('names a parameter that is missing', () => {
    expect(() => bindParameters(statement, { a: 1 }, String)).toThrow(/:b, got none/)
  })

  it('names a parameter that is undefined', () => {
    const params = { a: 1, b: undefined as unknown as number }
    expect(() => bindParameters(statement, params, String)).toThrow(/:b, got undefined/)
  })

  it('names a parameter that the statement does not have', () => {
    expect(() => bindParameters(statement, { a: 1, b: 2, c: 3 }, String)).toThrow(/got :c/)
  })

  it('takes no parameter from the prototype', () => {
    const params = Object.create({ a: 1, b: 2 }) as Record<string, number>
    expect(() => bindParameters(statement, params, String)).toThrow(
      expect.objectContaining({ code: 'SQL_PARAMETER' }),
    )
  })

  it.each([
    ['an array', [1]],
    ['an object', { x: 1 }],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
  ])('refuses %s', (_, value) => {
    const params = { a: 1, b: value as unknown as number }
    expect(() => bindParameters(statement, params, () => '')).toThrow(
      expect.objectContaining({ code: 'SQL_PARAMETER' }),
    )
  })

  it('tells no value in its message', () => {
    const params = { a: 1, b: 'secret\ud800' }
    expect(() => bindParameters(statement, params, () => '')).toThrow(/^(?!.*secret).*:b/)
  })
})

describe('sqlJson', () => {
  it('keeps the text of a value', () => {
    expect(sqlJson({ a: [1, null] })).toEqual({ kind: 'sql.json', text: '{"a":[1,null]}' })
  })

  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', 1n],
  ])('refuses %s', (_, value) => {
    expect(() => sqlJson(value)).toThrow(expect.objectContaining({ code: 'SQL_PARAMETER' }))
  })
})
