import type { Context, Middleware } from '../context/index.ts'
import { stateKey } from '../context/index.ts'
import type { RateLimitDecision, RateLimitOptions } from './contract.ts'
import { resolveRateLimit } from './rate-limit-options.ts'

/** What the rate limits of one request put into the header fields, all together. */
interface Fields {
  readonly policies: string[]
  readonly limits: string[]
}

const fieldsKey = stateKey<Fields>('rate limit fields')
const quotaExceeded = 'https://iana.org/assignments/http-problem-types#quota-exceeded'

/**
 * Makes a middleware that answers 429 when a client asks more often than the rules say, with `Retry-After` and problem
 * details that name the rules. All answers tell by `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-11) what is left. `OPTIONS_INVALID` lists every mistake, `STORE_UNSUPPORTED` what
 * the store cannot do.
 *
 * Security: the address is that of the client only if the app knows its proxies (`trustProxies`); before authentication
 * count by address, since a token that nobody has checked is another one in each request.
 */
export function rateLimit(options: RateLimitOptions): Middleware<Context> {
  const { limiter, keyOf, costOf } = resolveRateLimit(options)
  const { skip, headers = true } = options
  const policies = limiter.rules.map(
    ({ name, limit, windowMs }) => `"${name}";q=${limit};w=${Math.ceil(windowMs / 1000)}`,
  )

  function tell(ctx: Context, { states }: RateLimitDecision): void {
    if (!headers || states.length === 0) return
    const fields = ctx.get(fieldsKey) ?? { policies: [], limits: [] }
    ctx.set(fieldsKey, fields)
    fields.policies.push(...policies)
    for (const { name, remaining, resetMs } of states)
      fields.limits.push(`"${name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`)
    ctx.header('ratelimit-policy', fields.policies.join(', '))
    ctx.header('ratelimit', fields.limits.join(', '))
  }

  return async function rateLimit(ctx, next) {
    if (skip?.(ctx) === true) return next()
    const decision = await limiter.take(ctx, await keyOf(ctx), costOf(ctx))
    tell(ctx, decision)
    return decision.kind === 'allowed' ? next() : refuse(ctx, decision)
  }
}

function refuse(ctx: Context, { kind, states, retryAfterMs }: RateLimitDecision): Response {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  ctx.header('retry-after', String(seconds))
  if (kind === 'unavailable') {
    return ctx.problem(503, {
      type: 'urn:rockstar:error:unavailable',
      detail: `Try again in ${seconds} s`,
      extensions: { code: 'UNAVAILABLE' },
    })
  }
  const violated = states.filter(({ isViolated }) => isViolated).map(({ name }) => name)
  ctx.diagnostics.emit({
    kind: 'security.rate-limited',
    level: 'info',
    message: `A request was refused by the rate limit ${violated.join(', ')}`,
    fields: { rules: violated.join(','), method: ctx.method, route: ctx.route?.pattern ?? '' },
  })
  return ctx.problem(429, {
    type: quotaExceeded,
    detail: `Expected fewer requests, try again in ${seconds} s`,
    extensions: { code: 'RATE_LIMITED', 'violated-policies': violated },
  })
}
