import { describe, expect, it } from 'vitest'
import { fromSqliteError } from '../../../src/stores/sql/sqlite-error.ts'

describe('fromSqliteError', () => {
  it.each([
    [2067, 'SQL_UNIQUE'],
    [1555, 'SQL_UNIQUE'],
    [2579, 'SQL_UNIQUE'],
    [787, 'SQL_FOREIGN_KEY'],
    [1299, 'SQL_NOT_NULL'],
    [275, 'SQL_CHECK'],
    [1811, 'SQL_CHECK'],
    [20, 'SQL_CHECK'],
    [5, 'SQL_BUSY'],
    [261, 'SQL_BUSY'],
    [517, 'SQL_SERIALIZATION'],
    [6, 'SQL_BUSY'],
    [8, 'SQL_READ_ONLY'],
    [1032, 'SQL_READ_ONLY'],
    [13, 'SQL_STORAGE'],
    [266, 'SQL_STORAGE'],
    [11, 'SQL_STORAGE'],
    [26, 'SQL_STORAGE'],
    [14, 'SQL_CONNECTION'],
    [18, 'SQL_PARAMETER'],
    [9, 'SQL_ABORTED'],
    [1, 'SQL_SYNTAX'],
    [77, 'SQL_UNKNOWN'],
  ])('maps the number %i of node:sqlite to %s', (errcode, code) => {
    const error = Object.assign(new Error('boom'), { code: 'ERR_SQLITE_ERROR', errcode })
    expect(fromSqliteError(error, undefined)).toMatchObject({ code, cause: error })
  })

  it.each([
    ['SQLITE_CONSTRAINT_UNIQUE', 'SQL_UNIQUE'],
    ['SQLITE_BUSY', 'SQL_BUSY'],
    ['SQLITE_ERROR', 'SQL_SYNTAX'],
  ])('maps the name %s of bun:sqlite to %s', (name, code) => {
    expect(fromSqliteError(Object.assign(new Error('boom'), { code: name }), undefined)).toMatchObject({
      code,
    })
  })

  it.each([
    [
      'D1_ERROR: UNIQUE constraint failed: t.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)',
      'SQL_UNIQUE',
      't.name',
    ],
    ['D1_ERROR: UNIQUE constraint failed: t.name: SQLITE_CONSTRAINT', 'SQL_UNIQUE', 't.name'],
    ['D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT', 'SQL_FOREIGN_KEY', undefined],
    ['NOT NULL constraint failed: t.a: SQLITE_CONSTRAINT', 'SQL_NOT_NULL', 't.a'],
    ['CHECK constraint failed: a > 0: SQLITE_CONSTRAINT', 'SQL_CHECK', 'a > 0'],
    ['datatype mismatch: SQLITE_MISMATCH', 'SQL_CHECK', undefined],
    ['near "selec": syntax error at offset 0: SQLITE_ERROR', 'SQL_SYNTAX', undefined],
    ['D1_ERROR: near "selec": syntax error in selec 1 at offset 0', 'SQL_SYNTAX', undefined],
    ['database table is locked: SQLITE_LOCKED', 'SQL_BUSY', undefined],
    ['D1_ERROR: string or blob too big: SQLITE_TOOBIG', 'SQL_PARAMETER', undefined],
    ['D1_ERROR: D1 DB is overloaded. Too many requests queued.', 'SQL_BUSY', undefined],
    ['D1_ERROR: Network connection lost.', 'SQL_CONNECTION', undefined],
    ['D1_ERROR: D1 DB reset because its code was updated.', 'SQL_CONNECTION', undefined],
    ['D1_ERROR: D1 DB exceeded its CPU time limit and was reset.', 'SQL_CONNECTION', undefined],
    ['something else', 'SQL_UNKNOWN', undefined],
  ])('maps the message "%s" of workerd to %s', (message, code, constraint) => {
    const failure = fromSqliteError(new Error(message), 'select 1')
    expect(failure).toMatchObject({ code, details: { sql: 'select 1' } })
    expect(failure.details?.['constraint']).toBe(constraint)
  })

  it('believes the code at the end, not a name inside the message', () => {
    const named = new Error('no such column: x: SQLITE_BUSY overloaded UNIQUE: SQLITE_ERROR')
    expect(fromSqliteError(named, undefined)).toMatchObject({ code: 'SQL_SYNTAX' })
  })

  it('tells the place in a batch, and no SQL and no value in the message', () => {
    const error = Object.assign(new Error('UNIQUE constraint failed: t.secret'), { errcode: 2067 })
    const failure = fromSqliteError(error, 'insert into t', 3)
    expect(failure.details).toMatchObject({ index: 3, constraint: 't.secret', sql: 'insert into t' })
    expect(failure.message).not.toMatch(/secret|insert into/)
  })

  it('hands on an error of the set as it is', () => {
    const first = fromSqliteError(new Error('x: SQLITE_BUSY'), undefined)
    expect(fromSqliteError(first, 'other')).toBe(first)
  })
})
