import type { RequestContext } from '../context/index.ts'
import { fail } from './fail.ts'
import { finish } from './respond.ts'

/** Makes an answer ready to leave; never throws. */
export function finishSafely(ctx: RequestContext, response: Response): Response {
  try {
    return finish(ctx, response)
  } catch (error) {
    return finishFailed(ctx, error)
  }
}

/** Makes the answer to an error ready to leave; never throws. */
export function finishFailed(ctx: RequestContext, thrown: unknown): Response {
  let response: Response | null = null
  try {
    response = fail(ctx, thrown)
    return finish(ctx, response)
  } catch (error) {
    // What was thrown cannot even be described: details that JSON cannot express, a proxy that throws. Or what was to
    // be added before sending failed too; then the answer goes without it.
    const message = 'The answer to an error failed too'
    ctx.environment.diagnostics.emit({ kind: 'request.failed', level: 'error', message, error })
    return response ?? ctx.platform.createResponse(null, 500, [])
  }
}
