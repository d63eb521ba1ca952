import type { RequestContext } from '../context/index.ts'
import type { AmendableResponse, HeaderList } from '../platform/index.ts'
import { isRepeatable } from '../http/index.ts'
import { pairsOf } from '../platform/index.ts'

/** Makes a `Response` of whatever a handler returned. The only place where that happens. */
export function respond(ctx: RequestContext, value: unknown): Response {
  return isResponse(value) ? value : ctx.replyWith(value)
}

/**
 * The last step of every request: adds the header fields that wait on the context, and takes the body off the answer
 * to HEAD.
 */
export function finish(ctx: RequestContext, response: Response): Response {
  const pending = ctx.takeHeaders()
  const amended = pending === null || pending.length === 0 ? response : amend(response, pending)
  return ctx.method === 'HEAD' ? withoutBody(amended) : amended
}

/**
 * Is it a response? Told by its tag, so that asking loads no native class; one of another realm or of a third party
 * counts.
 */
export function isResponse(value: unknown): value is Response {
  // Anything but null and undefined may be asked for a member.
  return (value as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[Symbol.toStringTag] === 'Response'
}

function amend(response: Response, headers: HeaderList): Response {
  const own: AmendableResponse = response
  if (typeof own.amend === 'function') {
    own.amend(headers)
    return response
  }
  // The response of a fetch has immutable headers, so a copy takes the fields.
  const copy = new Response(response.body, response)
  for (const [name, value] of pairsOf(headers))
    copy.headers[isRepeatable(name) ? 'append' : 'set'](name, value)
  return copy
}

/** RFC 9110 §9.3.2. An adapter's own response keeps its body, of which the adapter sends only the length. */
function withoutBody(response: AmendableResponse): Response {
  if (typeof response.amend === 'function' || response.body === null) return response
  const bare = new Response(null, response)
  discardBody(response)
  return bare
}

/** Lets go of a body that nobody will read. That of a third party's response may be a stream of another kind. */
export function discardBody(response: Response): void {
  response.body?.cancel?.().catch(() => undefined)
}
