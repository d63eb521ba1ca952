import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServerAdapter } from '@whatwg-node/server'
import type { ServableApp } from '../../src/server/index.ts'
import type { NodePlatform } from '../node/index.ts'
import { onGone } from './gone.ts'
import type { CompatPlatform, CompatPlatformOptions } from './platform.ts'
import { createCompatPlatform } from './platform.ts'
import { refusalOf, toRequestView } from './request-view.ts'
import { refuse, sendResponse } from './send.ts'
import type { TargetRule } from './target.ts'
import { baseRule } from './target.ts'

/** How an app stands in somebody else's server. */
export interface CompatOptions extends CompatPlatformOptions {
  /**
   * Taken off the path that the client sent; a request that is not below it is not the app's: it goes to `next`, or is
   * 404. Not needed in Express, which takes the path of `use` off itself. `''` gives the app the whole path, below
   * Express's prefix too. Default: the app sees the path that the server left.
   */
  readonly basePath?: string
  /**
   * Hand requests that the app answers by 404 without having read the body to `next`, so that routes after the app are
   * tried. Without a `next`, and by default, the app's 404 is the answer.
   */
  readonly fallThrough?: boolean
}

/** What Express's `use`, `http.createServer` and every server of that kind take. */
export interface NodeHandler {
  (message: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void
  /** To start the app before its first request (`app.start(handler.platform)`), and to wait for its `idle()` at the end. */
  readonly platform: NodePlatform
}

/** What the adapter hands to us besides the request. */
interface ServerContext {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly target: string
  /** May the request be left to others? */
  readonly fallsThrough: boolean
}

/** Answers one request by the app; null for one that the app leaves to others. */
type Ask = (context: ServerContext) => Promise<Response | null>

/**
 * Makes a handler of Node's kind of an app, over `@whatwg-node/server`. Mount it before body parsers: reading a body
 * that somebody else has read is `BODY_USED`. The app starts with the first request, or by `app.start`; whoever mounts
 * it stops it. `serve` of `rockstar-web/node` is faster; this is for servers that are there already.
 */
export function toNodeHandler(app: ServableApp, options: CompatOptions = {}): NodeHandler {
  return createHandler(app, options, baseRule(options.basePath))
}

/** The same with another rule for what the app sees of the path. */
export function createHandler(app: ServableApp, options: CompatOptions, targetOf: TargetRule): NodeHandler {
  const compat = createCompatPlatform(options)
  const { platform } = compat
  const ask = createAsk(app, compat)
  async function handle(context: ServerContext, next: (() => void) | undefined): Promise<void> {
    const { message, response } = context
    try {
      const answer = await ask(context)
      if (answer === null) return next === undefined ? refuse(response, 404) : next()
      response.once('finish', () => takeRest(message))
      await sendResponse(answer, message, response)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const text = `The answer could not be sent: ${reason.slice(0, 500)}`
      platform.log({ kind: 'response.failed', level: 'error', message: text, error })
      // RFC 9112 §8: a body that cannot be completed is told by cutting the connection.
      if (response.headersSent) response.destroy()
      else refuse(response, 500)
    }
  }
  function handler(
    message: IncomingMessage,
    response: ServerResponse,
    next?: (error?: unknown) => void,
  ): void {
    const target = targetOf(message)
    if (target === null) return next === undefined ? refuse(response, 404) : next()
    const refusal = refusalOf(message, target)
    if (refusal !== 0) return refuse(response, refusal)
    const fallsThrough = options.fallThrough === true && next !== undefined
    void handle({ message, response, target, fallsThrough }, next)
  }
  return Object.assign(handler, { platform })
}

/**
 * Security: of the adapter only the making of the request is used. Its own listener sends the stack of an error to the
 * client. Its sending replaces cookies that others have set, and keeps the head of a stream back until its first chunk.
 */
function createAsk(app: ServableApp, { platform, attach }: CompatPlatform): Ask {
  const adapter = createServerAdapter<ServerContext>(
    (request, { message, response, target }) => {
      attach(request, message, response)
      // So that the app's rules for paths see what came, not what `URL` has made of it.
      Object.defineProperty(request, 'wireTarget', { value: target })
      return app.fetch(request, platform)
    },
    // The native classes: ponyfills would fail `instanceof`, and `new Request(request)`.
    { fetchAPI: { Request, Response, Headers, ReadableStream, URL } },
  )
  return async (context) => {
    const { message, response, target } = context
    const lifeline = new EventEmitter()
    onGone(message, response, () => lifeline.emit('close'))
    const answer = await adapter.handleNodeRequestAndResponse(
      toRequestView(message, target),
      // Of a response the adapter only listens for its end here, to abort the signal of the request.
      lifeline as ServerResponse,
      context,
    )
    if (!context.fallsThrough || answer.status !== 404 || message.readableDidRead) return answer
    answer.body?.cancel().catch(() => undefined)
    return null
  }
}

/** Node takes what is left of a body that nobody has touched; one that was read half-way would block the connection. */
function takeRest(message: IncomingMessage): void {
  if (!message.readableEnded) message.resume()
}
