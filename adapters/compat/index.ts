export type { FastifyLike } from './fastify.ts'
export { toFastifyPlugin } from './fastify.ts'
export type { CompatOptions, NodeHandler } from './handler.ts'
export { toNodeHandler } from './handler.ts'
