/** A value as SQLite's built-in clients take it. */
export type SqliteArgument = string | number | bigint | Uint8Array | null

/** A value as they give it. Integers are bigints. */
export type SqliteCell = string | number | bigint | Uint8Array | null | undefined

/** A column of a statement's rows. */
export interface SqliteColumn {
  readonly name: string
  /** The declared type; null for an expression. */
  readonly type: string | null
}

/** What a statement without rows did. */
export interface SqliteChanges {
  readonly changes: number | bigint
  readonly lastInsertRowid: number | bigint
}

/** A prepared statement. */
export interface SqliteStatementLike {
  /** Does it give rows? */
  readonly hasRows: boolean
  /** The columns as they are now. Meaningful once it has run: a change of the schema may have changed them. */
  columns(): readonly SqliteColumn[]
  /** The rows, each by position. Ending the iteration resets the statement. */
  rows(args: readonly SqliteArgument[]): IterableIterator<readonly SqliteCell[]>
  run(args: readonly SqliteArgument[]): SqliteChanges
  /** Frees it, where the client can. May be called once only. */
  finalize(): void
}

/** A database of SQLite that a runtime has built in, as `nodeSqlite()` or `bunSqlite()` gives it. */
export interface SqliteDatabaseLike {
  /** `node:sqlite` or `bun:sqlite`. */
  readonly name: string
  /** Is a transaction open? */
  readonly inTransaction: boolean
  prepare(sql: string): SqliteStatementLike
  /** Runs a command without parameters or rows. */
  exec(sql: string): void
}
