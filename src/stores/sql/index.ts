export { sqlError } from './failure.ts'
export type { CompiledStatement, StatementCompiler } from './compile.ts'
export { compileStatement, createCompiler } from './compile.ts'
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
export { splitStatements } from './split.ts'
export { sqlJson } from './values.ts'
