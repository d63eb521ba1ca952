export type {
  DenoKeyValueOptions,
  DenoKvAtomicLike,
  DenoKvEntryLike,
  DenoKvKeyLike,
  DenoKvLike,
} from './key-value/deno-kv.ts'
export { denoKeyValue } from './key-value/deno-kv.ts'
