import { describe, expect, it } from 'vitest'
import { fromLibsqlError } from '../../../src/stores/sql/libsql-error.ts'

function engineError(code: string, extendedCode?: string, message = 'boom'): Error {
  return Object.assign(new Error(message), { code, extendedCode })
}

describe('fromLibsqlError', () => {
  it.each([
    ['SQLITE_CONSTRAINT', 'SQLITE_CONSTRAINT_UNIQUE', 'SQL_UNIQUE'],
    ['SQLITE_CONSTRAINT', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'SQL_UNIQUE'],
    ['SQLITE_CONSTRAINT', 'SQLITE_CONSTRAINT_FOREIGNKEY', 'SQL_FOREIGN_KEY'],
    ['SQLITE_CONSTRAINT', 'SQLITE_CONSTRAINT_NOTNULL', 'SQL_NOT_NULL'],
    ['SQLITE_CONSTRAINT', 'SQLITE_CONSTRAINT_TRIGGER', 'SQL_CHECK'],
    ['SQLITE_BUSY', undefined, 'SQL_BUSY'],
    ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQL_SERIALIZATION'],
    ['SQLITE_READONLY', 'SQLITE_READONLY_DBMOVED', 'SQL_READ_ONLY'],
    ['SQLITE_FULL', undefined, 'SQL_STORAGE'],
    ['SQLITE_CORRUPT', undefined, 'SQL_STORAGE'],
    ['SQLITE_IOERR', 'SQLITE_IOERR_FSYNC', 'SQL_STORAGE'],
    ['SQLITE_CANTOPEN', undefined, 'SQL_CONNECTION'],
    ['SQLITE_ERROR', undefined, 'SQL_SYNTAX'],
    ['HRANA_WEBSOCKET_ERROR', undefined, 'SQL_CONNECTION'],
    ['CLIENT_CLOSED', undefined, 'SQL_CLOSED'],
    ['SOMETHING_NEW', undefined, 'SQL_UNKNOWN'],
  ])('maps %s (%s) to %s', (code, extended, expected) => {
    expect(fromLibsqlError(engineError(code, extended), undefined)).toMatchObject({ code: expected })
  })

  it('keeps the engine’s error as cause and the key in the details', () => {
    const error = engineError(
      'SQLITE_CONSTRAINT',
      'SQLITE_CONSTRAINT_UNIQUE',
      'UNIQUE constraint failed: notes.slug',
    )
    expect(fromLibsqlError(error, 'insert into notes')).toMatchObject({
      cause: error,
      details: { constraint: 'notes.slug', engineCode: 'SQLITE_CONSTRAINT_UNIQUE', sql: 'insert into notes' },
    })
  })

  it('keeps no more than the beginning of a statement', () => {
    const mapped = fromLibsqlError(engineError('SQLITE_ERROR'), 'x'.repeat(10_000))
    expect(mapped).toMatchObject({ details: { sql: 'x'.repeat(500) } })
  })

  it.each([
    ['UNIQUE constraint failed: t.a', 'SQL_UNIQUE'],
    ['FOREIGN KEY constraint failed', 'SQL_FOREIGN_KEY'],
    ['NOT NULL constraint failed: t.a', 'SQL_NOT_NULL'],
    ['CHECK constraint failed: a', 'SQL_CHECK'],
  ])('tells %s by its message when a server gives no extended code', (message, expected) => {
    const error = engineError('SQLITE_CONSTRAINT', undefined, `SQLite error: ${message}`)
    expect(fromLibsqlError(error, undefined)).toMatchObject({ code: expected })
  })

  it('takes a failed fetch for a lost connection', () => {
    expect(fromLibsqlError(new TypeError('fetch failed'), undefined)).toMatchObject({
      code: 'SQL_CONNECTION',
    })
  })
})
