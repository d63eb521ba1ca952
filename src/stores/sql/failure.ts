import type { ErrorCode } from '../../errors/index.ts'
import { RockstarError } from '../../errors/index.ts'
import type { SqlCapability } from '../contract.ts'

/** Facts about a failure that logs may show. */
export interface FailureFacts {
  /** The engine's own code. */
  readonly engineCode?: string | undefined
  /** The key, column or rule that was broken, as the engine names it. */
  readonly constraint?: string | undefined
  /** The statement. Only its beginning is kept. */
  readonly sql?: string | undefined
  /** Its place in a batch. */
  readonly index?: number | undefined
}

/** Messages by code: what was expected, what came, what to do. No SQL and no value: a message may reach a client. */
const messages: Partial<Record<ErrorCode, string>> = {
  SQL_UNIQUE:
    'Expected a value that no other row has, got one that exists; choose another or use "on conflict"',
  SQL_FOREIGN_KEY:
    'Expected a row that the other one points to, got none; write it first, or delete in order',
  SQL_NOT_NULL: 'Expected a value for a column that must have one, got null; pass a value',
  SQL_CHECK: 'Expected a value that the rules of the table allow, got another; pass one that they allow',
  SQL_SYNTAX:
    'Expected a statement that the database understands, got another; see details.sql and the cause',
  SQL_BUSY: 'Expected the lock of the database in time, but someone else held it; try again',
  SQL_CONNECTION:
    'Expected an answer of the database, but it cannot be reached or refused us; check its address',
  SQL_CLOSED: 'Expected an open database, got a closed one; use it before it is closed',
  SQL_READ_ONLY:
    'Expected a statement that only reads, got one that writes; use a transaction that may write',
  SQL_STORAGE: 'Expected room and an intact file, but the database has not; see the cause',
  SQL_ABORTED: 'Expected the database to finish the statement, but it was interrupted',
  SQL_RESULT:
    'Expected integers that the client can represent; open it with 64-bit integers (intMode: "bigint")',
}

/** Makes an error of the SQL set. */
export function sqlError(code: ErrorCode, facts: FailureFacts, cause?: unknown): RockstarError {
  const details: Record<string, unknown> = {}
  if (facts.engineCode !== undefined) details['engineCode'] = facts.engineCode.slice(0, 100)
  if (facts.constraint !== undefined) details['constraint'] = facts.constraint.slice(0, 200)
  if (facts.sql !== undefined) details['sql'] = facts.sql.slice(0, 500)
  if (facts.index !== undefined) details['index'] = facts.index
  const message = messages[code] ?? 'Expected the database to run the statement, but it failed; see the cause'
  return new RockstarError(code, message, { cause, details })
}

/** The refusal of an operation that a driver does not claim. */
export function unsupportedError(store: string, capability: SqlCapability, advice: string): RockstarError {
  return new RockstarError(
    'STORE_UNSUPPORTED',
    `Expected a store with the capability "${capability}", got ${store}, which has it not; ${advice}`,
    { details: { store, capability } },
  )
}

/** Rows that cannot be had: the first read rejects. */
export function refusedRows(refuse: () => RockstarError): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refuse()) }) }
}

/** The same error with its place in a batch. */
export function withPlace(error: RockstarError, index: number): RockstarError {
  return new RockstarError(error.code, error.message, {
    cause: error.cause,
    details: { ...error.details, index },
  })
}
