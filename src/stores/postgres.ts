export type {
  PgClientLike,
  PgPoolLike,
  PgQueryLike,
  PgResultLike,
  PostgresDriverOptions,
} from './sql/postgres.ts'
export { postgresDriver } from './sql/postgres.ts'
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
