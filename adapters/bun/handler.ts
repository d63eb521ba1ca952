import type { ServableApp } from '../../src/server/index.ts'
import { requireBun } from './bun.ts'
import type { HandlerOptions } from './options.ts'
import type { BunPlatform } from './platform.ts'
import { createBunPlatform } from './platform.ts'
import type { BunRequests } from './requests.ts'
import { createRequests } from './requests.ts'
import { resolveHandlerOptions } from './resolve-options.ts'

/** What Bun serves when it is the default export of the file that it runs. */
export interface BunServeModule extends BunRequests {
  readonly port: number
  readonly hostname: string
  /** To start the app before its first request (`app.start(platform)`), and to wait for its `idle()` at the end. */
  readonly platform: BunPlatform
}

/**
 * Makes of an app what Bun serves: `export default handler(app)`. The app starts with its first request. Bun listens
 * and ends: there is no drain, and what runs when the process gets a signal is cut. `OPTIONS_INVALID` with every
 * mistake in the options.
 */
export function handler(app: ServableApp, options: HandlerOptions = {}): BunServeModule {
  const resolved = resolveHandlerOptions(options, requireBun().env)
  const parts = createBunPlatform(options, resolved.maxMessageBytes, null)
  const { platform } = parts
  const { port, hostname } = resolved
  const requests = createRequests(app, parts, resolved, (server) => parts.attach(server, 'HTTP/1.1'))
  return { port, hostname, platform, ...requests }
}
