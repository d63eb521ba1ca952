export type {
  DurableObjectCursorLike,
  DurableObjectDriverOptions,
  DurableObjectStorageLike,
} from './sql/durable-object.ts'
export { durableObjectDriver } from './sql/durable-object.ts'
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
