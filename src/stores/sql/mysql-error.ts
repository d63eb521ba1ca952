import type { ErrorCode, RockstarError } from '../../errors/index.ts'
import { isRockstarError } from '../../errors/index.ts'
import { sqlError } from './failure.ts'

/** Numbers of MySQL and MariaDB by code. */
const numbers: Readonly<Record<number, ErrorCode>> = {
  1062: 'SQL_UNIQUE',
  1586: 'SQL_UNIQUE',
  1216: 'SQL_FOREIGN_KEY',
  1217: 'SQL_FOREIGN_KEY',
  1451: 'SQL_FOREIGN_KEY',
  1452: 'SQL_FOREIGN_KEY',
  1048: 'SQL_NOT_NULL',
  1364: 'SQL_NOT_NULL',
  3819: 'SQL_CHECK',
  4025: 'SQL_CHECK',
  1264: 'SQL_CHECK',
  1265: 'SQL_CHECK',
  1292: 'SQL_CHECK',
  1366: 'SQL_CHECK',
  1406: 'SQL_CHECK',
  1690: 'SQL_CHECK',
  1213: 'SQL_DEADLOCK',
  1020: 'SQL_SERIALIZATION',
  1205: 'SQL_BUSY',
  3572: 'SQL_BUSY',
  1317: 'SQL_ABORTED',
  1969: 'SQL_ABORTED',
  3024: 'SQL_ABORTED',
  1792: 'SQL_READ_ONLY',
  1290: 'SQL_READ_ONLY',
  1568: 'SQL_TRANSACTION_STATE',
  1305: 'SQL_SYNTAX',
  1054: 'SQL_SYNTAX',
  1064: 'SQL_SYNTAX',
  1146: 'SQL_SYNTAX',
  1051: 'SQL_SYNTAX',
  1052: 'SQL_SYNTAX',
  1091: 'SQL_SYNTAX',
  1109: 'SQL_SYNTAX',
  1136: 'SQL_SYNTAX',
  1040: 'SQL_CONNECTION',
  1044: 'SQL_CONNECTION',
  1045: 'SQL_CONNECTION',
  1049: 'SQL_CONNECTION',
  1053: 'SQL_CONNECTION',
  1927: 'SQL_CONNECTION',
  2006: 'SQL_CONNECTION',
  2013: 'SQL_CONNECTION',
  1021: 'SQL_STORAGE',
  1114: 'SQL_STORAGE',
}

const lost = /^(?:PROTOCOL_|E(?:CONN|PIPE|TIMEDOUT|NOTFOUND|HOSTUNREACH|NETUNREACH|AI_AGAIN)|ERR_SOCKET)/

/** Turns what the client threw into an error of the SQL set, with the original as its cause. */
export function fromMysqlError(error: unknown, sql: string | undefined, index?: number): RockstarError {
  if (isRockstarError(error)) return error
  const number = numberOf(error)
  const name = textOf(error, 'code')
  const state = textOf(error, 'sqlState')
  const message = textOf(error, 'message')
  const constraint = /(?:for key|CONSTRAINT|column|constraint) ['"`]([^'"`]{1,200})['"`]/i.exec(message)?.[1]
  return sqlError(
    codeOf(number, name, state, message),
    { engineCode: name || String(number), constraint, sql, index },
    error,
  )
}

/** Can the statement not be prepared? It is then sent whole. */
export function isUnpreparable(error: unknown): boolean {
  return numberOf(error) === 1295
}

/** Is the connection that this came on of no more use? */
export function isLost({ code }: RockstarError): boolean {
  return code === 'SQL_CONNECTION' || code === 'SQL_UNKNOWN'
}

function codeOf(number: number, name: string, state: string, message: string): ErrorCode {
  const known = numbers[number]
  if (known !== undefined) return known
  if (lost.test(name) || /closed state|Pool is closed|connection is in closed/i.test(message))
    return 'SQL_CONNECTION'
  if (state.startsWith('42')) return 'SQL_SYNTAX'
  if (state.startsWith('22') || state.startsWith('23')) return 'SQL_CHECK'
  return state.startsWith('08') ? 'SQL_CONNECTION' : 'SQL_UNKNOWN'
}

function numberOf(error: unknown): number {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errno') : undefined
  return typeof value === 'number' ? value : 0
}

function textOf(error: unknown, name: string): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
  return typeof value === 'string' ? value : ''
}
