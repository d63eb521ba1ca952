import type { CoreContext, Middleware, Next } from '../context/index.ts'
import { isToken } from '../http/index.ts'
import type { CorsOptions, OriginPredicate } from './contract.ts'
import { compileOrigins, isOrigin } from './origin.ts'
import type { Problems } from './problems.ts'
import { createProblems, show } from './problems.ts'

/** The options of `cors`, complete and checked. */
interface Policy {
  /** Null: everybody, without credentials. */
  readonly isAllowed: OriginPredicate | null
  readonly allowNullOrigin: boolean
  readonly credentials: boolean
  readonly methods: string
  /** Null: what the preflight asks for. */
  readonly allowHeaders: string | null
  readonly exposeHeaders: string
  readonly maxAge: string
  readonly privateNetwork: boolean
}

const maxNames = 100
const maxRequestedLength = 2048
const known: readonly (keyof CorsOptions)[] = [
  'origins',
  'credentials',
  'allowNullOrigin',
  'methods',
  'allowHeaders',
  'exposeHeaders',
  'maxAgeSeconds',
  'privateNetwork',
]

/**
 * Makes a middleware for cross-origin resource sharing (WHATWG Fetch §3.3). Put it on the app, so that it also stands
 * around preflights, 404s and errors. It answers preflights itself, whether a route has OPTIONS or not; an origin that
 * is not allowed gets no CORS fields, and its browser keeps the answer from the page. That does not keep a request from
 * happening: `csrf` does. `OPTIONS_INVALID` lists every mistake, among them credentials for everybody.
 */
export function cors(options: CorsOptions): Middleware<CoreContext> {
  const policy = resolve(options)

  return function cors(ctx, next) {
    const { isAllowed } = policy
    const origin = ctx.headers.get('origin')
    // A shared cache must not give the answer for one origin to another, also when this request has none.
    if (isAllowed !== null) ctx.header('vary', 'Origin', { append: true })
    if (origin === null) return next()
    const verdict = isAllowed === null ? true : ask(isAllowed, origin, ctx)
    return typeof verdict === 'boolean'
      ? proceed(ctx, next, verdict ? origin : null)
      : verdict.then((allowed) => proceed(ctx, next, allowed ? origin : null))
  }

  /** Security: only `true` allows; a predicate that gives something else, or fails, does not. */
  function ask(isAllowed: OriginPredicate, origin: string, ctx: CoreContext): boolean | Promise<boolean> {
    if (origin === 'null') return policy.allowNullOrigin
    if (!isOrigin(origin)) return false
    const verdict: unknown = isAllowed(origin, ctx)
    return verdict instanceof Promise ? verdict.then((allowed) => allowed === true) : verdict === true
  }

  function proceed(ctx: CoreContext, next: Next, origin: string | null): Response | Promise<Response> {
    const isPreflight = ctx.method === 'OPTIONS' && ctx.headers.has('access-control-request-method')
    if (origin !== null) {
      ctx.header('access-control-allow-origin', policy.isAllowed === null ? '*' : origin)
      if (policy.credentials) ctx.header('access-control-allow-credentials', 'true')
    }
    if (isPreflight) return preflight(ctx, origin !== null)
    if (origin !== null && policy.exposeHeaders !== '')
      ctx.header('access-control-expose-headers', policy.exposeHeaders)
    return next()
  }

  function preflight(ctx: CoreContext, isAllowed: boolean): Response {
    if (policy.allowHeaders === null) ctx.header('vary', 'Access-Control-Request-Headers', { append: true })
    if (!isAllowed) return ctx.reply(null, 'text/plain', 204)
    ctx.header('access-control-allow-methods', policy.methods)
    const allowHeaders = policy.allowHeaders ?? requestedHeaders(ctx.headers)
    if (allowHeaders !== '') ctx.header('access-control-allow-headers', allowHeaders)
    ctx.header('access-control-max-age', policy.maxAge)
    if (policy.privateNetwork && ctx.headers.get('access-control-request-private-network') === 'true')
      ctx.header('access-control-allow-private-network', 'true')
    return ctx.reply(null, 'text/plain', 204)
  }
}

/** The names that a preflight asks for, or nothing when they are not a bounded list of names. */
function requestedHeaders(headers: Headers): string {
  const text = headers.get('access-control-request-headers') ?? ''
  if (text === '' || text.length > maxRequestedLength) return ''
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  return names.length <= maxNames && names.every(isToken) ? names.join(', ') : ''
}

function resolve(options: CorsOptions): Policy {
  const problems = createProblems('cors')
  problems.names(options, known)
  const { origins } = options
  const credentials = problems.flag('credentials', options.credentials, false)
  const allowNullOrigin = problems.flag('allowNullOrigin', options.allowNullOrigin, false)
  if (origins === '*' && credentials)
    problems.add(
      'credentials: expected false with origins *, any page could read what a user sees; name the origins',
    )
  if (allowNullOrigin && credentials)
    problems.add(
      'allowNullOrigin: expected false with credentials, any page can make a frame with the origin null',
    )
  const allowHeaders =
    options.allowHeaders === 'requested'
      ? null
      : tokens('allowHeaders', options.allowHeaders ?? ['content-type'], problems)
  const policy: Policy = {
    isAllowed: origins === '*' ? null : predicateOf(origins, problems),
    allowNullOrigin,
    credentials,
    methods: tokens(
      'methods',
      options.methods ?? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      problems,
    ),
    allowHeaders,
    exposeHeaders: tokens('exposeHeaders', options.exposeHeaders ?? [], problems),
    maxAge: String(problems.whole('maxAgeSeconds', options.maxAgeSeconds, 600, [0, 86_400])),
    privateNetwork: problems.flag('privateNetwork', options.privateNetwork, false),
  }
  problems.throwAll()
  return policy
}

function predicateOf(origins: unknown, problems: Problems): OriginPredicate {
  // A function is taken at its word; what it gives is looked at each time.
  if (typeof origins === 'function') return origins as OriginPredicate
  const matches = compileOrigins(origins, 'origins', problems)
  return (origin) => matches(origin)
}

/** A list of names. With credentials a star would be a name like any other, so none is taken (Fetch §3.3.4). */
function tokens(key: string, names: unknown, problems: Problems): string {
  const list: readonly unknown[] = Array.isArray(names) ? names : [names]
  const valid = list.filter(
    (name): name is string => typeof name === 'string' && isToken(name) && name !== '*',
  )
  if (valid.length < list.length || list.length > maxNames) {
    const wrong = list.find((name) => !valid.some((one) => one === name))
    problems.add(`${key}: expected a list of at most ${maxNames} names without *, got ${show(wrong)}`)
  }
  return valid.join(', ')
}
