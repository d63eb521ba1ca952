export type { CanonicalTarget } from './canonical.ts'
export { canonicalPath } from './canonical.ts'
export type {
  Found,
  Match,
  NamedType,
  PathPolicy,
  RouteDefinition,
  Router,
  RouterFactory,
} from './contract.ts'
export { decodeParam, decodeParams } from './decode.ts'
export type { PathParams } from './params.ts'
export { createRouter } from './router.ts'
export { createSegmentRouter } from './segments.ts'
