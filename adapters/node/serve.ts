import { availableParallelism } from 'node:os'
import { RockstarError } from '../../src/errors/index.ts'
import { createServerManager } from '../../src/server/index.ts'
import type { BoundAddress, DrainReport, ServableApp } from '../../src/server/index.ts'
import { installFetchGlobals } from './globals.ts'
import type { NodeListener } from './listener.ts'
import { createNodeListener } from './listener.ts'
import type { ResolvedServe, ServeOptions } from './options.ts'
import { resolveServeOptions } from './options.ts'
import type { NodePlatform } from './platform.ts'
import { createNodePlatform } from './platform.ts'
import { handleSignals } from './signals.ts'
import type { TlsContexts } from './tls.ts'

/** How a server is to be closed. */
export interface CloseOptions {
  /** How long running requests may go on, in milliseconds. Default: the option of `serve`. */
  readonly graceMs?: number
}

/** A server that listens. */
export interface Server {
  /** What to open: `http://127.0.0.1:3000`. Of several addresses the first. */
  readonly url: string
  /** 0 for a Unix socket. */
  readonly port: number
  readonly addresses: readonly BoundAddress[]
  /** `single`, or what this process is in a server of several: the `primary` answers no request itself. */
  readonly role: 'single' | 'primary' | 'worker'
  /**
   * Stops accepting, lets running requests end within the grace time, cuts the others, waits for work after
   * responses, stops the app. Idempotent. Nothing keeps the process alive afterwards.
   */
  close(options?: CloseOptions): Promise<DrainReport>
  /** Reads certificates again. If one cannot be used, `TLS_INVALID`, and all stay as they were. */
  reloadTls(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Serves an app over HTTP/1.1 and HTTP/2. Resolves when it really listens. Throws `OPTIONS_INVALID` with every mistake
 * in the options, `TLS_INVALID`, or `LISTEN_FAILED` that names the address.
 *
 * With `workers` the same program runs once per worker besides the first process: what stands before `serve` runs in
 * each of them.
 */
export async function serve(app: ServableApp, options: ServeOptions = {}): Promise<Server> {
  const resolved = resolveServeOptions(options, process.env, availableParallelism())
  const prefork = resolved.workers > 1 || process.env['ROCKSTAR_WORKER'] === '1' ? await import('./prefork.ts') : null
  if (prefork !== null && prefork.isPrimary()) return prefork.superviseWorkers(resolved, options)
  if (resolved.globals) installFetchGlobals()
  const platform = createNodePlatform(options)
  const server = await open(app, resolved, platform, prefork === null ? 'single' : 'worker')
  prefork?.obeyPrimary(server)
  return server
}

async function open(app: ServableApp, options: ResolvedServe, platform: NodePlatform, role: 'single' | 'worker'): Promise<Server> {
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

/** The url and port of the first address, and all of them. */
export function firstAddress(addresses: readonly BoundAddress[]): Pick<Server, 'url' | 'port' | 'addresses'> {
  const [first] = addresses
  if (first === undefined) throw new RockstarError('LISTEN_FAILED', 'Expected at least one address to listen on')
  return { url: first.url, port: first.port, addresses }
}

async function loadAllTls(options: ResolvedServe): Promise<(TlsContexts | null)[]> {
  if (options.listen.every(({ tls }) => tls === null)) return []
  const { loadTls } = await import('./tls.ts')
  return Promise.all(options.listen.map(({ tls }) => (tls === null ? null : loadTls(tls))))
}

/** All are read before the first is replaced, so that a mistake in one changes none. */
async function reloadTls(options: ResolvedServe, listeners: readonly NodeListener[]): Promise<void> {
  const loaded = await loadAllTls(options)
  for (const [index, contexts] of loaded.entries()) if (contexts !== null) listeners[index]?.replaceTls(contexts)
}
