export type {
  AmendableResponse,
  Capability,
  Clock,
  HeaderList,
  Peer,
  Platform,
  PlatformStores,
  RandomSource,
  ResponseBody,
  ResponseFactory,
  RuntimeName,
  WireRequest,
} from './contract.ts'
export type { PortableOptions } from './portable.ts'
export {
  createNativeResponse,
  createPortablePlatform,
  isPlatform,
  systemClock,
  systemRandom,
} from './portable.ts'
