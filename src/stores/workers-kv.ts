export type { KvNamespaceLike, KvPageLike, WorkersKeyValueOptions } from './key-value/workers-kv.ts'
export { workersKeyValue } from './key-value/workers-kv.ts'
