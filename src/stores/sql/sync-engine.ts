import type { SqlCapability, SqlParameters, SqlResult, SqlRow } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import type { SqlTimer } from './limit.ts'

/**
 * What differs between databases of SQLite that run on the caller's thread and have one connection. `Request` is a
 * statement's parameters as the client takes them.
 */
export interface SyncEngine<Request> {
  /** Name of the driver, for messages. */
  readonly name: string
  readonly capabilities: readonly SqlCapability[]
  /** Checks parameters and puts them into order. */
  bind(statement: CompiledStatement, params: SqlParameters | undefined): Request
  /** Runs a statement. Throws an error of the SQL set; `SQL_BUSY` has done nothing. */
  execute(statement: CompiledStatement, request: Request, maxRows: number): SqlResult
  /** Runs `work` in a transaction of its own: keeps what it did, or nothing when it throws. */
  atomically<Value>(work: () => Value): Value
  /** Begins a transaction that spans turns of the event loop. Rejects with an error of the SQL set. */
  begin(readOnly: boolean, timer: SqlTimer): Promise<SyncTransaction>
  /** Begins to read rows one by one. Throws an error of the SQL set. */
  read(statement: CompiledStatement, request: Request): RowReader
  /** Frees what the engine holds. Nothing may run any more. */
  close(): void
}

/** A transaction that an engine has begun. */
export interface SyncTransaction {
  /** For waits inside the transaction. */
  readonly timer: SqlTimer
  /** Makes, undoes or releases a savepoint. */
  command(sql: string): Promise<void>
  /** `SQL_BUSY` leaves it open: try again. */
  commit(): Promise<void>
  /** Never rejects. */
  rollback(): Promise<void>
}

/** Rows that are read one by one. */
export interface RowReader {
  /** The next row, or null at the end. Throws an error of the SQL set. */
  next(): SqlRow | null
  /** Frees the statement. May be called again. */
  close(): void
}
