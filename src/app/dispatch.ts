import type { RequestContext } from '../context/index.ts'
import { HttpError } from '../errors/index.ts'
import type { Platform, WireRequest } from '../platform/index.ts'
import type { Match } from '../router/index.ts'
import { canonicalPath } from '../router/index.ts'
import type { CompiledApp, CompiledRoute } from './compile.ts'
import { fail, timeoutError } from './fail.ts'
import { fallbackLayer, hostOf } from './fallback.ts'
import { isThenable } from './onion.ts'
import { discardBody, finish } from './respond.ts'

/** Answers one request; never throws and never rejects. */
export type Dispatch = (request: Request, platform: Platform) => Response | Promise<Response>

/** Makes the one way in. Synchronous wherever the route is. */
export function createDispatch(app: CompiledApp): Dispatch {
  const { environment, policy, router, Context } = app
  const redirects = policy.trailingSlash === 'redirect'
  const fallback = app.foldFallback((ctx) => fallbackLayer(ctx, app))

  function find(method: string, host: string | null, path: string): Match<CompiledRoute> | null {
    const found = router.find(method, host, path)
    // RFC 9110 §9.3.2: GET answers HEAD, but a route for HEAD itself comes first.
    if (method !== 'HEAD' || (found !== null && found.target.info.method === 'HEAD')) return found
    const get = router.find('GET', host, path)
    return get !== null && (found === null || get.target.info.method === 'GET') ? get : found
  }

  function run(ctx: RequestContext): Response | Promise<Response> {
    const found = find(ctx.method, app.hasHosts ? hostOf(ctx) : null, ctx.path)
    if (found === null) return fallback(ctx)
    if (redirects && !found.exact) return redirectSlash(ctx)
    const route = found.target
    ctx.route = route.info
    ctx.limits = route.limits
    ctx.paramNames = found.names
    ctx.paramValues = found.values
    return route.run(ctx)
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

/** To the registered form of the path. The target is relative, so that it is right behind a mount or a proxy too. */
function redirectSlash(ctx: RequestContext): Response {
  const { path, search } = ctx
  const hasSlash = path.endsWith('/')
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1)
  const target = hasSlash ? `../${name.slice(0, -1)}` : `./${name}/`
  return ctx.redirect(search === '' ? target : `${target}?${search}`, { status: 308 })
}

/** Answers a target that is no path. No middleware sees it: there is no canonical path that it could compare. */
function refuse(ctx: RequestContext, target: string, error: HttpError): Response {
  // RFC 9110 §9.3.7: OPTIONS * asks about the server as a whole.
  if (target === '*' && ctx.method === 'OPTIONS') return ctx.reply(null, 'text/plain', 204)
  return finishFailed(ctx, error)
}

/** Waits for an asynchronous answer, no longer than the route's bound. */
function settle(ctx: RequestContext, pending: Promise<Response>): Promise<Response> {
  const { handlerMs } = ctx.limits
  if (handlerMs === 0)
    return pending.then((response) => finish(ctx, response)).catch((error) => finishFailed(ctx, error))
  const { clock } = ctx.platform
  ctx.fixDeadline()
  return new Promise((resolve) => {
    const cancel = clock.schedule(handlerMs, () => {
      const error = timeoutError(ctx)
      ctx.cutOff(error)
      resolve(finishFailed(ctx, error))
    })
    pending.then(
      (response) => {
        cancel()
        if (ctx.isCutOff()) discardBody(response)
        else resolve(finishSettled(ctx, response))
      },
      (error: unknown) => {
        cancel()
        if (!ctx.isCutOff()) resolve(finishFailed(ctx, error))
      },
    )
  })
}

function finishSettled(ctx: RequestContext, response: Response): Response {
  try {
    return finish(ctx, response)
  } catch (error) {
    return finishFailed(ctx, error)
  }
}

function finishFailed(ctx: RequestContext, error: unknown): Response {
  let response: Response
  try {
    response = fail(ctx, error)
  } catch (second) {
    // What was thrown cannot even be described: details that JSON cannot express, a proxy that throws.
    reportBroken(ctx, second)
    return ctx.platform.createResponse(null, 500, [])
  }
  try {
    return finish(ctx, response)
  } catch (second) {
    // What was to be added before sending failed too; the answer goes without it.
    reportBroken(ctx, second)
    return response
  }
}

function reportBroken(ctx: RequestContext, error: unknown): void {
  const reason = error instanceof Error ? error.message : typeof error
  const message = `The answer to an error failed too: ${reason.slice(0, 200)}`
  ctx.environment.diagnostics.emit({ kind: 'request.failed', level: 'error', message, error })
}

/** The origin form of an absolute URL as the Fetch API gives it: path and query, no fragment. */
function targetOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('://') + 3)
  if (from === -1) return '/'
  const hash = url.indexOf('#', from)
  return hash === -1 ? url.slice(from) : url.slice(from, hash)
}
