import type { ProblemOptions, RequestContext } from '../context/index.ts'
import type { DiagnosticEvent } from '../diagnostics/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import { HttpError, isHttpError, isRockstarError, RockstarError } from '../errors/index.ts'

/** A store that is down or busy now, and may not be in a moment (RFC 9110 §15.6.4). */
const unavailable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SQL_BUSY',
  'SQL_CLOSED',
  'SQL_CONNECTION',
  'SQL_TIMEOUT',
  'STORE_CLOSED',
])

/** Makes problem details of whatever was thrown, and says so on the diagnostics channel. The only place for it. */
export function fail(ctx: RequestContext, thrown: unknown): Response {
  const error = toHttpError(ctx, thrown)
  report(ctx, error, thrown)
  ctx.dropRepresentation()
  if (error.headers !== undefined) {
    for (const name of Object.keys(error.headers)) ctx.header(name, error.headers[name] ?? '')
  }
  const code = shownCode(ctx, error, thrown)
  const { detail, extensions } = describe(ctx, error, thrown)
  return ctx.problem(error.status, {
    type: `urn:rockstar:error:${code.toLowerCase().replaceAll('_', '-')}`,
    ...(detail === undefined ? {} : { detail }),
    extensions: { ...extensions, code },
  })
}

/** Security: what broke inside is not told outside of development: not even that there is a database. */
function shownCode(ctx: RequestContext, error: HttpError, thrown: unknown): ErrorCode {
  if (ctx.environment.development || isHttpError(thrown) || error.code === 'HANDLER_TIMEOUT')
    return error.code
  return error.status === 503 ? 'UNAVAILABLE' : 'INTERNAL'
}

function toHttpError(ctx: RequestContext, thrown: unknown): HttpError {
  if (isHttpError(thrown)) return thrown
  if (ctx.isCutOff()) return timeoutError(ctx)
  if (isRockstarError(thrown)) {
    const { code, message } = thrown
    if (unavailable.has(code))
      return new HttpError(503, code, message, { cause: thrown, headers: { 'retry-after': '5' } })
    return new HttpError(500, code, message, { cause: thrown })
  }
  if (thrown instanceof Error) return new HttpError(500, 'INTERNAL', thrown.message, { cause: thrown })
  return new HttpError(
    500,
    'THROWN_VALUE',
    `Expected an error to be thrown, got ${typeof thrown}; throw an Error`,
    {
      cause: thrown,
    },
  )
}

/** What a request gets whose handler is late. */
export function timeoutError(ctx: RequestContext): HttpError {
  return new HttpError(503, 'HANDLER_TIMEOUT', `Expected an answer within ${ctx.limits.handlerMs} ms`, {
    headers: { 'retry-after': '5' },
  })
}

/** What the client may see. Below 500 the message is meant for it; above, only in development. */
function describe(
  ctx: RequestContext,
  error: HttpError,
  thrown: unknown,
): Pick<ProblemOptions, 'detail' | 'extensions'> {
  if (error.expose) return { detail: error.message, extensions: { ...error.details } }
  if (!ctx.environment.development) return {}
  const stack = thrown instanceof Error ? thrown.stack : undefined
  return { detail: error.message, extensions: { stack: stack?.split('\n').map((line) => line.trim()) } }
}

function report(ctx: RequestContext, error: HttpError, thrown: unknown): void {
  const { diagnostics } = ctx.environment
  const level = error.status >= 500 ? 'error' : 'info'
  const event: DiagnosticEvent = {
    kind: 'request.failed',
    level,
    message: `${ctx.method} ${ctx.path.slice(0, 200)} ${error.status} ${error.code}: ${error.message}`,
    error: thrown,
    fields: {
      status: error.status,
      code: error.code,
      method: ctx.method,
      route: ctx.route?.pattern ?? '',
    },
  }
  diagnostics.emit(event)
}

/** The error of an app that was changed too late. */
export function startedError(): RockstarError {
  return new RockstarError(
    'APP_STARTED',
    'Expected routes, middleware and hooks before the first request; the app has started, so register them earlier',
  )
}
