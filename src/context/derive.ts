import { RockstarError } from '../errors/index.ts'
import type { ServiceTable } from './contract.ts'
import { BoundedContext } from './bounded-context.ts'
import type { RequestContext } from './request-context.ts'

/** Fields that every context has of its own, besides the members of its class. */
const ownFields: ReadonlySet<string> = new Set([
  'request',
  'platform',
  'method',
  'path',
  'search',
  'environment',
  'match',
])

/** Throws `OPTIONS_INVALID` for services whose names the context has already. */
export function assertServiceNames(services: ServiceTable): void {
  const taken = Object.keys(services).filter(
    (name) => name in BoundedContext.prototype || ownFields.has(name),
  )
  if (taken.length > 0) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      `Expected services with names of their own, the context has ${taken.join(', ')}`,
    )
  }
}

/**
 * Derives the context class of one app: one lazy getter per service on the prototype, so that a service that a
 * request does not touch costs nothing.
 */
export function deriveContext(Base: typeof RequestContext, services: ServiceTable): typeof RequestContext {
  class AppContext extends Base {}
  for (const [index, [name, factory]] of Object.entries(services).entries()) {
    Object.defineProperty(AppContext.prototype, name, {
      enumerable: true,
      get(this: RequestContext): unknown {
        return this.serviceAt(index, factory)
      },
    })
  }
  return AppContext
}
