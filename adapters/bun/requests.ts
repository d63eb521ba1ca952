import type { Platform } from '../../src/platform/index.ts'
import type { ServableApp } from '../../src/server/index.ts'
import type { BunServeOptions, BunServer } from './bun.ts'
import type { ResolvedHandler } from './options.ts'
import type { BunPlatformParts } from './platform.ts'

/** The part of what `Bun.serve` takes that does not depend on where it listens. */
export type BunRequests = Pick<
  BunServeOptions,
  'fetch' | 'error' | 'websocket' | 'development' | 'idleTimeout' | 'maxRequestBodySize'
>

/** Hands requests to the app. `onRequest` is called before each. */
export function createRequests(
  app: ServableApp,
  { platform, sockets }: BunPlatformParts,
  limits: ResolvedHandler,
  onRequest: (server: BunServer) => void,
): BunRequests {
  return {
    development: false,
    idleTimeout: limits.idleSeconds,
    maxRequestBodySize: limits.maxBodyBytes,
    fetch(request: Request, server: BunServer): Response | Promise<Response> {
      onRequest(server)
      return app.fetch(request, platform)
    },
    error: (error: unknown) => reportFailure(platform, error),
    // A socket carries the data that `upgrade` gave it: there is no other way to one.
    websocket: sockets.handler as BunServeOptions['websocket'],
  }
}

/** One line for a request that could not be answered, and the bare answer to it. */
function reportFailure(platform: Platform, error: unknown): Response {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `The answer could not be sent: ${reason.slice(0, 500)}`
  platform.log({ kind: 'response.failed', level: 'error', message, error })
  return new Response(null, { status: 500 })
}
