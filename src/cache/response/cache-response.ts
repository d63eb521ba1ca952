import { stateKey } from '../../context/index.ts'
import type { Middleware, Next } from '../../context/contract.ts'
import type { Cache, CacheContext, CacheLoad, KeptValue } from '../contract.ts'
import { answerWith } from './answer.ts'
import type { Directives } from './cache-control.ts'
import { secondsOf } from './cache-control.ts'
import type { ResponseCacheOptions, ResponseOutcome } from './contract.ts'
import { make } from './make.ts'
import { createPasses } from './passes.ts'
import { formatRecord, parseRecord, type ResponseRecord } from './record.ts'
import { askOf, uriTagOfRequest, type Asked } from './request-key.ts'
import type { ResponseRules } from './rules.ts'
import { readResponseRules } from './rules.ts'

/** Marks a request that an outer `cacheResponse` has taken charge of. */
const taken = stateKey<boolean>('cache.response')
/** What no timer of a request is longer than. */
const longestTimerMs = 2 ** 31 - 1

/** An answer that is not to be kept, on its way past the cache to the request that it was made for. */
class Withheld extends Error {
  readonly response: Response
  readonly reason: string

  constructor(response: Response, reason: string) {
    super('An answer is not kept')
    this.response = response
    this.reason = reason
  }

  /** Did the handler fail, so that an old answer may take its place? */
  get isFailure(): boolean {
    return this.response.status >= 500
  }

  /** Would another request fare the same? Not if the reason is in this one. */
  get isLasting(): boolean {
    return !this.isFailure && this.response.status !== 304
  }
}

/**
 * Makes a middleware that keeps answers to GET in `ctx.cache`, as a shared cache by RFC 9111, for one route or for many.
 * HEAD is answered from what GET has kept. A request of another method that succeeds makes what is kept of its path
 * worthless. In doubt nothing is kept; `cache.response` tells why.
 *
 * - Answers are found by scheme, host, path, query and the fields of `vary`. Scheme and host are those after the rules of
 *   trust.
 * - Many who ask at once share one run of the handler, among processes, too, where the store can do that.
 * - What middleware inside of this one does is part of what is kept; what is outside of it runs for each request.
 * - Of two, one within the other, the outer one counts.
 *
 * `RangeError` for an option out of range.
 */
export function cacheResponse(options: ResponseCacheOptions = {}): Middleware<CacheContext> {
  const rules = readResponseRules(options)
  const passes = createPasses()

  return function responseCache(ctx, next) {
    const { method } = ctx
    if (method === 'OPTIONS' || method === 'TRACE' || ctx.get(taken) === true) return next()
    if (method !== 'GET' && method !== 'HEAD') return invalidateAfter(ctx, next)
    const asked = askOf(ctx, rules)
    if (asked.kind === 'bypass') {
      tell(ctx, 'bypass', asked.reason)
      return next()
    }
    ctx.set(taken, true)
    // Its keys are apart from those of the application, its tags are the same.
    const cache = ctx.cache.namespace('\u0001responses', { shareTags: true })
    if (asked.directives.has('only-if-cached') && rules.obeyRequest) return answerIfKept(ctx, cache, asked)
    if (method === 'HEAD') return answerHead(ctx, next, cache, asked, rules)
    const nowMs = ctx.platform.clock.monotonic()
    const passed = passes.reasonOf(asked.key, nowMs)
    if (passed !== null) {
      tell(ctx, 'uncacheable', passed)
      return next()
    }
    return answerGet(ctx, next, {
      cache,
      asked,
      rules,
      pass: (reason) => passes.add(asked.key, reason, nowMs),
    })
  }
}

type Question = Extract<Asked, { kind: 'ask' }>

interface Job {
  readonly cache: Cache
  readonly asked: Question
  readonly rules: ResponseRules
  /** Lets the next requests of this key run at once, without waiting for each other. */
  readonly pass: (reason: string) => void
}

/** What happened while an answer was sought. */
interface Seen {
  /** The kept value that was taken. */
  kept: KeptValue | null
  /** What the handler made for this request. */
  own: ResponseRecord | null
  withheld: Withheld | null
}

async function answerGet(ctx: CacheContext, next: Next, job: Job): Promise<Response> {
  const { asked, cache, rules, pass } = job
  const sent = Promise.withResolvers<void>()
  // Right after this the answer leaves, in the same turn.
  ctx.beforeSend(() => queueMicrotask(sent.resolve))
  const seen: Seen = { kept: null, own: null, withheld: null }

  async function load(one: CacheLoad): Promise<Uint8Array> {
    // The handler works on the context of an answer that it would change, had it not left before.
    if (one.isRefresh) await sent.promise
    const made = await make(ctx, next, asked, rules)
    if (made.kind === 'keep') {
      if (!one.isRefresh) seen.own = made.own
      one.keep(made.lifetimes)
      return formatRecord(made.record)
    }
    const withheld = new Withheld(made.response, made.reason)
    seen.withheld = withheld
    if (withheld.isLasting) {
      pass(made.reason)
      if (one.isRefresh) await cache.delete(asked.key)
    }
    if (one.isRefresh) discard(made.response)
    throw withheld
  }
  try {
    const bytes = await cache.remember(asked.key, load, {
      ...rules.defaults,
      negativeTtlMs: 0,
      tags: [...rules.tags(ctx), asked.uriTag],
      loadTimeoutMs: Math.min(longestTimerMs, ctx.limits.handlerMs || longestTimerMs),
      staleOn: (error) => !(error instanceof Withheld) || error.isFailure,
      accept(found) {
        if (rules.obeyRequest && !isAcceptable(found, asked.directives)) return false
        seen.kept = found
        return true
      },
    })
    if (seen.own !== null) {
      tell(ctx, 'miss')
      return answerWith(ctx, seen.own, false)
    }
    const record = parseRecord(bytes)
    if (record === null) return seen.withheld?.response ?? next()
    if (seen.withheld !== null) discard(seen.withheld.response)
    tell(ctx, outcomeOf(seen))
    return answerWith(ctx, record, true)
  } catch (error) {
    if (!(error instanceof Withheld)) throw error
    tell(ctx, 'uncacheable', error.reason)
    // That of another request is for that one alone.
    return error === seen.withheld ? error.response : next()
  }
}

function outcomeOf({ kept, withheld }: Seen): ResponseOutcome {
  if (withheld !== null) return 'stale'
  if (kept === null) return 'joined'
  return kept.freshMs > 0 ? 'hit' : 'stale'
}

/** RFC 9110 §9.3.2: what a GET has kept. The handler's own answer to HEAD has no body to keep. */
async function answerHead(
  ctx: CacheContext,
  next: Next,
  cache: Cache,
  asked: Question,
  { obeyRequest }: ResponseRules,
): Promise<Response> {
  const isRefused = obeyRequest && [...asked.directives.keys()].some((name) => name !== 'max-stale')
  const record = isRefused ? null : parseRecord(await cache.get(asked.key))
  tell(ctx, record === null ? 'bypass' : 'hit', record === null ? 'head' : undefined)
  return record === null ? next() : answerWith(ctx, record, true)
}

/** RFC 9111 §5.2.1.7 */
async function answerIfKept(ctx: CacheContext, cache: Cache, asked: Question): Promise<Response> {
  const record = parseRecord(await cache.get(asked.key))
  tell(ctx, record === null ? 'bypass' : 'hit', record === null ? 'only-if-cached' : undefined)
  return record === null ? ctx.problem(504) : answerWith(ctx, record, true)
}

/** RFC 9111 §4.4: what is kept of the URI counts no more once an unsafe request has succeeded. */
async function invalidateAfter(ctx: CacheContext, next: Next): Promise<Response> {
  const response = await next()
  const tag = response.status < 400 ? uriTagOfRequest(ctx) : null
  if (tag !== null) await ctx.cache.invalidateTags(tag)
  return response
}

/** RFC 9111 §5.2.1. What is malformed wants a new answer. */
function isAcceptable({ ageMs, freshMs }: KeptValue, directives: Directives): boolean {
  if (directives.has('no-cache')) return false
  const maxAge = secondsOf(directives, 'max-age')
  const minFresh = secondsOf(directives, 'min-fresh')
  if (maxAge !== null && !(ageMs <= maxAge * 1000 && (freshMs > 0 || directives.has('max-stale'))))
    return false
  return minFresh === null || freshMs >= minFresh * 1000
}

function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined)
}

function tell(ctx: CacheContext, outcome: ResponseOutcome, reason?: string): void {
  const route = ctx.route?.pattern ?? ''
  ctx.diagnostics.emit({
    kind: 'cache.response',
    level: 'debug',
    message: `The response cache: ${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    fields: { outcome, route, ...(reason === undefined ? {} : { reason }) },
  })
}
