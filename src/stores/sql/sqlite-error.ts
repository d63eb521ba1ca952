import type { ErrorCode, RockstarError } from '../../errors/index.ts'
import { isRockstarError } from '../../errors/index.ts'
import { sqlError } from './failure.ts'

/** SQLite's result codes (its names, without `SQLITE_`) that have a code of their own here. The longest prefix wins. */
const codes: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['CONSTRAINT_UNIQUE', 'SQL_UNIQUE'],
  ['CONSTRAINT_PRIMARYKEY', 'SQL_UNIQUE'],
  ['CONSTRAINT_ROWID', 'SQL_UNIQUE'],
  ['CONSTRAINT_FOREIGNKEY', 'SQL_FOREIGN_KEY'],
  ['CONSTRAINT_NOTNULL', 'SQL_NOT_NULL'],
  ['CONSTRAINT', 'SQL_CHECK'],
  ['MISMATCH', 'SQL_CHECK'],
  ['BUSY_SNAPSHOT', 'SQL_SERIALIZATION'],
  ['BUSY', 'SQL_BUSY'],
  ['LOCKED', 'SQL_BUSY'],
  ['READONLY', 'SQL_READ_ONLY'],
  ['INTERRUPT', 'SQL_ABORTED'],
  ['FULL', 'SQL_STORAGE'],
  ['NOMEM', 'SQL_STORAGE'],
  ['IOERR', 'SQL_STORAGE'],
  ['CORRUPT', 'SQL_STORAGE'],
  ['NOTADB', 'SQL_STORAGE'],
  ['TOOBIG', 'SQL_PARAMETER'],
  ['RANGE', 'SQL_PARAMETER'],
  ['CANTOPEN', 'SQL_CONNECTION'],
  ['PERM', 'SQL_CONNECTION'],
  ['AUTH', 'SQL_CONNECTION'],
  ['ERROR', 'SQL_SYNTAX'],
]

/** Names of the numbers, for clients that give a number only: https://www.sqlite.org/rescode.html */
const names: Readonly<Record<number, string>> = {
  1: 'ERROR',
  3: 'PERM',
  4: 'ABORT',
  5: 'BUSY',
  6: 'LOCKED',
  7: 'NOMEM',
  8: 'READONLY',
  9: 'INTERRUPT',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  18: 'TOOBIG',
  19: 'CONSTRAINT',
  20: 'MISMATCH',
  23: 'AUTH',
  25: 'RANGE',
  26: 'NOTADB',
  275: 'CONSTRAINT_CHECK',
  517: 'BUSY_SNAPSHOT',
  787: 'CONSTRAINT_FOREIGNKEY',
  1299: 'CONSTRAINT_NOTNULL',
  1555: 'CONSTRAINT_PRIMARYKEY',
  2067: 'CONSTRAINT_UNIQUE',
  2579: 'CONSTRAINT_ROWID',
}

/** The code of the SQL set for a result code by name (`SQLITE_BUSY`). Undefined for what is none of SQLite's. */
export function codeOfSqliteName(name: string): ErrorCode | undefined {
  if (!name.startsWith('SQLITE_')) return undefined
  return codes.find(([prefix]) => name.startsWith(prefix, 'SQLITE_'.length))?.[1]
}

/** The name of a result code by number, extended or not. The empty text for an unknown one. */
export function sqliteNameOf(number: number): string {
  const name = names[number] ?? names[number & 0xff]
  return name === undefined ? '' : `SQLITE_${name}`
}

/** The extended name of a broken constraint, from SQLite's own message, for who tells no extended code. */
export function constraintNameOf(message: string): string {
  const rule = /(UNIQUE|FOREIGN KEY|NOT NULL|CHECK) constraint failed/.exec(message)?.[1]
  return rule === undefined ? '' : `SQLITE_CONSTRAINT_${rule.replace(' ', '')}`
}

/** SQLite tells columns (`UNIQUE constraint failed: notes.slug`) or the text of a check. */
export function constraintOf(message: string): string | undefined {
  return /constraint failed: (.{1,200})/.exec(message)?.[1]
}

/** What workerd puts behind SQLite's message: ` : SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)`. */
const suffix = /: (SQLITE_[A-Z_]{1,40})(?: \(extended: (SQLITE_[A-Z_]{1,40})\))?$/

/**
 * Turns what a client of SQLite threw into an error of the SQL set, with the original as its cause. Takes the code from
 * wherever the client has it: `errcode` (node:sqlite), `code` (bun:sqlite), the end of the message (workerd, D1).
 */
export function fromSqliteError(error: unknown, sql: string | undefined, index?: number): RockstarError {
  if (isRockstarError(error)) return error
  const message = error instanceof Error ? error.message : ''
  const end = suffix.exec(message)
  const text = end === null ? message : message.slice(0, end.index)
  const found = [end?.[2] ?? '', codeFieldOf(error), constraintNameOf(text), end?.[1] ?? '']
  const engineCode = found.find((name) => name !== '')
  const code = found.map(codeOfSqliteName).find((each) => each !== undefined && each !== 'SQL_UNKNOWN')
  return sqlError(
    code ?? codeOfMessage(text),
    { engineCode, constraint: constraintOf(text), sql, index },
    error,
  )
}

/** What has no result code: D1's own failures, and those of a closed handle. */
function codeOfMessage(message: string): ErrorCode {
  if (/overloaded|too many requests/i.test(message)) return 'SQL_BUSY'
  if (
    /network connection lost|client disconnected|(?:was|be) reset|reset because|cannot resolve/i.test(message)
  ) {
    return 'SQL_CONNECTION'
  }
  if (/syntax error|no such (?:table|column|function)/i.test(message)) return 'SQL_SYNTAX'
  if (/database is not open|closed database|has (?:been )?finalized/i.test(message)) return 'SQL_CLOSED'
  return 'SQL_UNKNOWN'
}

function codeFieldOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('errcode' in error && typeof error.errcode === 'number') return sqliteNameOf(error.errcode)
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_')
    ? error.code
    : ''
}
