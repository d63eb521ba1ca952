export type { LibsqlClientLike, LibsqlDriverOptions } from './sql/index.ts'
export { libsqlDriver } from './sql/index.ts'
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
