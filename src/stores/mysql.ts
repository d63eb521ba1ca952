export type {
  MysqlClientLike,
  MysqlDriverOptions,
  MysqlFieldLike,
  MysqlPoolLike,
  MysqlQueryLike,
} from './sql/index.ts'
export { mysqlDriver } from './sql/index.ts'
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
