import { statusPhrase } from '../../src/http/index.ts'
import type { HeaderList } from '../../src/platform/index.ts'
import { pairsOf } from '../../src/platform/index.ts'
import type { Payload } from './body.ts'
import type { EventKind } from './event.ts'

/** What Lambda hands back to the gateway. */
export interface LambdaResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  /** Formats 1.0 and load balancer with multi-value headers. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  /** Format 2.0 only: the values of `Set-Cookie`. */
  readonly cookies?: readonly string[]
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** The head of an answer as the formats 2.0 and of streams have it. */
export interface AnswerHead {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies?: readonly string[]
}

/** Lambda takes at most 6 MiB of JSON as an answer, in bytes. */
const maxResultBytes = 6 * 2 ** 20
/** A load balancer takes at most 1 MiB of JSON, in bytes. */
const maxAlbResultBytes = 2 ** 20

/** The longest answer that a source takes, in bytes of JSON. */
export function maxBytesOf(kind: EventKind): number {
  return kind === 'alb' || kind === 'alb-multi' ? maxAlbResultBytes : maxResultBytes
}

/** Makes the result that a source understands. */
export function toResult(
  kind: EventKind,
  { status, headers }: { readonly status: number; readonly headers: HeaderList },
  { body, isBase64Encoded }: Payload,
): LambdaResult {
  const payload = { body, isBase64Encoded }
  if (kind === 'alb') return { statusCode: status, headers: toSingleValues(headers), ...payload }
  if (kind === 'alb-multi' || kind === 'rest' || kind === 'http-1')
    return { statusCode: status, multiValueHeaders: toLists(headers), ...payload }
  return { ...toHead(status, headers), ...payload }
}

/** The head in format 2.0: one value for each field, cookies apart. */
export function toHead(status: number, list: HeaderList): AnswerHead {
  const headers: Record<string, string> = {}
  let cookies: string[] | null = null
  for (let index = 1; index < list.length; index += 2) {
    const name = list[index - 1] ?? ''
    const value = list[index] ?? ''
    if (name === 'set-cookie') (cookies ??= []).push(value)
    else headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value
  }
  return cookies === null ? { statusCode: status, headers } : { statusCode: status, headers, cookies }
}

function toLists(list: HeaderList): Record<string, string[]> {
  const lists: Record<string, string[]> = {}
  for (const [name, value] of pairsOf(list)) {
    if (Object.hasOwn(lists, name)) lists[name]?.push(value)
    else lists[name] = [value]
  }
  return lists
}

/**
 * A load balancer without multi-value headers takes one value of each name, and cookies cannot be joined. Names that
 * differ in case are one to HTTP (RFC 9110 §5.1) and several to JSON.
 */
function toSingleValues(list: HeaderList): Record<string, string> {
  const { headers, cookies = [] } = toHead(0, list)
  const all: Record<string, string> = { ...headers }
  for (const [index, cookie] of cookies.entries()) all[spellingOf('set-cookie', index)] = cookie
  return all
}

/** The name with some letters in upper case: another spelling for each index up to 2^9 - 1. */
function spellingOf(name: string, index: number): string {
  let bit = 0
  return name.replace(/[a-z]/g, (letter) => ((index >> bit++) & 1 ? letter.toUpperCase() : letter))
}

/** Does the result fit? Its JSON is only written where that is not plain. */
export function fits(result: LambdaResult, maxBytes: number): boolean {
  const { body, isBase64Encoded, ...head } = result
  // A character of text takes at most six bytes of JSON, one of Base64 one.
  const room = maxBytes - 32_768 - (isBase64Encoded ? body.length : body.length * 6)
  if (room > 0 && JSON.stringify(head).length < 10_000) return true
  return Buffer.byteLength(JSON.stringify(result)) <= maxBytes
}

/** A result with problem details (RFC 9457) for a failure that the app has not seen. */
export function problemResult(kind: EventKind, status: number, code: string, detail?: string): LambdaResult {
  const problem = {
    type: `urn:rockstar:error:${code.toLowerCase().replaceAll('_', '-')}`,
    title: statusPhrase(status),
    status,
    detail,
    code,
  }
  const headers = ['content-type', 'application/problem+json']
  return toResult(kind, { status, headers }, { body: JSON.stringify(problem), isBase64Encoded: false })
}
