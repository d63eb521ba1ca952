import type { Middleware, RequestContext } from '../context/index.ts'
import { RockstarError } from '../errors/index.ts'

/** One ring of the onion: everything from here inward. */
export type Layer = (ctx: RequestContext) => Response | Promise<Response>

/**
 * Folds middleware around `inner`, the first outermost. Done once per route at start: a request pays one closure per
 * middleware and stays synchronous where everything is.
 */
export function foldOnion(middleware: readonly Middleware<never>[], inner: Layer): Layer {
  let layer = inner
  for (let index = middleware.length - 1; index >= 0; index--) {
    const current = middleware[index]
    if (current !== undefined) layer = foldOne(current, layer)
  }
  return layer
}

function foldOne(middleware: Middleware<never>, inner: Layer): Layer {
  // The app's context has every service of its table, which is all that its middleware may ask for.
  const run = middleware as Middleware<RequestContext>
  const name = `the middleware ${middleware.name || 'without a name'}`

  function check(response: Response): Response {
    // A response of another realm or of a third party is told by its shape.
    if ('headers' in Object(response)) return response
    throw new RockstarError(
      'MIDDLEWARE_NO_RESPONSE',
      `Expected ${name} to return a response, got ${typeof response}`,
    )
  }

  return (ctx) => {
    let called = false
    const response = run(ctx, () => {
      if (called) {
        throw new RockstarError('MIDDLEWARE_NEXT_TWICE', `Expected ${name} to call next() once`)
      }
      called = true
      return inner(ctx)
    })
    return isThenable(response) ? response.then(check) : check(response)
  }
}

/** Is it a promise? Cheaper than `instanceof`, and true for those of other realms. */
export function isThenable<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  // Anything but null and undefined may be asked for a member.
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
