import type { ServableApp } from '../../src/server/index.ts'
import type { DenoServeInfo } from './deno.ts'
import type { DenoPlatform, DenoPlatformOptions } from './platform.ts'
import { createDenoPlatform } from './platform.ts'
import { createExchanges } from './exchange.ts'

/** What `deno serve` takes as the default export of a module. */
export interface DenoServeModule {
  fetch(request: Request, info: DenoServeInfo): Response | Promise<Response>
  /** To start the app before its first request (`app.start(platform)`), and to wait for its `idle()` at the end. */
  readonly platform: DenoPlatform
}

/**
 * Makes of an app what `deno serve` runs: `export default handler(app)`. The app starts with its first request. Deno
 * listens and ends: there is no drain, and what runs when the process gets a signal is cut.
 */
export function handler(app: ServableApp, options: DenoPlatformOptions = {}): DenoServeModule {
  const platform = createDenoPlatform(options, null)
  const activity = { active: 0, total: 0, draining: false, onEnd: null }
  return { fetch: createExchanges(app, platform, activity).handle, platform }
}
