export type {
  Context,
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
export type { Environment, Origin } from './environment.ts'
export { stateKey } from './key.ts'
export { deriveContext } from './derive.ts'
export type { Local } from './local.ts'
export { createLocal } from './local.ts'
export { problemText } from './problem.ts'
export { RequestContext } from './request-context.ts'
export { isStreamSource, toByteStream } from './stream.ts'
export type { Timing } from './timing.ts'
export { createTiming } from './timing.ts'
