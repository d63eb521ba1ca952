import type { Context } from '../context/contract.ts'
import { RockstarError } from '../errors/index.ts'

/** What a request names: a key, and whether it names a folder (it is `''` or ended in `/`). */
export interface RequestedKey {
  /** Without a `/` at its end. */
  readonly key: string
  readonly isFolder: boolean
}

/**
 * The key that the rest parameter `param` names, or null when no key could be meant: a segment that is empty, or that
 * holds a separator once it is decoded.
 *
 * Security: `ctx.params` is decoded, and `a%2Fb` looks like `a/b` there. So the segments are told apart in the
 * canonical path, which is encoded, and then decoded one by one.
 */
export function requestedKey(ctx: Context, param: string): RequestedKey | null {
  const value = ctx.params[param] ?? absentRest(ctx, param)
  if (!ctx.path.includes('%')) return toKey(value, ctx.path)
  const raw = encodedRest(ctx.path, value)
  if (raw === null) return null
  const decoded = raw.split('/').map(decodeSegment)
  return decoded.includes(null) ? null : toKey(decoded.join('/'), ctx.path)
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

function toKey(rest: string, path: string): RequestedKey {
  const key = rest.endsWith('/') ? rest.slice(0, -1) : rest
  // A router may leave the last slash out of the parameter.
  return { key, isFolder: path.endsWith('/') }
}

/**
 * The part of `path` that the router decoded to `value`. It is the end of the path that begins behind a slash and
 * decodes to so many characters: each longer end decodes to more, so there is one at most.
 */
function encodedRest(path: string, value: string): string | null {
  const ends = path.endsWith('/') && !value.endsWith('/') ? path.length - 1 : path.length
  if (value === '') return ''
  let length = 0
  for (let end = ends; end > 0; ) {
    const slash = path.lastIndexOf('/', end - 1)
    const segment = decodeText(path.slice(slash + 1, end))
    if (segment === null) return null
    length += segment.length
    if (length >= value.length) {
      const rest = path.slice(slash + 1, ends)
      return decodeText(rest) === value ? rest : null
    }
    length++
    end = slash
  }
  return null
}

function decodeSegment(segment: string): string | null {
  const text = decodeText(segment)
  return text === null || text.includes('/') || text.includes('\\') ? null : text
}

function decodeText(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
