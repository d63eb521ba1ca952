export type {
  Context,
  CoreContext,
  Handler,
  HeaderOptions,
  Middleware,
  Next,
  ProblemOptions,
  RedirectOptions,
  Reply,
  ReplyValue,
  RouteInfo,
  RouteLimits,
  ServiceFactory,
  ServiceHost,
  Services,
  ServiceTable,
  StateKey,
} from './contract.ts'
export type { BoundedEnvironment, Environment } from './environment.ts'
export { stateKey } from './key.ts'
export { BoundedContext } from './bounded-context.ts'
export { assertServiceNames, deriveContext } from './derive.ts'
export type { Local } from './local.ts'
export { createLocal } from './local.ts'
export { problemText } from './problem.ts'
export type { MatchedRoute } from './request-context.ts'
export { RequestContext } from './request-context.ts'
export { isStreamSource, toByteStream } from './stream.ts'
export type { Timing } from './timing.ts'
export { createTiming } from './timing.ts'
