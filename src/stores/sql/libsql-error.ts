import type { ErrorCode, RockstarError } from '../../errors/index.ts'
import { isRockstarError } from '../../errors/index.ts'
import { sqlError } from './failure.ts'
import { codeOfSqliteName, constraintNameOf, constraintOf } from './sqlite-error.ts'

/** Codes of the client itself. */
const clientCodes: Readonly<Record<string, ErrorCode>> = {
  CLIENT_CLOSED: 'SQL_CLOSED',
  TRANSACTION_CLOSED: 'SQL_TRANSACTION_STATE',
  HRANA_CLOSED_ERROR: 'SQL_CONNECTION',
  HRANA_WEBSOCKET_ERROR: 'SQL_CONNECTION',
  SERVER_ERROR: 'SQL_CONNECTION',
  SQL_INPUT_ERROR: 'SQL_SYNTAX',
  SQL_PARSE_ERROR: 'SQL_SYNTAX',
  TRANSACTION_TIMEOUT: 'SQL_TIMEOUT',
}

/** What the client's errors have, as far as we look. */
interface ErrorFacts {
  readonly code: string
  readonly extendedCode: string
  readonly message: string
  readonly statementIndex: number | undefined
}

/** Turns what the client threw into an error of the SQL set, with the original as its cause. */
export function fromLibsqlError(error: unknown, sql: string | undefined): RockstarError {
  return isRockstarError(error) ? error : withIndex(error, sql, readFacts(error).statementIndex)
}

/** As `fromLibsqlError`, for a statement at a place in a batch. */
export function withIndex(error: unknown, sql: string | undefined, index: number | undefined): RockstarError {
  const facts = readFacts(error)
  const engineCode = facts.extendedCode === '' ? facts.code : facts.extendedCode
  return sqlError(
    codeOf(error, facts),
    { engineCode, constraint: constraintOf(facts.message), sql, index },
    error,
  )
}

/** Did the engine refuse because of a lock, before it did anything? */
export function isLockError(error: unknown): boolean {
  const { code } = readFacts(error)
  return code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED'
}

/** Did the client refuse because its only connection is in a transaction? So it is with a database in memory. */
export function isSingleConnectionError(error: unknown): boolean {
  return readFacts(error).code === 'TRANSACTION_ACTIVE'
}

function codeOf(error: unknown, facts: ErrorFacts): ErrorCode {
  const own = clientCodes[facts.code]
  if (own !== undefined) return own
  for (const name of [facts.extendedCode, constraintName(facts), facts.code]) {
    const found = codeOfSqliteName(name)
    if (found !== undefined) return found
  }
  // The client throws it for an integer over 2^53 unless it was opened with intMode 'bigint'.
  if (error instanceof RangeError) return 'SQL_RESULT'
  // What `fetch` rejects with when nobody answers.
  if (error instanceof TypeError && /fetch|network/i.test(facts.message)) return 'SQL_CONNECTION'
  return 'SQL_UNKNOWN'
}

/** A server may tell no extended code: then SQLite's own message has it. */
function constraintName(facts: ErrorFacts): string {
  return facts.code === 'SQLITE_CONSTRAINT' ? constraintNameOf(facts.message) : ''
}

function readFacts(error: unknown): ErrorFacts {
  return {
    code: textOf(error, 'code'),
    extendedCode: textOf(error, 'extendedCode'),
    message: textOf(error, 'message'),
    statementIndex: indexOf(error),
  }
}

function textOf(error: unknown, key: 'code' | 'extendedCode' | 'message'): string {
  if (typeof error !== 'object' || error === null || !(key in error)) return ''
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' ? value : ''
}

function indexOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statementIndex' in error)) return undefined
  return typeof error.statementIndex === 'number' ? error.statementIndex : undefined
}
