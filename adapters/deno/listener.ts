import { RockstarError } from '../../src/errors/index.ts'
import type { Activity, BoundAddress, Listener, ServableApp } from '../../src/server/index.ts'
import type { DenoApi, DenoHttpServer, DenoServeOptions } from './deno.ts'
import { createExchanges, reportFailure } from './exchange.ts'
import type { ResolvedServe } from './options.ts'
import type { DenoPlatform } from './platform.ts'
import { readCertificate } from './tls.ts'
import { prepareSocketPath, setSocketMode } from './unix-socket.ts'

/** What a listener needs. */
export interface ListenerParts {
  readonly deno: DenoApi
  readonly app: ServableApp
  readonly platform: DenoPlatform
  readonly options: ResolvedServe
}

/** A listener over `Deno.serve`. Not open yet. */
export function createDenoListener({ deno, app, platform, options }: ListenerParts): Listener {
  const activity: Activity = { active: 0, total: 0, draining: false, onEnd: null }
  const exchanges = createExchanges(app, platform, activity)
  let server: DenoHttpServer | null = null
  let closing: Promise<void> | null = null

  return {
    activity,
    async open(): Promise<BoundAddress> {
      const certificate = options.tls === null ? null : await readCertificate(deno, options.tls)
      if (options.path !== null) await prepareSocketPath(deno, options.path)
      server = listen(deno, { ...placeOf(options), ...certificate }, exchanges.handle, (error) =>
        reportFailure(platform, error),
      )
      if (options.path !== null && options.mode !== null)
        await setSocketMode(deno, options.path, options.mode)
      return toBound(server, options)
    },
    stopAccepting(): void {
      // Deno closes idle connections, and WebSockets with 1001.
      closing ??= (server?.shutdown() ?? Promise.resolve()).catch(() => undefined)
    },
    destroy(): void {
      exchanges.cut()
    },
    async closed(): Promise<void> {
      await (closing ?? server?.finished)
    },
  }
}

type Place = Omit<DenoServeOptions, 'onListen' | 'onError'>

function placeOf({ path, port, hostname }: ResolvedServe): Place {
  return path === null ? { port, hostname } : { path }
}

function listen(
  deno: DenoApi,
  place: Place,
  handle: Parameters<DenoApi['serve']>[1],
  onError: (error: unknown) => Response,
): DenoHttpServer {
  try {
    // Deno would print the address itself.
    return deno.serve({ ...place, onListen: () => undefined, onError }, handle)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (place.cert !== undefined && error instanceof Error && error.name === 'InvalidData')
      throw new RockstarError(
        'TLS_INVALID',
        `Expected a certificate and its key in PEM in tls: ${reason.slice(0, 200)}`,
        { cause: error },
      )
    throw new RockstarError(
      'LISTEN_FAILED',
      `Expected to listen on ${place.path ?? `${place.hostname}:${place.port}`}: ${reason.slice(0, 200)}; choose another address, or stop whoever has it`,
      { cause: error },
    )
  }
}

function toBound({ addr }: DenoHttpServer, { hostname, path, tls }: ResolvedServe): BoundAddress {
  const protocols = tls === null ? ['http/1.1', 'h2c'] : ['h2', 'http/1.1']
  if (path !== null) return { url: `unix:${path}`, hostname: '', port: 0, protocols }
  const host = addr.hostname ?? hostname
  const port = addr.port ?? 0
  const authority = host.includes(':') ? `[${host}]` : host
  return { url: `${tls === null ? 'http' : 'https'}://${authority}:${port}`, hostname: host, port, protocols }
}
