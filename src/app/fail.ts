import type { RequestContext } from '../context/index.ts'
import type { HttpError } from '../errors/index.ts'
import { isHttpError, isRockstarError, RockstarError } from '../errors/index.ts'

/** Makes problem details of whatever was thrown, and says so on the diagnostics channel. The only place for it. */
export function fail(ctx: RequestContext, thrown: unknown): Response {
  const { development, diagnostics, answerTo } = ctx.environment
  const error: Partial<HttpError> = isRockstarError(thrown) ? thrown : describeStranger(thrown)
  const { code = 'INTERNAL', details, expose = false, message = '' } = error
  const { status = 500, headers = {} } = { ...answerTo?.(code), ...error }
  diagnostics.emit({
    kind: 'request.failed',
    level: status < 500 ? 'info' : 'error',
    message: `${ctx.method} ${ctx.path.slice(0, 200)} ${status} ${code}: ${message}`,
    error: thrown,
    fields: { status, code, method: ctx.method, route: ctx.route?.pattern ?? '' },
  })
  ctx.dropRepresentation()
  for (const [name, value] of Object.entries(headers)) ctx.header(name, value)
  // Security: what broke inside is not told outside of development: not even that there is a database.
  const shown = development || isHttpError(thrown) ? code : status === 503 ? 'UNAVAILABLE' : 'INTERNAL'
  return ctx.problem(status, {
    type: `urn:rockstar:error:${shown.toLowerCase().replaceAll('_', '-')}`,
    // Below 500 the message is meant for the client; above, it sees one only in development.
    ...((expose || development) && { detail: message }),
    extensions: {
      ...(expose && details),
      code: shown,
      stack: development && !expose ? error.stack?.split(/\n\s*/) : undefined,
    },
  })
}

/** Only the message of an error that is not ours: its other members mean what its maker says. */
function describeStranger(thrown: unknown): Partial<HttpError> {
  return thrown instanceof Error
    ? { message: thrown.message, stack: thrown.stack ?? '' }
    : { code: 'THROWN_VALUE', message: `Expected an error to be thrown, got ${typeof thrown}` }
}

/** The error of an app that was changed too late. */
export function startedError(): RockstarError {
  return new RockstarError('APP_STARTED', 'Expected all routes and hooks before the first request')
}
