import { RockstarError } from '../errors/index.ts'
import type { ServiceFactory, ServiceTable } from './contract.ts'
import { RequestContext } from './request-context.ts'

/** Fields that every context has of its own, besides the members of its class. */
const ownFields: ReadonlySet<string> = new Set([
  'request',
  'platform',
  'method',
  'path',
  'search',
  'environment',
  'route',
  'limits',
  'paramNames',
  'paramValues',
])

/**
 * Derives the context class of one app: one lazy getter per service on the prototype, so that a service that a
 * request does not touch costs nothing. Throws `OPTIONS_INVALID` for a name that the context has already.
 */
export function deriveContext(services: ServiceTable): typeof RequestContext {
  class AppContext extends RequestContext {}
  const taken = Object.keys(services).filter(
    (name) => name in RequestContext.prototype || ownFields.has(name),
  )
  if (taken.length > 0) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      `Expected services with names of their own, the context has ${taken.join(', ')}`,
    )
  }
  for (const [index, [name, factory]] of Object.entries(services).entries())
    defineService(AppContext, name, index, factory)
  return AppContext
}

function defineService(
  target: typeof RequestContext,
  name: string,
  index: number,
  factory: ServiceFactory,
): void {
  Object.defineProperty(target.prototype, name, {
    enumerable: true,
    get(this: RequestContext): unknown {
      return this.serviceAt(index, factory)
    },
  })
}
