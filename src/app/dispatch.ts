import type { RequestContext } from '../context/index.ts'
import { HttpError } from '../errors/index.ts'
import type { Platform, WireRequest } from '../platform/index.ts'
import type { Match } from '../router/index.ts'
import { canonicalPath } from '../router/index.ts'
import type { CompiledApp, CompiledRoute } from './compile.ts'
import { fallbackLayer } from './fallback.ts'
import { finishFailed } from './finish.ts'
import { foldOnion, isThenable } from './onion.ts'
import { finish } from './respond.ts'

/** Answers one request; never throws and never rejects. */
export type Dispatch = (request: Request, platform: Platform) => Response | Promise<Response>

/** Makes the one way in. Synchronous wherever the route is. */
export function createDispatch(app: CompiledApp): Dispatch {
  const { environment, policy, router, hostOf, redirectSlash, settle, Context } = app
  const fallback = foldOnion(app.middleware, (ctx) => fallbackLayer(ctx, app))

  function find(method: string, host: string | null, path: string): Match<CompiledRoute> | null {
    const found = router.find(method, host, path)
    // RFC 9110 §9.3.2: GET answers HEAD, but a route for HEAD itself comes first.
    if (method !== 'HEAD' || found?.target.info.method === 'HEAD') return found
    const get = router.find('GET', host, path)
    return found === null || get?.target.info.method === 'GET' ? get : found
  }

  function run(ctx: RequestContext): Response | Promise<Response> {
    const found = find(ctx.method, hostOf?.(ctx) ?? null, ctx.path)
    if (found === null) return fallback(ctx)
    if (redirectSlash && !found.exact) return redirectSlash(ctx)
    ctx.match = found
    return found.target.run(ctx)
  }

  return (request, platform) => {
    const wire: WireRequest = request
    const text = wire.wireTarget ?? targetOf(request.url)
    const target = canonicalPath(text, policy)
    if (target instanceof HttpError)
      return refuse(new Context(request, platform, environment, '', ''), text, target)
    const ctx = new Context(request, platform, environment, target.path, target.query)
    try {
      const response = run(ctx)
      return isThenable(response) ? settle(ctx, response) : finish(ctx, response)
    } catch (error) {
      return finishFailed(ctx, error)
    }
  }
}

/** Answers a target that is no path. No middleware sees it: there is no canonical path that it could compare. */
function refuse(ctx: RequestContext, target: string, error: HttpError): Response {
  // RFC 9110 §9.3.7: OPTIONS * asks about the server as a whole.
  if (target === '*' && ctx.method === 'OPTIONS') return ctx.reply(null, 'text/plain', 204)
  return finishFailed(ctx, error)
}

/** The origin form of an absolute URL as the Fetch API gives it: path and query, no fragment. */
function targetOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('://') + 3)
  if (from === -1) return '/'
  const hash = url.indexOf('#', from)
  return hash === -1 ? url.slice(from) : url.slice(from, hash)
}
