export type { D1DatabaseLike, D1DriverOptions, D1ResultLike, D1StatementLike } from './sql/d1.ts'
export { d1Driver } from './sql/d1.ts'
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
