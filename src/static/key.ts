import type { Context } from '../context/contract.ts'
import { RockstarError } from '../errors/index.ts'

/** What a request names: a key, and whether it names a folder (it is `''` or ended in `/`). */
export interface RequestedKey {
  /** Without a `/` at its end. May still be no key at all. */
  readonly key: string
  readonly isFolder: boolean
}

/**
 * The key that the rest parameter `param` names.
 *
 * Security: the router decodes a rest parameter once, and leaves `%2F` and `%5C` in it as they are, so that every `/`
 * here was one in the canonical path: what the router and every middleware compared is what is served.
 */
export function requestedKey(ctx: Context, param: string): RequestedKey {
  const rest = ctx.params[param] ?? absentRest(ctx, param)
  return { key: rest.endsWith('/') ? rest.slice(0, -1) : rest, isFolder: ctx.path.endsWith('/') }
}

/** A router may leave out what is empty. */
function absentRest(ctx: Context, param: string): string {
  const pattern = ctx.route?.pattern ?? 'no route'
  if (pattern.endsWith(`*${param}`)) return ''
  throw new RockstarError(
    'OPTIONS_INVALID',
    `Expected static files on a route that ends in *${param}, got ${pattern}; name its parameter in the options`,
  )
}
