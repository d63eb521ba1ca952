export type {
  App,
  AppLimits,
  KernelOptions as AppOptions,
  LifecycleHook,
  RouteOptions,
  Routes,
} from './app/index.ts'
export { createKernel as createApp } from './app/index.ts'
export type {
  Context,
  Handler,
  Middleware,
  Next,
  Reply,
  RouteInfo,
  ServiceFactory,
  Services,
  ServiceTable,
  StateKey,
} from './context/index.ts'
export { stateKey } from './context/index.ts'
export type { ErrorCode } from './errors/index.ts'
export { HttpError, isHttpError, isRockstarError, RockstarError } from './errors/index.ts'
export type { Platform } from './platform/index.ts'
