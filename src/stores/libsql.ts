export type {
  LibsqlClientLike,
  LibsqlDriverOptions,
  LibsqlResultLike,
  LibsqlRowLike,
  LibsqlStatementLike,
  LibsqlTransactionLike,
} from './sql/libsql.ts'
export { libsqlDriver } from './sql/libsql.ts'
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
