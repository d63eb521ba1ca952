export type {
  DurableObjectCursorLike,
  DurableObjectDriverOptions,
  DurableObjectStorageLike,
} from './sql/index.ts'
export { durableObjectDriver } from './sql/index.ts'
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
