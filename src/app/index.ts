export type {
  App,
  AppLimits,
  CoreApp,
  CoreOptions,
  CoreRoutes,
  FetchHandler,
  KernelOptions,
  LifecycleHook,
  Mountable,
  MountOptions,
  RouteContext,
  RouteHandler,
  RouteOptions,
  Routes,
  Servable,
  WebSocketRouteOptions,
} from './contract.ts'
export { createCoreApp } from './core.ts'
export type { AppOptions } from './app.ts'
export { createApp } from './app.ts'
export type { Batteries, BatteryOptions, Log, Negotiation } from './batteries.ts'
export { batteries } from './batteries.ts'
