export type {
  RedisBufferLike,
  RedisClientLike,
  RedisCommandOptionsLike,
  RedisKeyValueOptions,
} from './key-value/redis.ts'
export { redisKeyValue } from './key-value/redis.ts'
export type { RedisPubSubOptions, RedisSubscriberLike } from './pubsub/redis.ts'
export { redisPubSub } from './pubsub/redis.ts'
