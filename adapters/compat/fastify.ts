import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServableApp } from '../../src/server/index.ts'
import type { CompatOptions } from './handler.ts'
import { createHandler } from './handler.ts'
import { segmentsRule } from './target.ts'

/** How long Fastify's `close` waits for work that goes on after responses, in milliseconds. */
const idleMs = 10_000

/** What of a Fastify reply the plugin uses. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse
  hijack(): unknown
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>
}

/** What of a Fastify instance the plugin uses. */
export interface FastifyLike {
  readonly prefix: string
  readonly supportedMethods: string[]
  removeAllContentTypeParsers(): void
  // oxlint-disable-next-line typescript/no-explicit-any -- Fastify's own type is a ladder of overloads
  addContentTypeParser(type: string, options: object, parser: any): unknown
  addHook(name: 'onClose', hook: () => Promise<void>): unknown
  route(options: {
    method: string[]
    url: string
    handler: (request: { raw: IncomingMessage }, reply: FastifyReplyLike) => void
  }): unknown
}

/**
 * Makes a Fastify plugin of an app: `fastify.register(toFastifyPlugin(app), { prefix: '/api' })`. The prefix is taken
 * off the path; it may have parameters. Fastify's own body parsers and body limit are off inside the plugin, so that
 * the app reads the body by its own limits. Fields that hooks have set on the reply are sent with the app's answer;
 * `onSend` hooks do not run. Fastify's `close` waits up to 10 seconds for work that goes on after responses; whoever
 * made the app stops it.
 */
export function toFastifyPlugin(
  app: ServableApp,
  options: Omit<CompatOptions, 'basePath' | 'fallThrough'> = {},
): (instance: FastifyLike) => Promise<void> {
  return async (instance) => {
    const handler = createHandler(app, options, segmentsRule(instance.prefix))
    instance.addHook('onClose', () => handler.platform.idle(idleMs))
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', {}, leaveBody)
    const answer = (request: { raw: IncomingMessage }, reply: FastifyReplyLike): void => {
      reply.hijack()
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value)
      }
      handler(request.raw, reply.raw)
    }
    // All methods have one route; the second is for the prefix itself, with and without a slash.
    const method = [...instance.supportedMethods]
    instance.route({ method, url: '/*', handler: answer })
    instance.route({ method, url: '/', handler: answer })
  }
}

/** A parser that parses nothing: the app reads the stream itself. */
function leaveBody(_request: unknown, _payload: unknown, done: (error: null) => void): void {
  done(null)
}
