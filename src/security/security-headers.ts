import type { CoreContext, Middleware } from '../context/index.ts'
import { stateKey } from '../context/index.ts'
import { encodeBase64url } from '../crypto/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { SecurityHeaderOptions } from './contract.ts'
import type { CompiledCsp } from './csp.ts'
import { resolveHeaders } from './header-options.ts'

/** The nonce of one answer. */
interface NonceState {
  readonly csp: CompiledCsp
  nonce: string | null
  /** Has the answer its header fields already? */
  isSent: boolean
}

const nonceKey = stateKey<NonceState>('security nonce')
const nonceBytes = 16

/**
 * Makes a middleware that sets the header fields by which browsers protect a site. Each has a safe default, can be
 * changed, and is switched off by `false`. A field that a handler sets itself, by `ctx.header` or on a response of its
 * own, stays as it is; but `X-Powered-By` of a response is taken off. Errors and 404 have them too when the middleware stands on the app. `OPTIONS_INVALID` lists
 * every mistake.
 *
 * HSTS is only sent where the client uses https, as the rules of trust see it.
 */
export function securityHeaders(options: SecurityHeaderOptions = {}): Middleware<CoreContext> {
  const { fixed, hsts, csp } = resolveHeaders(options)
  const names = fixed.map(([name]) => name)
  if (hsts !== null) names.push('strict-transport-security')
  if (csp !== null) names.push(csp.field)

  function begin(ctx: CoreContext): Answering {
    const state: NonceState | null = csp === null ? null : { csp, nonce: null, isSent: false }
    const answering: Answering = { state, isAnswered: false }
    for (const [name, value] of fixed) ctx.header(name, value)
    if (hsts !== null && ctx.url.protocol === 'https:') ctx.header('strict-transport-security', hsts)
    if (state !== null) {
      ctx.set(nonceKey, state)
      ctx.header(state.csp.field, state.csp.plain)
      ctx.beforeSend(() => {
        state.isSent = true
        // What takes the place of a failed answer has lost the fields whose names begin with content-.
        if (!answering.isAnswered) ctx.header(state.csp.field, policyOf(state))
      })
    }
    return answering
  }

  /** The fields of a response win over those that wait on the context only if they wait there as well. */
  function keepOwn(ctx: CoreContext, response: Response, answering: Answering): Response {
    answering.isAnswered = true
    for (const name of names) {
      const own = response.headers.get(name)
      if (own !== null) ctx.header(name, own)
    }
    return response.headers.has('x-powered-by') ? withoutMaker(response) : response
  }

  return function securityHeaders(ctx, next) {
    const answering = begin(ctx)
    const response = next()
    return 'then' in response
      ? response.then((settled) => keepOwn(ctx, settled, answering))
      : keepOwn(ctx, response, answering)
  }
}

/**
 * The nonce of this answer, for `<script nonce="…">` and `<style nonce="…">`: 128 random bits, made when it is first
 * asked for, and named in the policy from then on. Ask for it before the answer leaves, and before the handler sets a
 * policy of its own. `OPTIONS_INVALID` without `securityHeaders` around the handler or with its policy switched off.
 */
export function cspNonce(ctx: CoreContext): string {
  const state = ctx.get(nonceKey)
  if (state === undefined) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      'Expected the middleware securityHeaders with a policy around this handler; add app.use(securityHeaders())',
    )
  }
  if (state.nonce !== null) return state.nonce
  if (state.isSent) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      'Expected cspNonce() before the answer has left; ask for it before the stream begins',
    )
  }
  const nonce = encodeBase64url(ctx.platform.random.bytes(nonceBytes))
  state.nonce = nonce
  ctx.header(state.csp.field, policyOf(state))
  return nonce
}

/** Security: which software answers, and in which version, helps only those who look for its holes. */
function withoutMaker(response: Response): Response {
  const copy = new Response(response.body, response)
  copy.headers.delete('x-powered-by')
  return copy
}

interface Answering {
  readonly state: NonceState | null
  /** Did the handler answer, instead of failing? */
  isAnswered: boolean
}

function policyOf({ csp, nonce }: NonceState): string {
  return nonce === null ? csp.plain : csp.withNonce(nonce)
}
