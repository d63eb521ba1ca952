import { availableParallelism } from 'node:os'
import type { DrainReport, ManagedApp } from '../../src/server/index.ts'
import { createServerManager } from '../../src/server/index.ts'
import { installFetchGlobals } from './globals.ts'
import type { NodeListener } from './listener.ts'
import { createNodeListener } from './listener.ts'
import type { ResolvedServe, ServeOptions } from './options.ts'
import type { NodePlatform } from './platform.ts'
import { createNodePlatform } from './platform.ts'
import { workerVariable } from './prefork-messages.ts'
import { resolveServeOptions } from './resolve-options.ts'
import type { AnsweringServer, CloseOptions, Server } from './server.ts'
import { firstAddress } from './server.ts'
import { handleSignals } from './signals.ts'
import type { TlsContexts } from './tls.ts'

/**
 * Serves an app over HTTP/1.1 and HTTP/2. Resolves when it really listens. Throws `OPTIONS_INVALID` with every mistake
 * in the options, `TLS_INVALID`, or `LISTEN_FAILED` that names the address.
 *
 * With `workers` the same program runs once per worker besides the first process: what stands before `serve` runs in
 * each of them, and `role` of the result says which one this is. In the first process the app is not started.
 */
export async function serve(app: ManagedApp, options: ServeOptions = {}): Promise<Server> {
  const resolved = resolveServeOptions(options, process.env, availableParallelism())
  if (!(await isWorker())) {
    if (resolved.workers === 1) return open(app, resolved, createPlatform(options, resolved), 'single')
    const { superviseWorkers } = await import('./supervisor.ts')
    return superviseWorkers(resolved, options.log)
  }
  const { obeyPrimary, tellFailure } = await import('./prefork.ts')
  try {
    const server = await open(app, resolved, createPlatform(options, resolved), 'worker')
    obeyPrimary(server, resolved.signals)
    return server
  } catch (error) {
    tellFailure(error)
    throw error
  }
}

/** Was this process started by `superviseWorkers`? What a worker starts inherits the variable, and is none. */
async function isWorker(): Promise<boolean> {
  return process.env[workerVariable] !== undefined && (await import('node:cluster')).default.isWorker
}

function createPlatform(options: ServeOptions, { globals }: ResolvedServe): NodePlatform {
  if (globals) installFetchGlobals()
  return createNodePlatform({ ...options, webSockets: true })
}

async function open(
  app: ManagedApp,
  options: ResolvedServe,
  platform: NodePlatform,
  role: 'single' | 'worker',
): Promise<AnsweringServer> {
  const tls = await loadAllTls(options)
  await app.start(platform)
  const listeners = options.listen.map((listen, index) =>
    createNodeListener({
      app,
      platform,
      listen,
      limits: options.limits,
      tls: tls[index] ?? null,
      isShared: role === 'worker',
    }),
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
    const report = await manager.stop({ graceMs, delayMs: options.drainDelayMs })
    await platform.idle(Math.max(0, graceMs + options.drainDelayMs - report.tookMs))
    release()
    await app.stop()
    return report
  }

  const server: AnsweringServer = {
    ...firstAddress(manager.addresses),
    role,
    get state() {
      return manager.state
    },
    onDraining: (callback) => manager.onDraining(callback),
    close(closeOptions: CloseOptions = {}): Promise<DrainReport> {
      closing ??= close(closeOptions.graceMs ?? options.graceMs)
      return closing
    },
    reloadTls: () => reloadTls(options, listeners),
    async [Symbol.asyncDispose](): Promise<void> {
      await this.close()
    },
  }
  // A worker gets its orders from the first process.
  if (options.signals && role === 'single') {
    release = handleSignals(server, { log: platform.log, hasTls: tls.length > 0 })
  }
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
