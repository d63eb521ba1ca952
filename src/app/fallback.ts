import type { RequestContext } from '../context/index.ts'
import type { WireRequest } from '../platform/index.ts'
import type { CompiledApp } from './compile.ts'

/** Answers what no route does: OPTIONS, 405 or 404, alike on every runtime. */
export function fallbackLayer(ctx: RequestContext, app: CompiledApp): Response {
  const methods = allowedMethods(app.router.methods(app.hasHosts ? hostOf(ctx) : null, ctx.path))
  if (methods.length === 0) {
    return ctx.problem(404, { detail: 'Nothing is here', extensions: { code: 'NOT_FOUND' } })
  }
  const allow = methods.join(', ')
  // RFC 9110 §9.3.7
  if (ctx.method === 'OPTIONS') return ctx.header('allow', allow).reply(null, 'text/plain', 204)
  // RFC 9110 §15.5.6
  ctx.header('allow', allow)
  return ctx.problem(405, { detail: `Expected one of ${allow}`, extensions: { code: 'METHOD_NOT_ALLOWED' } })
}

/** The host by which routes are chosen: after the trust rules, in lower case, without port and trailing dot. */
export function hostOf(ctx: RequestContext): string {
  const resolve = ctx.environment.resolveOrigin
  const wire: WireRequest = ctx.request
  const host =
    resolve === null ? (wire.wireHost ?? ctx.request.headers.get('host') ?? ctx.url.host) : resolve(ctx).host
  const name = host.toLowerCase().replace(/:\d*$/, '')
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** What `Allow` says: GET brings HEAD, and OPTIONS is always answered. Empty when there is no route at all. */
function allowedMethods(registered: readonly string[]): string[] {
  if (registered.length === 0) return []
  const methods = new Set(registered)
  if (methods.has('GET')) methods.add('HEAD')
  methods.add('OPTIONS')
  return [...methods].toSorted()
}
