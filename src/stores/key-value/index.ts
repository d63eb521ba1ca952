export type {
  KeyValueCapability,
  KeyValueCount,
  KeyValueData,
  KeyValueIncrementOptions,
  KeyValueLimits,
  KeyValueListOptions,
  KeyValueOptions,
  KeyValuePage,
  KeyValueSetOptions,
  KeyValueStore,
} from './contract.ts'
export { isKeyValueStore } from './is-key-value-store.ts'
export type { MemoryKeyValueOptions } from './memory.ts'
export { memoryKeyValue } from './memory.ts'
export type { SqlKeyValueOptions } from './sql.ts'
export { sqlKeyValue } from './sql.ts'
export type { KeyValueDialect } from './sql-statements.ts'
export { keyValueTable } from './sql-statements.ts'
