import type { CacheContext } from '../contract.ts'
import type { Directives } from './cache-control.ts'
import { parseCacheControl } from './cache-control.ts'
import { elementsOf } from './fields.ts'
import type { ResponseRules } from './rules.ts'

/** What a request asks of the cache, or why it goes past it. */
export type Asked =
  | { readonly kind: 'bypass'; readonly reason: string }
  | {
      readonly kind: 'ask'
      readonly key: string
      /** What an unsafe request to the same URI invalidates (RFC 9111 §4.4). */
      readonly uriTag: string
      readonly isAuthorized: boolean
      readonly directives: Directives
    }

/** Longest query and longest field that becomes part of a key. */
const maxQueryLength = 2048
const maxFieldLength = 1024

/**
 * Security: fields by which a client may choose what a handler answers, or what an app behind another proxy believes to
 * have been asked. None is part of the key: an answer that depends on one would be given to everybody.
 */
const choosing: readonly string[] = [
  'front-end-https',
  'x-forwarded-path',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-host',
  'x-http-host-override',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-host',
  'x-original-url',
  'x-rewrite-url',
]

/**
 * Security: fields that say who asks, besides `Authorization` and `Cookie`. A handler behind this cache that checks them
 * would check them for the first one alone.
 */
const credentials: readonly string[] = [
  'api-key',
  'cf-access-jwt-assertion',
  'proxy-authorization',
  'remote-user',
  'x-access-token',
  'x-amzn-oidc-data',
  'x-api-key',
  'x-auth-request-user',
  'x-auth-token',
  'x-authorization',
  'x-client-cert',
  'x-forwarded-client-cert',
  'x-forwarded-email',
  'x-forwarded-user',
  'x-goog-iap-jwt-assertion',
  'x-ms-client-principal',
  'x-remote-user',
]

/** Says what a GET or HEAD asks of the cache; in doubt it goes past it. */
export function askOf(ctx: CacheContext, rules: ResponseRules): Asked {
  const { headers } = ctx
  const bypass = (reason: string): Asked => ({ kind: 'bypass', reason })
  // A body of GET would change the answer and is not part of the key (RFC 9110 §9.3.1).
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0')
    return bypass('body')
  if (headers.has('range')) return bypass('range')
  if (headers.has('upgrade')) return bypass('upgrade')
  if (headers.has('cookie') && !rules.ignoresCookies) return bypass('cookie')
  const partition = rules.partition?.(ctx) ?? null
  if (partition === null && rules.partition !== null) return bypass('partition')
  const directives = directivesOf(headers)
  if (directives === null) return bypass('cache-control')
  // RFC 9111 §5.2.1.5
  if (directives.has('no-store')) return bypass('no-store')
  if (ctx.search.length > maxQueryLength) return bypass('query')
  const url = urlOf(ctx)
  if (url === null) return bypass('host')
  const conflict = conflictingField(ctx, url, rules)
  if (conflict !== null) return bypass(conflict)
  const varied: string[] = []
  for (const name of rules.vary) {
    const value = headers.get(name)
    if (value !== null && value.length > maxFieldLength) return bypass(name)
    varied.push(rules.varyValue(name, value, ctx))
  }
  const isAuthorized = headers.has('authorization')
  const uri = `${url.origin}${ctx.path}`
  // An answer to a request with credentials is never given to one without, nor the other way round.
  const key = JSON.stringify([uri, queryOf(ctx.search, rules), isAuthorized, partition, varied])
  return { kind: 'ask', key, uriTag: uriTagOf(uri), isAuthorized, directives }
}

/** The tag of what an unsafe request changes: all answers of its path, whatever the query; null without a host. */
export function uriTagOfRequest(ctx: CacheContext): string | null {
  const url = urlOf(ctx)
  return url === null ? null : uriTagOf(`${url.origin}${ctx.path}`)
}

function uriTagOf(uri: string): string {
  // No tag that somebody writes begins so.
  return `\u0001uri:${uri}`
}

function urlOf(ctx: CacheContext): URL | null {
  try {
    return ctx.url
  } catch {
    return null
  }
}

/** RFC 9111 §5.4: `Pragma` counts where there is no `Cache-Control`. */
function directivesOf(headers: Headers): Directives | null {
  const value = headers.get('cache-control')
  if (value === null && elementsOf(headers.get('pragma')).includes('no-cache'))
    return new Map([['no-cache', null]])
  return parseCacheControl(value)
}

/** The parameters that count, those of one name in their order, names in order. */
function queryOf(search: string, { query }: ResponseRules): string {
  if (search === '' || query?.size === 0) return ''
  const pairs = search.split('&').map((pair) => ({ pair, name: nameOf(pair) }))
  const counting = query === null ? pairs : pairs.filter(({ name }) => query.has(name))
  return counting
    .toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0))
    .map(({ pair }) => pair)
    .join('&')
}

/** As a form decodes it: a handler sees one name where the client may write several. */
function nameOf(pair: string): string {
  const [first] = new URLSearchParams(pair).keys()
  return first ?? ''
}

/** Security: a field that says otherwise than the URL of the key, and that the handler might believe. */
function conflictingField({ headers }: CacheContext, url: URL, rules: ResponseRules): string | null {
  const counts = (name: string): boolean =>
    headers.has(name) && !rules.ignoreFields.has(name) && !rules.vary.includes(name)
  const found = choosing.find(counts) ?? (rules.partition === null ? credentials.find(counts) : undefined)
  if (found !== undefined) return found
  const scheme = url.protocol.slice(0, -1)
  const told: Readonly<Record<string, string>> = { 'x-forwarded-host': url.host, 'x-forwarded-proto': scheme }
  for (const [name, expected] of Object.entries(told)) {
    if (counts(name) && elementsOf(headers.get(name)).some((element) => element !== expected)) return name
  }
  if (!counts('forwarded')) return null
  for (const [, name = '', value = ''] of (headers.get('forwarded') ?? '')
    .toLowerCase()
    .matchAll(/\b(host|proto)\s*=\s*"?([^";,\s]*)/g)) {
    if (value !== (name === 'host' ? url.host : scheme)) return 'forwarded'
  }
  return null
}
