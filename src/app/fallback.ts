import type { RequestContext } from '../context/index.ts'
import type { CompiledApp } from './compile.ts'

/** Answers what no route does: OPTIONS, 405 or 404, alike on every runtime. */
export function fallbackLayer(ctx: RequestContext, { hostOf, router }: CompiledApp): Response {
  const methods = router.methods(hostOf?.(ctx) ?? null, ctx.path)
  if (methods.length === 0)
    return ctx.problem(404, { detail: 'Nothing is here', extensions: { code: 'NOT_FOUND' } })
  // GET brings HEAD, and OPTIONS is always answered.
  const answered = methods.includes('GET') ? ['HEAD', 'OPTIONS'] : ['OPTIONS']
  const allow = [...new Set([...methods, ...answered])].toSorted().join(', ')
  ctx.header('allow', allow)
  // RFC 9110 §9.3.7
  if (ctx.method === 'OPTIONS') return ctx.reply(null, 'text/plain', 204)
  // RFC 9110 §15.5.6
  return ctx.problem(405, { detail: `Expected one of ${allow}`, extensions: { code: 'METHOD_NOT_ALLOWED' } })
}
