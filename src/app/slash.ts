import type { RequestContext } from '../context/index.ts'
import { safeLocation } from '../http/index.ts'

/** To the registered form of the path. The target is relative, so that it is right behind a mount or a proxy too. */
export function redirectSlash(ctx: RequestContext): Response {
  const { path, search } = ctx
  const hasSlash = path.endsWith('/')
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1)
  const target = `${hasSlash ? `../${name.slice(0, -1)}` : `./${name}/`}${search === '' ? '' : `?${search}`}`
  return ctx.platform.createResponse(null, 308, ['location', safeLocation(target, ctx.url, [])])
}
