export { assetObjects } from './assets.ts'
export type { BindingMap, BindingRole } from './bindings.ts'
export type { WorkerBindings, WorkerPlatform } from './bound.ts'
export { bindingsOf } from './bound.ts'
export type {
  Bindings,
  DurableObjectStateLike,
  EventContextLike,
  FetcherLike,
  RateLimitLike,
} from './cloudflare.ts'
export type {
  EmailMessage,
  EventContext,
  EventHandler,
  EventHandlers,
  QueueBatch,
  QueueMessage,
  ScheduledEvent,
} from './events.ts'
export type { CloudflarePlatformOptions } from './platform.ts'
export type { RoomClass, RoomObject, RoomOptions } from './room.ts'
export { roomObject } from './room.ts'
export type { WorkerApp } from './site.ts'
export type { WorkerModule, WorkerOptions } from './worker.ts'
export { worker } from './worker.ts'
