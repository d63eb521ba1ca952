import type { ErrorCode, RockstarError } from '../../errors/index.ts'
import { isRockstarError } from '../../errors/index.ts'
import { sqlError } from './failure.ts'

/** SQLSTATE by code (PostgreSQL documentation, appendix A). */
const states: Readonly<Record<string, ErrorCode>> = {
  '23505': 'SQL_UNIQUE',
  '23503': 'SQL_FOREIGN_KEY',
  '23502': 'SQL_NOT_NULL',
  '23514': 'SQL_CHECK',
  '23P01': 'SQL_UNIQUE',
  '40P01': 'SQL_DEADLOCK',
  '40001': 'SQL_SERIALIZATION',
  '55P03': 'SQL_BUSY',
  '57014': 'SQL_ABORTED',
  '25006': 'SQL_READ_ONLY',
  '22P02': 'SQL_PARAMETER',
  '22P03': 'SQL_PARAMETER',
  '22021': 'SQL_PARAMETER',
  '53300': 'SQL_CONNECTION',
  '26000': 'SQL_CONNECTION',
}

/** By the first two characters, for what is not listed above. */
const classes: Readonly<Record<string, ErrorCode>> = {
  '08': 'SQL_CONNECTION',
  '22': 'SQL_CHECK',
  '23': 'SQL_CHECK',
  '25': 'SQL_TRANSACTION_STATE',
  '28': 'SQL_CONNECTION',
  '3D': 'SQL_CONNECTION',
  '42': 'SQL_SYNTAX',
  '53': 'SQL_STORAGE',
  '57': 'SQL_CONNECTION',
  '58': 'SQL_STORAGE',
}

/** Codes of sockets, and what the client says of a connection that is gone. */
const lost = /^(?:E(?:CONN|PIPE|TIMEDOUT|NOTFOUND|HOSTUNREACH|NETUNREACH|AI_AGAIN)|ERR_SOCKET)/
const lostMessage =
  /connection (?:terminated|ended)|client (?:was closed|has encountered)|timeout exceeded when trying/i

/** Turns what the client threw into an error of the SQL set, with the original as its cause. */
export function fromPostgresError(error: unknown, sql: string | undefined, index?: number): RockstarError {
  if (isRockstarError(error)) return error
  const code = textOf(error, 'code')
  const message = error instanceof Error ? error.message : ''
  return sqlError(
    codeOf(code, message),
    { engineCode: code, constraint: textOf(error, 'constraint') || textOf(error, 'column'), sql, index },
    error,
  )
}

/** Is the connection that this came on of no more use? */
export function isLost(error: RockstarError): boolean {
  return error.code === 'SQL_CONNECTION' || error.code === 'SQL_UNKNOWN'
}

function codeOf(code: string, message: string): ErrorCode {
  if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E'))
    return states[code] ?? classes[code.slice(0, 2)] ?? 'SQL_UNKNOWN'
  return lost.test(code) || lostMessage.test(message) ? 'SQL_CONNECTION' : 'SQL_UNKNOWN'
}

function textOf(error: unknown, name: string): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
  return typeof value === 'string' ? value : ''
}
