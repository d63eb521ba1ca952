import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServableApp } from '../../src/server/index.ts'
import type { CompatOptions } from './handler.ts'
import { toNodeHandler } from './handler.ts'

/** What of a Fastify instance the plugin uses. */
export interface FastifyLike {
  readonly prefix: string
  readonly supportedMethods: string[]
  removeAllContentTypeParsers(): void
  // oxlint-disable-next-line typescript/no-explicit-any -- Fastify's own type is a ladder of overloads
  addContentTypeParser(type: string, options: object, parser: any): unknown
  route(options: {
    method: string[]
    url: string
    handler: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse; hijack(): unknown }) => void
  }): unknown
}

/**
 * Makes a Fastify plugin of an app: `fastify.register(toFastifyPlugin(app), { prefix: '/api' })`. The prefix is taken
 * off the path. Fastify's own body parsers are off inside the plugin, so that the app reads the body itself.
 */
export function toFastifyPlugin(
  app: ServableApp,
  options: Omit<CompatOptions, 'basePath'> = {},
): (instance: FastifyLike) => Promise<void> {
  return async (instance) => {
    const handler = toNodeHandler(app, { ...options, basePath: instance.prefix })
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', {}, leaveBody)
    // Fastify answers HEAD by GET's route where it can; here all methods have one route.
    const method = instance.supportedMethods
    instance.route({
      method,
      url: '/*',
      handler(request, reply) {
        reply.hijack()
        handler(request.raw, reply.raw)
      },
    })
  }
}

/** A parser that parses nothing: the app reads the stream itself. */
function leaveBody(_request: unknown, _payload: unknown, done: (error: null) => void): void {
  done(null)
}
