import { availableParallelism } from 'node:os'
import { createServerManager } from '../../src/server/index.ts'
import type { DrainReport, ManagedApp } from '../../src/server/index.ts'
import { installFetchGlobals } from './globals.ts'
import type { NodeListener } from './listener.ts'
import { createNodeListener } from './listener.ts'
import type { ResolvedServe, ServeOptions } from './options.ts'
import { resolveServeOptions } from './options.ts'
import type { NodePlatform } from './platform.ts'
import { createNodePlatform } from './platform.ts'
import type { CloseOptions, Server } from './server.ts'
import { firstAddress } from './server.ts'
import { handleSignals } from './signals.ts'
import type { TlsContexts } from './tls.ts'

/**
 * Serves an app over HTTP/1.1 and HTTP/2. Resolves when it really listens. Throws `OPTIONS_INVALID` with every mistake
 * in the options, `TLS_INVALID`, or `LISTEN_FAILED` that names the address.
 *
 * With `workers` the same program runs once per worker besides the first process: what stands before `serve` runs in
 * each of them.
 */
export async function serve(app: ManagedApp, options: ServeOptions = {}): Promise<Server> {
  const resolved = resolveServeOptions(options, process.env, availableParallelism())
  const prefork = resolved.workers > 1 ? await import('./prefork.ts') : null
  if (prefork !== null && prefork.isPrimary()) return prefork.superviseWorkers(resolved, options)
  if (resolved.globals) installFetchGlobals()
  const platform = createNodePlatform(options)
  const server = await open(app, resolved, platform, prefork === null ? 'single' : 'worker')
  prefork?.obeyPrimary(server)
  return server
}

async function open(
  app: ManagedApp,
  options: ResolvedServe,
  platform: NodePlatform,
  role: 'single' | 'worker',
): Promise<Server> {
  const tls = await loadAllTls(options)
  await app.start(platform)
  const listeners = options.listen.map((listen, index) =>
    createNodeListener({ app, platform, listen, limits: options.limits, tls: tls[index] ?? null }),
  )
  const manager = createServerManager(listeners, platform.clock)
  try {
    await manager.start()
  } catch (error) {
    await app.stop().catch(() => undefined)
    throw error
  }
  let closing: Promise<DrainReport> | null = null
  let release = (): void => undefined

  async function close(graceMs: number): Promise<DrainReport> {
    const report = await manager.stop({ graceMs })
    await platform.idle(graceMs)
    release()
    await app.stop()
    return report
  }

  const server: Server = {
    ...firstAddress(manager.addresses),
    role,
    close(closeOptions: CloseOptions = {}): Promise<DrainReport> {
      closing ??= close(closeOptions.graceMs ?? options.graceMs)
      return closing
    },
    reloadTls: () => reloadTls(options, listeners),
    async [Symbol.asyncDispose](): Promise<void> {
      await this.close()
    },
  }
  if (options.signals) release = handleSignals(server, platform.log)
  return server
}

async function loadAllTls(options: ResolvedServe): Promise<(TlsContexts | null)[]> {
  if (options.listen.every(({ tls }) => tls === null)) return []
  const { loadTls } = await import('./tls.ts')
  return Promise.all(options.listen.map(({ tls }) => (tls === null ? null : loadTls(tls))))
}

/** All are read before the first is replaced, so that a mistake in one changes none. */
async function reloadTls(options: ResolvedServe, listeners: readonly NodeListener[]): Promise<void> {
  const loaded = await loadAllTls(options)
  for (const [index, contexts] of loaded.entries())
    if (contexts !== null) listeners[index]?.replaceTls(contexts)
}
