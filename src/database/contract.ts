import type { ErrorCode } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'
import type {
  SqlDialect,
  SqlDriver,
  SqlOptions,
  SqlParameters,
  SqlQueryOptions,
  SqlRow,
  SqlTransactionOptions,
} from '../stores/contract.ts'

/** A statement with its values in place; made by the tag `sql`. The values are parameters, never text. */
export interface SqlTemplate {
  readonly kind: 'sql.template'
  readonly sql: string
  readonly params: SqlParameters
}

/** SQL with named parameters, or a template. */
export type Statement = string | SqlTemplate

/** What a statement without rows did. */
export interface ExecResult {
  /** Rows inserted, updated or deleted. */
  readonly changes: number
  /** The number of the last inserted row, or null where the engine tells none: then use `returning`. */
  readonly lastId: number | bigint | null
}

/** One statement of `Database.batch`. */
export interface BatchEntry {
  readonly statement: Statement
  readonly params?: SqlParameters
}

/**
 * A database as a handler sees it: `ctx.db`. Every call is bounded by the request: its signal aborts it
 * (`SQL_ABORTED`), and `timeoutMs` ends the wait (`SQL_TIMEOUT`). `options.signal` replaces the request's.
 *
 * The type of a row is what the caller says it is; nothing checks it. Values are as `SqlValue` tells, parameters as
 * `SqlParameter` does. Errors have codes of the `SQL_` set.
 */
export interface Database {
  /** All rows. More than `maxRows` are `SQL_RESULT`. */
  query<Row extends object = SqlRow>(
    statement: Statement,
    params?: SqlParameters,
    options?: SqlQueryOptions,
  ): Promise<readonly Row[]>
  /** The one row, or null. More than one is `SQL_TOO_MANY_ROWS`. */
  one<Row extends object = SqlRow>(
    statement: Statement,
    params?: SqlParameters,
    options?: SqlOptions,
  ): Promise<Row | null>
  /** Runs a statement for what it does. */
  exec(statement: Statement, params?: SqlParameters, options?: SqlOptions): Promise<ExecResult>
  /** All rows of a statement of the catalogue, in the dialect of the driver. `SQL_STATEMENT_UNKNOWN` for none. */
  named<Row extends object = SqlRow>(
    name: string,
    params?: SqlParameters,
    options?: SqlQueryOptions,
  ): Promise<readonly Row[]>
  /** As `one`, for a statement of the catalogue. */
  namedOne<Row extends object = SqlRow>(
    name: string,
    params?: SqlParameters,
    options?: SqlOptions,
  ): Promise<Row | null>
  /** As `exec`, for a statement of the catalogue. */
  namedExec(name: string, params?: SqlParameters, options?: SqlOptions): Promise<ExecResult>
  /** Runs statements in order, all or none. Works on every engine, those without `transaction` too. */
  batch(entries: readonly BatchEntry[], options?: SqlOptions): Promise<readonly ExecResult[]>
  /**
   * Runs `run` in a transaction: kept when it resolves, undone when it rejects. Use only the database that `run` gets,
   * and await all work in it. A statement that failed dooms the transaction; what may fail goes into a nested one.
   */
  transaction<Result>(
    run: (transaction: Database) => Promise<Result>,
    options?: SqlTransactionOptions,
  ): Promise<Result>
  /** Rows while they are read, in bounded memory. `STORE_UNSUPPORTED` where the driver has no `stream`. */
  stream<Row extends object = SqlRow>(
    statement: Statement,
    params?: SqlParameters,
    options?: SqlOptions,
  ): AsyncIterable<Row>
  /** The driver behind it, opened. Its calls are not bounded by the request. */
  driver(): Promise<SqlDriver>
  /**
   * The same database without its replicas. Otherwise a statement that only reads may be answered by one of them, unless
   * this request, or this process a moment ago, has written.
   */
  readonly primary: Database
  /** Another database of the app, by its name. `DATABASE_UNKNOWN` for a name that is not configured. */
  on(name: string): Database
}

/** How one database is. */
export interface DatabaseHealth {
  /** `primary`, `replica 1`, …; behind the name of the database and a slash for one that has a name. */
  readonly name: string
  readonly ok: boolean
  /** How long the answer took, in milliseconds. */
  readonly ms: number
  /** Why it is not well; null when it is. */
  readonly code: ErrorCode | null
}

/** Statements by name and dialect. */
export interface Catalogue {
  /** Sorted. */
  readonly names: readonly string[]
  /** `SQL_STATEMENT_UNKNOWN` for a name or a dialect that is not there. */
  text(name: string, dialect: SqlDialect): string
}

/** The texts of a catalogue: `{ sqlite: { 'find-note': 'select …' } }`. */
export type CatalogueSource = Readonly<Partial<Record<SqlDialect, Readonly<Record<string, string>>>>>

/** Where the signal of a request comes from; asked only when a statement runs. */
export interface DatabaseScope {
  readonly signal: AbortSignal
}

/** The rules of a database: bounds, events, the catalogue. Keeps no bytes. */
export interface DatabaseManager {
  /** Without a request: for the start, for work in the background. */
  readonly database: Database
  /** Bound to a request. */
  for(scope: DatabaseScope): Database
  /** Asks the primary and every replica for one row, each within `timeoutMs` (default: 5,000). Never rejects. */
  health(timeoutMs?: number): Promise<readonly DatabaseHealth[]>
  /** The driver, opened and migrated. Concurrent calls share one opening; one that failed is tried again. */
  driver(): Promise<SqlDriver>
  /** Closes the driver if the manager opened it. Afterwards everything is `SQL_CLOSED`. Idempotent. */
  close(): Promise<void>
}

/** A step of the schema: `migrations/<dialect>/0001-notes/{up,down}.sql`. */
export interface Migration {
  /** `NNNN-name`: at least four digits, then lower-case words with dashes. The number is unique and gives the order. */
  readonly name: string
  /** The script forth. In SQLite foreign keys cannot be switched off in it: `pragma defer_foreign_keys = on` can. */
  readonly up: string
  /** The script back, or null if there is none. */
  readonly down: string | null
}

/**
 * How a migration stands.
 *
 * - `applied`, `pending`: as it should be
 * - `changed`: edited after it ran
 * - `missing`: ran, and is no longer there
 * - `out-of-order`: has not run although a later one has
 */
export type MigrationState = 'applied' | 'pending' | 'changed' | 'missing' | 'out-of-order'

/** One line of a status. */
export interface MigrationStatus {
  readonly name: string
  readonly state: MigrationState
  /** When it ran, in milliseconds since the Unix epoch; null if it has not. */
  readonly appliedAt: number | null
}

/** What was run, or would be in a dry run. */
export interface MigrationStep {
  readonly name: string
  readonly direction: 'up' | 'down'
  readonly statements: readonly string[]
}

/** Which migrations to run. */
export interface MigrateOptions {
  /** Only tell what would be done. Writes nothing, not even the journal. Default: false. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs migrations, each as one with its entry in the journal (`rockstar_migrations`): it is there wholly or not at all.
 * Processes that start at once migrate once: the others wait for the lock (`rockstar_migration_lock`), then find
 * nothing to do. `MIGRATION_CHANGED`, `MIGRATION_MISSING`, `MIGRATION_ORDER` name the file before anything runs.
 */
export interface Migrator {
  /** Runs what is pending, up to and with `to`. */
  up(options?: MigrateOptions & { readonly to?: string }): Promise<readonly MigrationStep[]>
  /** Undoes the last `steps` migrations. Default: 1. `MIGRATION_IRREVERSIBLE` before anything runs. */
  down(options?: MigrateOptions & { readonly steps?: number }): Promise<readonly MigrationStep[]>
  /** Writes nothing and takes no lock. Sorted. */
  status(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly MigrationStatus[]>
}

/** Options of `createMigrator`. */
export interface MigratorOptions {
  readonly driver: SqlDriver
  /** In the driver's dialect, in any order. */
  readonly migrations: readonly Migration[]
  readonly clock: Pick<Clock, 'now'>
  /** How long to wait for another process that migrates, in milliseconds. Default: 120,000. */
  readonly lockWaitMs?: number
  /**
   * After how long the lock of a process that died is taken over, in milliseconds. A migration that runs keeps it,
   * however long it takes. Default: 30,000.
   */
  readonly lockTtlMs?: number
  /** Bound of one migration, in milliseconds. Default: 600,000. */
  readonly timeoutMs?: number
}
