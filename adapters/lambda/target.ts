import type { EventRecord } from './event.ts'
import { isRecord } from './event.ts'

/** What never stands in an encoded path, or would end it. */
// oxlint-disable-next-line no-control-regex -- control characters are among what it looks for
const strayInPath = /[^\x21-\x7e]|[?#]/gu
/** What never stands in an encoded query, or would end it. */
// oxlint-disable-next-line no-control-regex -- control characters are among what it looks for
const strayInQuery = /[^\x21-\x7e]|#/gu

/**
 * The path of a request target of one that the gateway has decoded (HTTP API, both formats): a `%` in it is a per cent
 * sign, a `?` and a `#` belong to the path.
 */
export function encodeDecodedPath(path: string): string {
  if (/^[\w/.~-]*$/.test(path)) return path
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent)
}

/** The path of a request target of one that came through as the client sent it. */
export function encodeStrayInPath(path: string): string {
  return path.toWellFormed().replace(strayInPath, encodeURIComponent)
}

/** A query of one that came through as the client sent it. */
export function encodeStrayInQuery(query: string): string {
  return query.toWellFormed().replace(strayInQuery, encodeURIComponent)
}

/** A query of parameters that the gateway has decoded. */
export function encodeQuery(event: EventRecord): string {
  return joinQuery(event, (text) => encodeURIComponent(text.toWellFormed()))
}

/** A query of parameters that the load balancer has split and not decoded. */
export function joinEncodedQuery(event: EventRecord): string {
  return encodeStrayInQuery(joinQuery(event, (text) => text))
}

/** Names with several values have one parameter for each. */
function joinQuery(event: EventRecord, encode: (text: string) => string): string {
  const parameters = event['multiValueQueryStringParameters'] ?? event['queryStringParameters']
  if (!isRecord(parameters)) return ''
  const pairs: string[] = []
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (typeof one === 'string') pairs.push(`${encode(name)}=${encode(one)}`)
  }
  return pairs.join('&')
}

/** The path without the prefix, where it begins with these segments. */
export function withoutPrefix(path: string, prefix: string): string {
  if (prefix === '' || !path.startsWith(prefix)) return path
  if (path.length === prefix.length) return '/'
  return path.charCodeAt(prefix.length) === 47 ? path.slice(prefix.length) : path
}
