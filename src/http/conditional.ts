import { parseHttpDate } from './date.ts'
import { isEtag, isStrongMatch, isWeakMatch, someEtag } from './etag.ts'

/** What tells one state of a representation from another. */
export interface Validators {
  /** The entity tag as it stands in the field, or null where there is none. */
  readonly etag: string | null
  /** Milliseconds since the Unix epoch, or null where it is unknown. Compared in whole seconds. */
  readonly lastModifiedMs: number | null
}

/** The part of a request that preconditions are read from. */
export interface ConditionalRequest {
  /** Upper case. */
  readonly method: string
  /** The value of a header field by its lower-case name, or null. */
  readonly header: (name: string) => string | null
  /** Milliseconds since the Unix epoch; decides the century of an obsolete date. */
  readonly nowMs: number
}

/** `failed` is 412, `not-modified` is 304. */
export type PreconditionVerdict = 'proceed' | 'not-modified' | 'failed'

/**
 * Evaluates the preconditions of a request in the order of RFC 9110 §13.2.2, against the current state of what it
 * asks for, or null when that does not exist. `If-Range` is not among them: see `isRangeCurrent`.
 *
 * A field that cannot be read is judged so that nothing is lost: `If-Match` fails, `If-None-Match` sends a safe
 * method the representation and fails an unsafe one, and a date is ignored.
 */
export function evaluatePreconditions(
  request: ConditionalRequest,
  current: Validators | null,
): PreconditionVerdict {
  const { header, method } = request
  const safe = method === 'GET' || method === 'HEAD'
  const ifMatch = header('if-match')
  if (ifMatch !== null) {
    if (!holdsStrongly(ifMatch, current)) return 'failed'
  } else if (isModifiedSince(header('if-unmodified-since'), current, request.nowMs) === true) {
    return 'failed'
  }
  const ifNoneMatch = header('if-none-match')
  if (ifNoneMatch !== null) {
    const matched = holdsWeakly(ifNoneMatch, current) ?? !safe
    if (!matched) return 'proceed'
    return safe ? 'not-modified' : 'failed'
  }
  if (safe && isModifiedSince(header('if-modified-since'), current, request.nowMs) === false)
    return 'not-modified'
  return 'proceed'
}

/**
 * May the `Range` of this request be applied? True without `If-Range`, and with one whose validator is the current one
 * (RFC 9110 §13.1.5): an entity tag by strong comparison, or exactly the date of `Last-Modified`. Everything else is
 * false, and the whole representation is to be sent.
 */
export function isRangeCurrent(request: ConditionalRequest, current: Validators): boolean {
  const value = request.header('if-range')
  if (value === null) return true
  if (isEtag(value)) return current.etag !== null && isStrongMatch(value, current.etag)
  const date = parseHttpDate(value, request.nowMs)
  // Only a client can know whether the date was a strong validator when it got it (RFC 9110 §8.8.2.2), and §13.1.5
  // forbids it to send a weak one.
  return date !== null && date === wholeSeconds(current)
}

/** RFC 9110 §13.1.1 */
function holdsStrongly(list: string, current: Validators | null): boolean {
  if (current === null) return false
  if (list.trim() === '*') return true
  const { etag } = current
  return etag !== null && someEtag(list, (candidate) => isStrongMatch(candidate, etag)) === true
}

/** RFC 9110 §13.1.2; null for a list that cannot be read. */
function holdsWeakly(list: string, current: Validators | null): boolean | null {
  if (list.trim() === '*') return current !== null
  const etag = current?.etag ?? null
  return someEtag(list, (candidate) => etag !== null && isWeakMatch(candidate, etag))
}

/** RFC 9110 §13.1.3, §13.1.4; null when the field is to be ignored. */
function isModifiedSince(value: string | null, current: Validators | null, nowMs: number): boolean | null {
  if (value === null || current === null) return null
  const modifiedMs = wholeSeconds(current)
  const sinceMs = parseHttpDate(value, nowMs)
  return modifiedMs === null || sinceMs === null ? null : modifiedMs > sinceMs
}

/** HTTP dates have no parts of a second. */
function wholeSeconds(current: Validators): number | null {
  const { lastModifiedMs } = current
  return lastModifiedMs === null ? null : Math.floor(lastModifiedMs / 1000) * 1000
}
