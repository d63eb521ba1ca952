export type { BroadcastChannelLike, BroadcastEventLike, BroadcastPubSubOptions } from './broadcast-channel.ts'
export { broadcastPubSub } from './broadcast-channel.ts'
export type {
  PubSub,
  PubSubCapability,
  PubSubLimits,
  PubSubListener,
  PubSubOptions,
  PubSubSubscribeOptions,
  PubSubSubscription,
} from './contract.ts'
export { isPubSub } from './is-pub-sub.ts'
export type { MemoryPubSubOptions } from './memory.ts'
export { memoryPubSub } from './memory.ts'
