import type { Context, CoreContext, Middleware } from '../context/index.ts'
import { stateKey } from '../context/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { Markup } from '../template/index.ts'
import { html } from '../template/index.ts'
import type { CsrfOptions } from './contract.ts'
import type { ResolvedCsrf } from './csrf-options.ts'
import { resolveCsrf } from './csrf-options.ts'
import { readFormField } from './form-field.ts'

/** What the token helpers find on the context. */
interface CsrfState {
  readonly fieldName: string
  issue(): Promise<string>
}

/** Why a request was refused: a field of the diagnostic, and never more than these words. */
type Refusal = 'cross-site' | 'origin' | 'referer' | 'no-origin' | 'token'

const csrfKey = stateKey<CsrfState>('csrf')
const maxRefererLength = 8192

/**
 * Makes a middleware that refuses requests which another site's page made a browser send. GET, HEAD and OPTIONS pass:
 * they must not change anything. Every other request is looked at in this order, and the first that is there decides:
 *
 * 1. `Sec-Fetch-Site`, which no page can write: `same-origin` and `none` pass, others only from a trusted origin
 * 2. `Origin`: the request's own after the rules of trust, or a trusted one
 * 3. `Referer`, likewise
 * 4. a bearer token in `Authorization`, which no browser sends by itself, or the token of `csrfToken`
 *
 * Everything else is 403. Behind a proxy set `trustProxies`, or the own origin is not the one that browsers see.
 * `OPTIONS_INVALID` and `SECRET_MISSING` at start.
 */
export function csrf(options: CsrfOptions = {}): Middleware<Context> {
  const policy = resolveCsrf(options)
  const { tokens } = policy

  return function csrf(ctx, next) {
    if (tokens !== null) {
      ctx.set(csrfKey, {
        fieldName: policy.fieldName,
        issue: async () => tokens.issue(ctx, await policy.bindTo(ctx)),
      })
    }
    if (isSafe(ctx.method) || policy.skip(ctx)) return next()
    const verdict = judgeSource(ctx, policy)
    if (verdict === 'own') return next()
    if (verdict !== 'no-origin') return refuse(ctx, verdict)
    if (hasBearer(ctx)) return next()
    return hasToken(ctx, policy).then((valid) =>
      valid ? next() : refuse(ctx, tokens === null ? 'no-origin' : 'token'),
    )
  }
}

/**
 * A token for forms and scripts, another text each time; they send it back in the field `_csrf` or the header
 * `x-csrf-token`. Sets a cookie the first time, so ask for it before the answer leaves. It needs `csrf({ secrets })`
 * around the handler, else `SECRET_MISSING`. An answer with a token must not be kept by a shared cache.
 */
export async function csrfToken(ctx: CoreContext): Promise<string> {
  return stateOf(ctx).issue()
}

/** The token as a hidden field of a form. */
export async function csrfField(ctx: CoreContext): Promise<Markup> {
  const state = stateOf(ctx)
  return html`<input type="hidden" name="${state.fieldName}" value="${await state.issue()}" />`
}

function stateOf(ctx: CoreContext): CsrfState {
  const state = ctx.get(csrfKey)
  if (state !== undefined) return state
  throw new RockstarError(
    'SECRET_MISSING',
    'Expected the middleware csrf with secrets around this handler; add app.use(csrf({ secrets }))',
  )
}

/** RFC 9110 §9.2.1. TRACE is not among them: it has no business here. */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/** Where the request comes from, as far as the browser says it. */
function judgeSource(ctx: Context, { trusted }: ResolvedCsrf): 'own' | Exclude<Refusal, 'token'> {
  const site = ctx.headers.get('sec-fetch-site')
  const origin = ctx.headers.get('origin')
  if (site !== null) {
    if (site === 'same-origin' || site === 'none') return 'own'
    return origin !== null && trusted.has(origin) ? 'own' : 'cross-site'
  }
  // A page whose referrer policy hides its address sends the origin null; only a token can speak for it.
  if (origin !== null && origin !== 'null')
    return origin === ctx.url.origin || trusted.has(origin) ? 'own' : 'origin'
  const referer = ctx.headers.get('referer')
  if (referer === null) return 'no-origin'
  const from = referer.length <= maxRefererLength && URL.canParse(referer) ? new URL(referer).origin : 'null'
  return from !== 'null' && (from === ctx.url.origin || trusted.has(from)) ? 'own' : 'referer'
}

function hasBearer({ headers }: Context): boolean {
  return /^(?:Bearer|DPoP) +[\w\-.~+/]+=*$/i.test(headers.get('authorization') ?? '')
}

async function hasToken(ctx: Context, policy: ResolvedCsrf): Promise<boolean> {
  const { tokens } = policy
  if (tokens === null) return false
  const token = ctx.headers.get(policy.headerName) ?? (await readFormField(ctx, policy.fieldName))
  return token !== null && tokens.verify(ctx, await policy.bindTo(ctx), token)
}

function refuse(ctx: Context, reason: Refusal): Response {
  ctx.diagnostics.emit({
    kind: 'security.csrf-refused',
    level: 'warn',
    message: `A request was refused that another site may have caused (${reason})`,
    fields: { reason, method: ctx.method, route: ctx.route?.pattern ?? '' },
  })
  return ctx.problem(403, {
    type: 'urn:rockstar:error:csrf-refused',
    detail: details[reason],
    extensions: { code: 'CSRF_REFUSED' },
  })
}

const details: Readonly<Record<Refusal, string>> = {
  'cross-site': 'Requests from other sites may not write',
  origin: 'Requests from other origins may not write',
  referer: 'Requests from other origins may not write',
  'no-origin': 'Expected Sec-Fetch-Site or Origin, which say where the request comes from',
  token: 'Expected Sec-Fetch-Site, Origin, or a valid token',
}
