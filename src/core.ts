export type {
  CoreApp as App,
  CoreOptions as AppOptions,
  CoreRoutes as Routes,
  LifecycleHook,
  Servable,
} from './app/index.ts'
export { createCoreApp as createApp } from './app/core.ts'
export type {
  CoreContext as Context,
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
