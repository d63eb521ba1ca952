export { sqlError } from './failure.ts'
export type { CompiledStatement, StatementCompiler } from './compile.ts'
export { compileStatement, createCompiler } from './compile.ts'
export type { D1DatabaseLike, D1DriverOptions, D1ResultLike, D1StatementLike } from './d1.ts'
export { d1Driver } from './d1.ts'
export type {
  DurableObjectCursorLike,
  DurableObjectDriverOptions,
  DurableObjectStorageLike,
} from './durable-object.ts'
export { durableObjectDriver } from './durable-object.ts'
export { isSqlDriver } from './is-sql-driver.ts'
export type {
  LibsqlClientLike,
  LibsqlDriverOptions,
  LibsqlResultLike,
  LibsqlRowLike,
  LibsqlStatementLike,
  LibsqlTransactionLike,
} from './libsql.ts'
export { libsqlDriver } from './libsql.ts'
export type { Limit, LimitScope, SqlTimer } from './limit.ts'
export { createLimit, systemTimer } from './limit.ts'
export { isPlainRead } from './plain-read.ts'
export { splitStatements } from './split.ts'
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
} from './sqlite.ts'
export { bunSqlite, nodeSqlite, sqliteDriver } from './sqlite.ts'
export { sqlJson } from './values.ts'
export type {
  PgClientLike,
  PgPoolLike,
  PgQueryLike,
  PgResultLike,
  PostgresDriverOptions,
} from './postgres.ts'
export { postgresDriver } from './postgres.ts'
export type {
  MysqlClientLike,
  MysqlDriverOptions,
  MysqlFieldLike,
  MysqlPoolLike,
  MysqlQueryLike,
} from './mysql.ts'
export { mysqlDriver } from './mysql.ts'
