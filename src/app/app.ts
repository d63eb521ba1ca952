import type { CoreContext, ServiceTable } from '../context/index.ts'
import { compileTrust } from '../http/index.ts'
import type { Batteries, BatteryOptions } from './batteries.ts'
import { batteries, clientOf } from './batteries.ts'
import type { App, KernelOptions } from './contract.ts'
import { requestHost, toHostName } from './host.ts'
import type { OriginRules } from './kernel.ts'
import { createKernel } from './kernel.ts'

/** Options of `createApp`. */
export interface AppOptions<Table extends ServiceTable = Batteries> extends KernelOptions, BatteryOptions {
  /** The services that stand on the context, by name. Default: `batteries(options)`. */
  readonly services?: Table
}

/**
 * Makes an app whose handlers find the batteries on their context: `db`, `cookies`, `client`, `log` and so on, each
 * built when a request first touches it. With `services`, that table stands there instead:
 * `createApp({ services: { ...batteries(), clock: () => new Date() } })`. Makes no I/O. Throws `OPTIONS_INVALID` with
 * every mistake in the options.
 */
export function createApp<Table extends ServiceTable>(
  options: AppOptions<Table> & { readonly services: Table },
): App<Table>
export function createApp(options?: AppOptions): App<Batteries>
export function createApp(options: AppOptions<ServiceTable> = {}): App<ServiceTable> {
  const services = options.services ?? batteries(options)
  return createKernel<ServiceTable>(options, services, rulesOf(options.trustProxies ?? []))
}

function rulesOf(trustProxies: readonly string[]): OriginRules {
  const trust = compileTrust(trustProxies)
  // Without trusted proxies the URL says what the rules would.
  if (trust.length === 0) return { hostOf: (ctx) => toHostName(requestHost(ctx)), urlOf: null }
  return {
    hostOf: (ctx) => toHostName(clientOf(ctx, trust).host),
    urlOf(ctx: CoreContext): string {
      const { scheme, host } = clientOf(ctx, trust)
      return `${scheme}://${host}${ctx.path}${ctx.search === '' ? '' : `?${ctx.search}`}`
    },
  }
}
