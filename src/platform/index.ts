export type {
  AmendableResponse,
  Capability,
  Clock,
  HeaderList,
  Peer,
  Platform,
  PlatformSocket,
  PlatformStores,
  RandomSource,
  ResponseBody,
  ResponseFactory,
  RuntimeName,
  SocketListener,
  SocketOptions,
  StoreChoice,
  StoreRole,
  WireRequest,
} from './contract.ts'
export type { ConnectionUrl } from './connection-url.ts'
export { readConnectionUrl } from './connection-url.ts'
export type { PortableOptions } from './portable.ts'
export {
  createNativeResponse,
  createPortablePlatform,
  isPlatform,
  pairsOf,
  systemClock,
  systemRandom,
} from './portable.ts'
