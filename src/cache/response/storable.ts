import { parseHttpDate } from '../../http/index.ts'
import type { Lifetimes } from '../options.ts'
import type { Directives } from './cache-control.ts'
import { parseCacheControl, secondsOf } from './cache-control.ts'
import type { Field } from './fields.ts'
import { elementsOf, valueOf } from './fields.ts'

/** Why an answer is not kept: one word for events. */
export type Refusal =
  | 'status'
  | 'set-cookie'
  | 'cache-control'
  | 'partial'
  | 'vary'
  | 'content-encoding'
  | 'cors'
  | 'nonce'
  | 'stream'
  | 'authorization'
  | 'not-fresh'

/** How long an answer may be kept, or why not. */
export type Verdict =
  | { readonly kind: 'keep'; readonly lifetimes: Lifetimes; readonly ageMs: number }
  | { readonly kind: 'refuse'; readonly reason: Refusal }

/** What an answer is judged by. */
export interface Judged {
  readonly status: number
  /** As the client would get them. */
  readonly fields: readonly Field[]
  /** Did the request have `Authorization`? */
  readonly isAuthorized: boolean
  /** Is it kept for one user alone? */
  readonly isPrivate: boolean
  /** Fields that the key has. */
  readonly vary: readonly string[]
  /** For what the answer does not say. */
  readonly defaults: Lifetimes & { readonly negativeTtlMs: number }
  readonly nowMs: number
}

const positive: ReadonlySet<number> = new Set([200, 203, 301, 308])
const negative: ReadonlySet<number> = new Set([404, 410])
/** What never ends, or not for long. */
const streamed = /^(?:text\/event-stream|multipart\/x-mixed-replace)\b/i
const longestMs = 365 * 86_400_000

/** Decides by RFC 9111 §3 and §4.2, and in doubt against keeping. */
export function judge(judged: Judged): Verdict {
  const { fields, isAuthorized, isPrivate, status, vary, defaults } = judged
  const refuse = (reason: Refusal): Verdict => ({ kind: 'refuse', reason })
  const isNegative = negative.has(status)
  if (!positive.has(status) && !(isNegative && defaults.negativeTtlMs > 0)) return refuse('status')
  const has = (name: string): boolean => fields.some(([other]) => other === name)
  // Security: RFC 9111 §7.3. A cookie is for one client.
  if (has('set-cookie')) return refuse('set-cookie')
  const directives = parseCacheControl(valueOf(fields, 'cache-control'))
  // A `no-cache` would have to be validated on each use. One that names fields alone counts as if it did not.
  if (directives === null || directives.has('no-store') || directives.has('no-cache'))
    return refuse('cache-control')
  if (directives.has('private') && !isPrivate) return refuse('cache-control')
  if (has('content-range')) return refuse('partial')
  if (!elementsOf(valueOf(fields, 'vary')).every((name) => vary.includes(name))) return refuse('vary')
  if (has('content-encoding') && !vary.includes('accept-encoding')) return refuse('content-encoding')
  const origin = valueOf(fields, 'access-control-allow-origin')
  // Security: an origin that was taken from the request, for all who come after.
  if (origin !== null && origin !== '*' && !vary.includes('origin')) return refuse('cors')
  // Security: a nonce that is given twice can be known beforehand.
  if (/'nonce-/i.test(valueOf(fields, 'content-security-policy') ?? '')) return refuse('nonce')
  if (streamed.test(valueOf(fields, 'content-type') ?? '')) return refuse('stream')
  // RFC 9111 §3.5
  const isExplicit = ['public', 's-maxage', 'must-revalidate'].some((name) => directives.has(name))
  if (isAuthorized && !isPrivate && !isExplicit) return refuse('authorization')
  const ageMs = initialAge(judged)
  const statedMs = statedLifetime(judged, directives)
  const ttlMs =
    Math.min(longestMs, statedMs ?? (isNegative ? defaults.negativeTtlMs : defaults.ttlMs)) - ageMs
  // NaN, too: RFC 9111 §4.2.1 has what is malformed count as stale.
  if (!(ttlMs >= 1)) return refuse('not-fresh')
  return { kind: 'keep', ageMs, lifetimes: { ttlMs, ...staleTimes(judged, directives) } }
}

/** What the answer says itself, in milliseconds; null where it says nothing. RFC 9111 §4.2.1 */
function statedLifetime({ fields, isPrivate, nowMs }: Judged, directives: Directives): number | null {
  const seconds = (isPrivate ? null : secondsOf(directives, 's-maxage')) ?? secondsOf(directives, 'max-age')
  if (seconds !== null) return seconds * 1000
  const expires = valueOf(fields, 'expires')
  if (expires === null) return null
  // Without a time zone of ours: RFC 9111 §5.3 has what is no date, `0` above all, be in the past.
  const expiresMs = parseHttpDate(expires, nowMs)
  return expiresMs === null ? Number.NaN : expiresMs - (dateOf(fields, nowMs) ?? nowMs)
}

/** How old it was when it came, if it is from elsewhere. RFC 9111 §4.2.3 */
function initialAge({ fields, nowMs }: Judged): number {
  // A date has no parts of a second.
  const apparentMs = Math.floor(Math.max(0, nowMs - (dateOf(fields, nowMs) ?? nowMs)) / 1000) * 1000
  const age = valueOf(fields, 'age')
  if (age === null) return apparentMs
  return /^\d{1,10}$/.test(age) ? Math.max(apparentMs, Number(age) * 1000) : Number.NaN
}

/** RFC 5861, and RFC 9111 §4.2.4 for what forbids it. */
function staleTimes(
  { defaults, isPrivate }: Judged,
  directives: Directives,
): Pick<Lifetimes, 'staleMs' | 'staleIfErrorMs'> {
  const forbidding = isPrivate ? ['must-revalidate'] : ['must-revalidate', 'proxy-revalidate', 's-maxage']
  const isForbidden = forbidding.some((name) => directives.has(name))
  const read = (name: string, otherwiseMs: number): number => {
    const seconds = secondsOf(directives, name)
    if (seconds === null) return isForbidden ? 0 : otherwiseMs
    return isForbidden || Number.isNaN(seconds) ? 0 : Math.min(longestMs, seconds * 1000)
  }
  return {
    staleMs: read('stale-while-revalidate', defaults.staleMs),
    staleIfErrorMs: read('stale-if-error', defaults.staleIfErrorMs),
  }
}

function dateOf(fields: readonly Field[], nowMs: number): number | null {
  const date = valueOf(fields, 'date')
  return date === null ? null : parseHttpDate(date, nowMs)
}
