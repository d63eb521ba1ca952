import { describe, expect, it } from 'vitest'
import { createCatalogue } from '../../src/database/index.ts'

describe('createCatalogue()', () => {
  it('gives the text of a dialect', () => {
    const catalogue = createCatalogue({
      sqlite: { 'find-note': 'select 1 where :id' },
      mysql: { 'find-note': 'select 2 where :id' },
    })
    expect(catalogue.names).toEqual(['find-note'])
    expect(catalogue.text('find-note', 'mysql')).toBe('select 2 where :id')
  })

  it('tells the names it has when it has not the one', () => {
    const catalogue = createCatalogue({ sqlite: { 'find-note': 'select 1' } })
    const thrown = expect.objectContaining({ code: 'SQL_STATEMENT_UNKNOWN' })
    expect(() => catalogue.text('find-nothing', 'sqlite')).toThrow(thrown)
    expect(() => catalogue.text('find-nothing', 'sqlite')).toThrow('find-note')
  })

  it('refuses a dialect that it has not', () => {
    const catalogue = createCatalogue({ sqlite: { 'find-note': 'select 1' } })
    expect(() => catalogue.text('find-note', 'postgres')).toThrow('none in this dialect')
  })

  it('takes no name from the prototype', () => {
    const catalogue = createCatalogue({ sqlite: {} })
    const thrown = expect.objectContaining({ code: 'SQL_STATEMENT_UNKNOWN' })
    expect(() => catalogue.text('toString', 'sqlite')).toThrow(thrown)
  })

  it('lists everything that is wrong at once', () => {
    const source = {
      sqlite: { 'find-a': 'select :a', 'find-b': 'select 1; select 2', 'find-c': 'select :c' },
      postgres: { 'find-b': 'select 1', 'find-c': 'select :d' },
    }
    expect(() => createCatalogue(source)).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        details: {
          problems: [
            'postgres/find-a is missing',
            expect.stringContaining('sqlite/find-b: Expected one SQL statement, got 2'),
            'postgres/find-c has the parameters (d), sqlite/find-c has (c)',
          ],
        },
      }),
    )
  })
})
