/** The SQL that an engine speaks. Each has its own folder of statements. */
export type SqlDialect = 'sqlite' | 'postgres' | 'mysql' | 'mssql'

/**
 * What a driver can do. What it does not claim, it refuses with `STORE_UNSUPPORTED`.
 *
 * - `transaction`: statements that depend on each other's results run as one (`transaction`)
 * - `savepoint`: transactions nest
 * - `isolation`: `isolation` of a transaction is honoured; the engine may give a stricter level
 * - `batch`: several statements run as one, none depending on another's result (`batch`)
 * - `transactional-ddl`: `create table` and the like are undone by a rollback
 * - `stream`: rows are handed over while they are read, in bounded memory
 * - `cancel`: an abort or a timeout stops the running statement in the engine, not only the wait for it
 * - `returning`: `insert … returning` and the like give rows
 * - `last-id`: `lastId` of a result is known
 * - `column-types`: declared types are known, so that booleans come back as booleans
 * - `concurrent-reads`: a read is answered although a transaction has written and not committed
 */
export type SqlCapability =
  | 'transaction'
  | 'savepoint'
  | 'isolation'
  | 'batch'
  | 'transactional-ddl'
  | 'stream'
  | 'cancel'
  | 'returning'
  | 'last-id'
  | 'column-types'
  | 'concurrent-reads'

/** A value that is stored as JSON text; made by `sqlJson()`. */
export interface SqlJson {
  readonly kind: 'sql.json'
  /** The JSON text. */
  readonly text: string
}

/**
 * A value that a parameter takes. A whole number within ±(2^53-1) is sent as an integer, any other number as a
 * double. `Date` is sent as UTC with milliseconds.
 *
 * Refused with `SQL_PARAMETER`: `undefined`, NaN and infinities, an invalid `Date`, an integer outside 64 bits, text
 * with a lone surrogate, and text with NUL where the engine cannot keep it. Nothing is changed silently.
 */
export type SqlParameter = string | number | bigint | boolean | null | Uint8Array | Date | SqlJson

/** Parameters by name, without the colon. Every name of the statement must be there, and no other. */
export type SqlParameters = Readonly<Record<string, SqlParameter>>

/**
 * A value of a row, alike in every dialect:
 *
 * - an integer is a number when it is within ±(2^53-1), else a bigint
 * - a double is a number; an exact decimal is text, so that no digit is lost
 * - a column declared as boolean is a boolean where the driver has `column-types`, else 0 or 1
 * - a moment in time is text as `Date.prototype.toISOString` writes it; a date alone is `YYYY-MM-DD`
 * - JSON is text
 * - bytes are a `Uint8Array` of their own memory
 */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array<ArrayBuffer>

/** A row by column name. Of two columns with one name the later one is there. */
export type SqlRow = Readonly<Record<string, SqlValue>>

/** What one statement did. */
export interface SqlResult {
  /** In the order of the engine. Empty for a statement that returns none. */
  readonly rows: readonly SqlRow[]
  /** Names of the columns in order; empty for a statement that returns no rows. */
  readonly columns: readonly string[]
  /** Rows inserted, updated or deleted by this statement itself; 0 for a read. Changes of triggers do not count. */
  readonly changes: number
  /**
   * The number that the engine gave the last inserted row. Null where there is none: no `last-id`, no insert, nothing
   * inserted, or an insert that may update (`on conflict`). For these use `returning`.
   */
  readonly lastId: number | bigint | null
}

/** Bounds of one wait. */
export interface SqlOptions {
  /** Ends the wait with `SQL_ABORTED`; the reason is its cause. What runs without `cancel` may still take effect. */
  readonly signal?: AbortSignal | undefined
  /** Ends the wait with `SQL_TIMEOUT`. In milliseconds, 1 to 2,147,483,647. Default: 30,000. */
  readonly timeoutMs?: number
}

/** Bounds of one query. */
export interface SqlQueryOptions extends SqlOptions {
  /** More rows than this are `SQL_RESULT`. 0 to 2^53-1. Default: 100,000. */
  readonly maxRows?: number
}

/** Isolation levels of SQL:2023, and snapshot isolation. An engine may give a stricter one. */
export type SqlIsolation =
  | 'read-uncommitted'
  | 'read-committed'
  | 'repeatable-read'
  | 'snapshot'
  | 'serializable'

/** How a transaction runs. */
export interface SqlTransactionOptions extends SqlOptions {
  /** Default: what the engine does. Only the outermost transaction may choose. */
  readonly isolation?: SqlIsolation
  /** Refuses statements that write (`SQL_READ_ONLY`); may run beside a writer. Default: false. */
  readonly readOnly?: boolean
}

/** One statement of a batch. */
export interface SqlBatchStatement {
  readonly sql: string
  readonly params?: SqlParameters
}

/**
 * What takes statements: a driver, or a transaction of it.
 *
 * A statement is one SQL statement in the driver's dialect, with named parameters (`:name`); a name may stand more
 * than once. Text after a first statement is `SQL_SYNTAX`, `begin`, `commit` and the like are `SQL_TRANSACTION_STATE`.
 * Errors are `RockstarError` with a code of the `SQL_` set, the engine's own as cause. Messages hold neither SQL nor
 * values; `details.sql` has the beginning of the statement.
 */
export interface SqlSession {
  readonly dialect: SqlDialect
  readonly capabilities: ReadonlySet<SqlCapability>
  /** Runs one statement. */
  query(sql: string, params?: SqlParameters, options?: SqlQueryOptions): Promise<SqlResult>
  /**
   * Runs statements in order, all or none, and resolves to their results in that order. The error of one has its
   * place in `details.index`. Needs `batch`.
   */
  batch(statements: readonly SqlBatchStatement[], options?: SqlOptions): Promise<readonly SqlResult[]>
  /**
   * Runs `run` in a transaction: commits when it resolves, rolls back and rejects with the same error when it rejects.
   * On a transaction it nests by a savepoint, and only the nested one may be used until it ends.
   *
   * Await everything inside `run`, and use only the session that it gets: the driver itself may have to wait for this
   * transaction. A statement that failed dooms its transaction on every engine, as PostgreSQL does it: further ones
   * are `SQL_TRANSACTION_STATE`. What may fail goes into a nested transaction. When the bound passes, it is rolled
   * back at once, whatever `run` still does. Needs `transaction`, or `savepoint` for a nested one.
   */
  transaction<Result>(
    run: (transaction: SqlSession) => Promise<Result>,
    options?: SqlTransactionOptions,
  ): Promise<Result>
  /**
   * Reads rows while they come, at most a bounded number ahead. Leaving the loop frees the connection. The bound of
   * time is for each wait, not for the whole. Never throws itself; the first read rejects. Needs `stream`.
   */
  stream(sql: string, params?: SqlParameters, options?: SqlOptions): AsyncIterable<SqlRow>
}

/**
 * A SQL client, adapted. The client is handed in; whoever created it closes it, after the driver.
 *
 * Committed is durable as far as the client's settings say. Statements that are not awaited run in any order.
 */
export interface SqlDriver extends SqlSession {
  /** For messages: `libsql`, `d1`, `postgres`. */
  readonly name: string
  /**
   * Takes no more calls (`SQL_CLOSED`), lets what runs end within its own bounds, and frees what the driver itself
   * holds. Calling it again returns the same promise.
   */
  close(): Promise<void>
}
