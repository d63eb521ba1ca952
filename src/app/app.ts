import type { ServiceTable } from '../context/index.ts'
import { compileTrust } from '../http/index.ts'
import type { Batteries, BatteryOptions } from './batteries.ts'
import { batteries, clientOf } from './batteries.ts'
import type { App, KernelOptions } from './contract.ts'
import { createKernel } from './kernel.ts'

/** Options of `createApp`. */
export interface AppOptions<Table extends ServiceTable = Batteries> extends KernelOptions, BatteryOptions {
  /** The services that stand on the context, by name. Default: `batteries(options)`. */
  readonly services?: Table
}

/**
 * Makes an app whose handlers find the batteries on their context: `db`, `cookies`, `client`, `log` and so on, each
 * built when a request first touches it. With `services`, that table stands there instead:
 * `createApp({ services: { ...batteries(), clock: () => new Date() } })`. Makes no I/O.
 */
export function createApp<Table extends ServiceTable>(
  options: AppOptions<Table> & { readonly services: Table },
): App<Table>
export function createApp(options?: AppOptions): App<Batteries>
export function createApp(options: AppOptions<ServiceTable> = {}): App<ServiceTable> {
  const trust = compileTrust(options.trustProxies ?? [])
  // Without trusted proxies the URL says what the resolver would.
  const internals =
    trust.length === 0 ? {} : { resolveOrigin: (ctx: Parameters<typeof clientOf>[0]) => clientOf(ctx, trust) }
  return createKernel({ ...options, services: options.services ?? batteries(options) }, internals)
}
