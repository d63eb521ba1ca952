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
