export type {
  AnsweringMembers,
  BroadcastOptions,
  EventChannel,
  EventStream,
  EventStreamOptions,
  Message,
  Realtime,
  RealtimeOptions,
  RealtimeService,
  ReplayBuffer,
  ServerEvent,
  Socket,
  SocketContext,
  StoredEvent,
  WebSocketHooks,
  WebSocketOptions,
} from './contract.ts'
export type { EventChannelOptions } from './event-channel.ts'
export { eventChannel } from './event-channel.ts'
export { eventStream } from './event-stream.ts'
export { realtime, rooms } from './realtime.ts'
export type { ReplayBufferOptions } from './replay.ts'
export { replayBuffer } from './replay.ts'
export { webSocketHandler } from './websocket.ts'
