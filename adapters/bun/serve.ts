import type { ManagedApp } from '../../src/server/index.ts'
import { requireBun } from './bun.ts'
import type { Server, SignalSource } from '../process/index.ts'
import { createDraining, openServer } from '../process/index.ts'
import { createBunListener } from './listener.ts'
import type { ServeOptions } from './options.ts'
import { createBunPlatform } from './platform.ts'
import { resolveServeOptions } from './resolve-options.ts'

/**
 * Serves an app by `Bun.serve`. Resolves when it really listens. Throws `OPTIONS_INVALID` with every mistake in the
 * options, `TLS_INVALID`, or `LISTEN_FAILED` that names the address.
 */
export async function serve(app: ManagedApp, options: ServeOptions = {}): Promise<Server> {
  const bun = requireBun()
  const resolved = resolveServeOptions(options, bun.env)
  const draining = createDraining()
  const parts = createBunPlatform(options, resolved.maxMessageBytes, draining)
  return openServer({
    app,
    platform: parts.platform,
    draining,
    listener: createBunListener({ bun, app, parts, options: resolved }),
    graceMs: resolved.graceMs,
    drainDelayMs: resolved.drainDelayMs,
    signals: resolved.signals ? processSignals : null,
  })
}

const processSignals: SignalSource = {
  listen(callback): () => void {
    process.on('SIGTERM', callback).on('SIGINT', callback)
    return () => void process.off('SIGTERM', callback).off('SIGINT', callback)
  },
  exit: (code) => process.exit(code),
}
