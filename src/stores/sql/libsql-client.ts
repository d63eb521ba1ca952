import type { LibsqlArgument, LibsqlResultLike } from './libsql-values.ts'

/** One statement as the client takes it. */
export interface LibsqlStatementLike {
  sql: string
  args: LibsqlArgument[]
}

/** A transaction of the client. */
export interface LibsqlTransactionLike {
  readonly closed: boolean
  execute(statement: LibsqlStatementLike): Promise<LibsqlResultLike>
  executeMultiple(sql: string): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  close(): void
}

/** The parts of an `@libsql/client` client that the driver uses. */
export interface LibsqlClientLike {
  /** `file` for a database in this process, else that of the wire. */
  readonly protocol: string
  execute(statement: LibsqlStatementLike): Promise<LibsqlResultLike>
  batch(statements: LibsqlStatementLike[], mode: 'read' | 'write'): Promise<LibsqlResultLike[]>
  transaction(mode: 'write' | 'deferred'): Promise<LibsqlTransactionLike>
}
