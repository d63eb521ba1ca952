import type { Context, Handler } from '../context/index.ts'
import type { Platform } from '../platform/index.ts'
import { appBrand } from './brand.ts'
import type { Mountable } from './contract.ts'

/**
 * A handler that hands its request to another fetch handler, with the prefix taken off the URL unless `stripPrefix`
 * is false. `prefix` may have parameters: as many segments are taken off as it has.
 */
export function mountHandler(prefix: string, target: Mountable, stripPrefix: boolean): Handler {
  const segments = prefix.split('/').length - 1
  return (ctx) => {
    const request =
      stripPrefix && segments > 0 ? withPath(ctx, dropSegments(ctx.path, segments)) : ctx.request
    if (typeof target === 'function') return target(request)
    return appBrand in target ? target.fetch(request, platformFor(ctx)) : target.fetch(request)
  }
}

function dropSegments(path: string, count: number): string {
  let from = 0
  for (let dropped = 0; dropped < count; dropped++) {
    from = path.indexOf('/', from + 1)
    if (from === -1) return '/'
  }
  return path.slice(from)
}

/** The same request with another path. Nothing of the original is read until the new one is. */
function withPath(ctx: Context, path: string): Request {
  const url = new URL(ctx.url)
  url.pathname = path
  const { request } = ctx
  const init: RequestInit & { duplex: 'half' } = {
    method: request.method,
    headers: [...request.headers],
    signal: request.signal,
    redirect: 'manual',
    duplex: 'half',
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') init.body = request.body
  return new Request(url, init)
}

/** The platform for a mounted app: what it asks about its request is asked about the one that came on the wire. */
function platformFor(ctx: Context): Platform {
  const { platform, request } = ctx
  const derived: Platform = Object.create(platform, {
    peer: { value: () => platform.peer(request) },
    earlyHints: {
      value: (_request: Request, links: readonly string[]) => platform.earlyHints(request, links),
    },
  })
  return derived
}
