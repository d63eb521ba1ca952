import type { IncomingMessage } from 'node:http'

/** Gives the target that the app is to see, or null for a request that is not the app's. */
export type TargetRule = (message: IncomingMessage) => string | null

const absolute = /^https?:\/\/[^/?#]*(.*)$/is

/**
 * Without a base path the app sees what the server left: Express takes the path of `use` off. With one, that is taken
 * off the target as the client sent it, and a request elsewhere is not the app's. An empty one takes nothing off.
 */
export function baseRule(basePath: string | undefined): TargetRule {
  if (basePath === undefined) return (message) => originForm(message.url)
  const prefix = basePath.replace(/\/+$/, '')
  if (prefix !== '' && !prefix.startsWith('/')) {
    throw new TypeError(`Expected a basePath that begins with /, got ${basePath.slice(0, 100)}`)
  }
  return (message) => {
    const target = originForm(sentTarget(message))
    if (prefix === '' || target === '*') return target
    if (!target.startsWith(prefix)) return null
    const rest = target.slice(prefix.length)
    return isPathEnd(rest) ? withSlash(rest) : null
  }
}

/**
 * Takes as many segments off as a prefix has, whatever stands in them: the server has matched them by its own rules,
 * which may allow parameters and other cases.
 */
export function segmentsRule(prefix: string): TargetRule {
  const count = prefix.split('/').filter((segment) => segment !== '').length
  return (message) => {
    const target = originForm(message.url)
    const path = /^[^?#]*/.exec(target)?.[0] ?? ''
    let from = 0
    for (let dropped = 0; dropped < count && from !== -1; dropped++) from = path.indexOf('/', from + 1)
    return from === -1 ? withSlash(target.slice(path.length)) : withSlash(target.slice(from))
  }
}

/** RFC 9112 §3.2.2: a client may send the whole URL, of which only path and query count here. */
function originForm(url = '/'): string {
  const rest = absolute.exec(url)?.[1]
  return rest === undefined ? url : withSlash(rest)
}

/** Express keeps the target as it came beside the one that it has taken its prefix off. */
function sentTarget(message: IncomingMessage & { readonly originalUrl?: unknown }): string | undefined {
  return typeof message.originalUrl === 'string' ? message.originalUrl : message.url
}

function isPathEnd(rest: string): boolean {
  return rest === '' || rest.startsWith('/') || rest.startsWith('?')
}

function withSlash(rest: string): string {
  return rest.startsWith('/') ? rest : `/${rest}`
}
