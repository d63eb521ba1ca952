export type {
  ObjectBody,
  ObjectCapability,
  ObjectGetOptions,
  ObjectInfo,
  ObjectListOptions,
  ObjectOptions,
  ObjectPage,
  ObjectPutOptions,
  ObjectStore,
  StoredObject,
} from './contract.ts'
export { discardBody, objectChunks, resolveRange } from './body.ts'
export { closedError, keyError, unsupportedError } from './error.ts'
export type { DotfilePolicy } from './key.ts'
export { isFileKey, isHiddenKey, isObjectKey } from './key.ts'
export type { MemoryObjectsOptions } from './memory.ts'
export { compareKeys, memoryObjects } from './memory.ts'
