export type {
  MysqlClientLike,
  MysqlDriverOptions,
  MysqlFieldLike,
  MysqlPoolLike,
  MysqlQueryLike,
} from './sql/mysql.ts'
export { mysqlDriver } from './sql/mysql.ts'
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
