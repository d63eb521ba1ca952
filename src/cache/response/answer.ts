import { encodeBase64url } from '../../crypto/index.ts'
import { HttpError } from '../../errors/index.ts'
import { evaluatePreconditions, formatEtag, isEtag, parseHttpDate } from '../../http/index.ts'
import type { CacheContext } from '../contract.ts'
import type { Field } from './fields.ts'
import { valueOf } from './fields.ts'
import type { ResponseRecord } from './record.ts'

/** RFC 9110 §15.4.5: what a 304 says of the 200 that it stands for. */
const described: ReadonlySet<string> = new Set([
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'vary',
])

/**
 * Answers with a record: by 304 when the client has it already, 412 when `If-Match` wants another one. `age`: it comes
 * from the cache, and says how old it is (RFC 9111 §5.1).
 */
export function answerWith(ctx: CacheContext, record: ResponseRecord, isKept: boolean): Response {
  const { body, fields, status } = record
  const nowMs = ctx.platform.clock.now()
  const list = [...fields]
  if (isKept) {
    const ageSeconds = Math.floor(Math.max(0, nowMs - record.madeMs + record.ageMs) / 1000)
    list.push(['age', String(ageSeconds)])
  }
  const verdict = status === 200 ? verdictOn(ctx, fields, nowMs) : 'proceed'
  if (verdict === 'failed') {
    throw new HttpError(
      412,
      'PRECONDITION_FAILED',
      'Expected the version that the request names, there is another one',
    )
  }
  if (verdict === 'not-modified') {
    const hasTag = valueOf(fields, 'etag') !== null
    const told = list.filter(
      ([name]) => described.has(name) || name === 'age' || (name === 'last-modified' && !hasTag),
    )
    return ctx.platform.createResponse(null, 304, told.flat())
  }
  list.push(['content-length', String(body.byteLength)])
  return ctx.platform.createResponse(body, status, list.flat())
}

/** The fields with an entity tag of the content, weak because it may be coded on its way; if they have none. */
export async function withEtag(
  fields: readonly Field[],
  body: Uint8Array<ArrayBuffer>,
): Promise<readonly Field[]> {
  if (valueOf(fields, 'etag') !== null) return fields
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  return [...fields, ['etag', formatEtag(encodeBase64url(digest.subarray(0, 16)), true)]]
}

function verdictOn(
  ctx: CacheContext,
  fields: readonly Field[],
  nowMs: number,
): ReturnType<typeof evaluatePreconditions> {
  const etag = valueOf(fields, 'etag')
  const modified = valueOf(fields, 'last-modified')
  const request = { method: ctx.method, header: (name: string) => ctx.headers.get(name), nowMs }
  return evaluatePreconditions(request, {
    etag: etag !== null && isEtag(etag) ? etag : null,
    lastModifiedMs: modified === null ? null : parseHttpDate(modified, nowMs),
  })
}
