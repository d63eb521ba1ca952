import type { ManagedApp } from '../../src/server/index.ts'
import type { DenoApi, DenoSignal } from './deno.ts'
import { requireDeno } from './deno.ts'
import type { Server, SignalSource } from '../process/index.ts'
import { createDraining, openServer } from '../process/index.ts'
import { readEnvironment } from './env.ts'
import { createDenoListener } from './listener.ts'
import type { ServeOptions } from './options.ts'
import { createDenoPlatform } from './platform.ts'
import { resolveServeOptions } from './resolve-options.ts'

/**
 * Serves an app by `Deno.serve`: HTTP/1.1, and HTTP/2 with TLS or prior knowledge. Resolves when it really listens.
 * Throws `OPTIONS_INVALID` with every mistake in the options, `TLS_INVALID`, or `LISTEN_FAILED` that names the address.
 *
 * Needs `--allow-net` for its address and nothing else. Bounds on headers, bodies that stand still and idle connections
 * are Deno's own; those on a body's size and a handler's time are the app's. A request that runs longer than the grace
 * time gets 503; Deno cannot cut a stream, which goes on until its end or that of the process.
 */
export async function serve(app: ManagedApp, options: ServeOptions = {}): Promise<Server> {
  const deno = requireDeno()
  const resolved = resolveServeOptions(options, readEnvironment(deno))
  const draining = createDraining()
  const platform = createDenoPlatform(options, draining)
  return openServer({
    app,
    platform,
    draining,
    listener: createDenoListener({ deno, app, platform, options: resolved }),
    graceMs: resolved.graceMs,
    drainDelayMs: resolved.drainDelayMs,
    signals: resolved.signals ? denoSignals(deno) : null,
  })
}

function denoSignals(deno: DenoApi): SignalSource {
  // Windows has no SIGTERM.
  const names: readonly DenoSignal[] = deno.build.os === 'windows' ? ['SIGINT'] : ['SIGTERM', 'SIGINT']
  return {
    listen(callback): () => void {
      const listeners = names.map((name) => ({ name, listener: () => callback(name) }))
      for (const { name, listener } of listeners) deno.addSignalListener(name, listener)
      return () => {
        for (const { name, listener } of listeners) deno.removeSignalListener(name, listener)
      }
    },
    exit: (code) => deno.exit(code),
  }
}
