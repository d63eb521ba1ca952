export type {
  PgClientLike,
  PgPoolLike,
  PgQueryLike,
  PgResultLike,
  PostgresDriverOptions,
} from './sql/index.ts'
export { postgresDriver } from './sql/index.ts'
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
