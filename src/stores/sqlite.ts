export type {
  BunSqliteDatabaseLike,
  BunSqliteStatementLike,
  NodeSqliteDatabaseLike,
  NodeSqliteStatementLike,
  SqliteArgument,
  SqliteCell,
  SqliteChanges,
  SqliteColumn,
  SqliteDatabaseLike,
  SqliteDriverOptions,
  SqliteStatementLike,
} from './sql/sqlite.ts'
export { bunSqlite, nodeSqlite, sqliteDriver } from './sql/sqlite.ts'
export type {
  SqlCapability,
  SqlDialect,
  SqlDriver,
  SqlParameter,
  SqlParameters,
  SqlResult,
  SqlRow,
  SqlSession,
  SqlValue,
} from './contract.ts'
