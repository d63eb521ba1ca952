export type {
  App,
  AppLimits,
  FetchHandler,
  KernelOptions,
  LifecycleHook,
  Mountable,
  MountOptions,
  RouteContext,
  RouteHandler,
  RouteOptions,
  Routes,
} from './contract.ts'
export type { KernelInternals } from './kernel.ts'
export { createKernel } from './kernel.ts'
export type { AppOptions } from './app.ts'
export { createApp } from './app.ts'
export type { Batteries, BatteryOptions, Log, Negotiation } from './batteries.ts'
export { batteries } from './batteries.ts'
