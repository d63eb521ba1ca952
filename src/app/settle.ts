import type { RequestContext } from '../context/index.ts'
import { BoundedContext } from '../context/index.ts'
import { HttpError } from '../errors/index.ts'
import { finishFailed, finishSafely } from './finish.ts'
import { discardBody } from './respond.ts'

/** Waits for an answer, however long that takes. */
export function settle(ctx: RequestContext, pending: Promise<Response>): Promise<Response> {
  return pending.then(
    (response) => finishSafely(ctx, response),
    (error: unknown) => finishFailed(ctx, error),
  )
}

/** Waits for an answer no longer than the route's bound. */
export function settleInTime(ctx: RequestContext, pending: Promise<Response>): Promise<Response> {
  if (!(ctx instanceof BoundedContext) || ctx.limits.handlerMs === 0) return settle(ctx, pending)
  const { handlerMs } = ctx.limits
  const { clock } = ctx.platform
  ctx.fixDeadline()
  return new Promise((resolve) => {
    const cancel = clock.schedule(handlerMs, () => {
      const error = new HttpError(503, 'HANDLER_TIMEOUT', `Expected an answer within ${handlerMs} ms`, {
        headers: { 'retry-after': '5' },
      })
      ctx.cutOff(error)
      resolve(finishFailed(ctx, error))
    })
    pending.then(
      (response) => {
        cancel()
        if (ctx.isCutOff()) discardBody(response)
        else resolve(finishSafely(ctx, response))
      },
      (error: unknown) => {
        cancel()
        if (!ctx.isCutOff()) resolve(finishFailed(ctx, error))
      },
    )
  })
}
