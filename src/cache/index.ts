export type {
  Cache,
  CacheCodec,
  CacheContext,
  CacheLifetimes,
  CacheLoad,
  CacheLoader,
  CacheManager,
  CacheManagerOptions,
  CacheMemoryOptions,
  CacheRules,
  CacheScope,
  CacheSetOptions,
  CacheStats,
  CacheWarmth,
  KeptValue,
  NamespaceOptions,
  RememberOptions,
  WarmEntry,
  WarmOptions,
} from './contract.ts'
export { createCacheManager } from './manager.ts'
export type { CacheHost, CacheOptions, CacheService } from './service.ts'
export { createCacheService } from './service.ts'
export { cacheResponse } from './response/cache-response.ts'
export type { ResponseCacheOptions, ResponseOutcome } from './response/contract.ts'
export { preventCaching } from './response/observe.ts'
