import { RockstarError } from '../../src/errors/index.ts'
import type { Activity, BoundAddress, Listener, ServableApp } from '../../src/server/index.ts'
import type { BunApi, BunServeOptions, BunServer } from './bun.ts'
import type { ResolvedServe } from './options.ts'
import type { BunPlatformParts } from './platform.ts'
import { createRequests } from './requests.ts'
import { readCertificate } from './tls.ts'
import { prepareSocketPath, setSocketMode } from '../process/index.ts'

/** How often Bun is asked whether requests still run while a server drains, in milliseconds. */
const pollMs = 10

/** What a listener needs. */
export interface ListenerParts {
  readonly bun: BunApi
  readonly app: ServableApp
  readonly parts: BunPlatformParts
  readonly options: ResolvedServe
}

/** A listener over `Bun.serve`. Not open yet. */
export function createBunListener({ bun, app, parts, options }: ListenerParts): Listener {
  let server: BunServer | null = null
  let closing: Promise<void> | null = null
  let isClosed = false
  const activity: Activity = {
    // Bun counts what runs, streams included, so that a request costs us one addition.
    get active() {
      return server?.pendingRequests ?? 0
    },
    total: 0,
    draining: false,
    onEnd: null,
  }
  const requests = createRequests(app, parts, options, () => {
    activity.total++
  })

  /** Bun tells nobody when the last request ends, and leaves its connection open. */
  function watchEnd(): void {
    if (isClosed) return
    if (activity.active === 0) {
      server?.closeIdleConnections?.()
      activity.onEnd?.()
    }
    setTimeout(watchEnd, pollMs)
  }

  return {
    activity,
    async open(): Promise<BoundAddress> {
      const tls = options.tls === null ? null : await readCertificate(options.tls)
      if (options.path !== null) await prepareSocketPath(options.path)
      server = listen(bun, { ...requests, ...placeOf(options), ...(tls !== null && { tls }) })
      parts.attach(server, options.http2 || options.http3 ? 'HTTP' : 'HTTP/1.1')
      if (options.path !== null && options.mode !== null) await setSocketMode(options.path, options.mode)
      return toBound(server, options)
    },
    stopAccepting(): void {
      if (server === null || closing !== null) return
      closing = server.stop().finally(() => {
        isClosed = true
        activity.onEnd?.()
      })
      parts.sockets.closeAll()
      setTimeout(watchEnd, pollMs)
    },
    destroy(): void {
      isClosed = true
      server?.stop(true).catch(() => undefined)
    },
    async closed(): Promise<void> {
      await closing
    },
  }
}

function placeOf({
  path,
  port,
  hostname,
  http2,
  http3,
}: ResolvedServe): Pick<BunServeOptions, 'port' | 'hostname' | 'unix' | 'http2' | 'http3'> {
  if (path !== null) return { unix: path }
  return { port, hostname, ...(http2 && { http2 }), ...(http3 && { http3 }) }
}

function listen(bun: BunApi, options: BunServeOptions): BunServer {
  try {
    return bun.serve(options)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (options.tls !== undefined && !isAddressError(error))
      throw new RockstarError(
        'TLS_INVALID',
        `Expected a certificate and its key in PEM in tls: ${reason.slice(0, 200)}`,
        { cause: error },
      )
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected to listen on ${options.unix ?? `${options.hostname}:${options.port}`}: ${reason.slice(0, 200)}; choose another address, or stop whoever has it`,
      { cause: error },
    )
  }
}

function isAddressError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false
  return typeof error.code === 'string' && /^E(?:ADDR|ACCES|PERM|NOENT|NOTFOUND)/.test(error.code)
}

function toBound(server: BunServer, { hostname, path, tls, http2, http3 }: ResolvedServe): BoundAddress {
  const protocols = [...(http3 ? ['h3'] : []), ...(http2 ? ['h2'] : []), 'http/1.1']
  if (path !== null) return { url: `unix:${path}`, hostname: '', port: 0, protocols }
  const host = server.hostname ?? hostname
  const port = server.port ?? 0
  const authority = host.includes(':') ? `[${host}]` : host
  return { url: `${tls === null ? 'http' : 'https'}://${authority}:${port}`, hostname: host, port, protocols }
}
