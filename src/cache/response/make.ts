import type { Next } from '../../context/contract.ts'
import { formatHttpDate, isRepeatable } from '../../http/index.ts'
import type { ResponseBody } from '../../platform/contract.ts'
import type { CacheContext } from '../contract.ts'
import type { Lifetimes } from '../options.ts'
import { withEtag } from './answer.ts'
import { collectBody } from './body.ts'
import type { Field } from './fields.ts'
import { addVary, keepableFields, mergeFields, namesMissing, valueOf } from './fields.ts'
import { isPrevented, observe } from './observe.ts'
import type { ResponseRecord } from './record.ts'
import type { Asked } from './request-key.ts'
import type { ResponseRules } from './rules.ts'
import { judge } from './storable.ts'

/** What a handler made: a record to be kept, or a response that passes by. */
export type Made =
  | {
      readonly kind: 'keep'
      readonly record: ResponseRecord
      /** For the request itself: without fields that wait on its context and will be added to it. */
      readonly own: ResponseRecord
      readonly lifetimes: Lifetimes
    }
  | { readonly kind: 'pass'; readonly response: Response; readonly reason: string }

/** Runs the handler, and decides about what it answers. */
export async function make(
  ctx: CacheContext,
  next: Next,
  asked: Extract<Asked, { kind: 'ask' }>,
  rules: ResponseRules,
): Promise<Made> {
  const observation = observe(ctx)
  let response: Response
  try {
    response = await next()
  } finally {
    observation.end()
  }
  const { clock } = ctx.platform
  const madeMs = clock.now()
  const all = mergeFields(response.headers, observation.fields)
  const pass = (reason: string, passed = response): Made => ({ kind: 'pass', response: passed, reason })
  if (isPrevented(ctx)) return pass('prevented')
  // Security: what is added at the end is a cookie, in doubt.
  if (observation.hasLateWork) return pass('late-fields')
  const verdict = judge({
    status: response.status,
    fields: all,
    isAuthorized: asked.isAuthorized,
    isPrivate: rules.partition !== null,
    vary: rules.vary,
    defaults: rules.defaults,
    nowMs: madeMs,
  })
  if (verdict.kind === 'refuse') return pass(verdict.reason)
  const announced = response.headers.get('content-length')
  if (announced !== null && Number(announced) > rules.maxBodyBytes) return pass('body-size')
  const body = await collectBody(response.body, rules.maxBodyBytes, rules.maxBodyMs, clock)
  const again = (content: ResponseBody): Response =>
    ctx.platform.createResponse(content, response.status, mergeFields(response.headers, []).flat())
  if (body.kind === 'open') return pass('body-size', again(body.body))
  if (announced !== null && Number(announced) !== body.bytes.byteLength)
    return pass('body-length', again(body.bytes))
  const missing = namesMissing(all, rules.vary)
  const finish = async (fields: readonly Field[]): Promise<ResponseRecord> => {
    const varied = addVary(keepableFields(fields), missing)
    return {
      status: response.status,
      fields: rules.etag && response.status === 200 ? await withEtag(varied, body.bytes) : varied,
      body: body.bytes,
      madeMs,
      ageMs: verdict.ageMs,
    }
  }
  return {
    kind: 'keep',
    record: await finish(withDate(all, madeMs)),
    own: await finish(
      mergeFields(
        response.headers,
        observation.fields.filter(({ name }) => !isRepeatable(name)),
      ),
    ),
    lifetimes: verdict.lifetimes,
  }
}

/** RFC 9110 §6.6.1: the date of what is kept is that of its making. */
function withDate(fields: readonly Field[], madeMs: number): readonly Field[] {
  return valueOf(fields, 'date') === null ? [...fields, ['date', formatHttpDate(madeMs)]] : fields
}
