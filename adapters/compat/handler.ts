import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServerAdapter } from '@whatwg-node/server'
import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { Platform } from '../../src/platform/index.ts'
import type { ServableApp } from '../../src/server/index.ts'
import { createCompatPlatform, platformFor } from './platform.ts'

/** How an app stands in somebody else's server. */
export interface CompatOptions {
  /** The prefix under which the app is mounted, taken off the path: `/api`. Default: none, the app sees all of it. */
  readonly basePath?: string
  /** Hears every log event. Default: one line each on standard error. */
  readonly log?: DiagnosticListener
}

/** What Express's `use`, `http.createServer` and every server of that kind take. */
export type NodeHandler = (message: IncomingMessage, response: ServerResponse) => void

/** What the adapter hands to us besides the request. */
interface ServerContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/**
 * Makes a handler of Node's kind of an app, over `@whatwg-node/server`. Mount it before body parsers: a body that
 * somebody else has read is 500, and the log says so. The app starts with the first request; whoever mounts it stops
 * it. `serve` of `rockstar-web/node` is faster; this is for servers that are there already.
 */
export function toNodeHandler(app: ServableApp, options: CompatOptions = {}): NodeHandler {
  const base = createCompatPlatform(options.log)
  const prefix = (options.basePath ?? '').replace(/\/$/, '')
  // The native classes: ponyfills would fail `instanceof`, and `new Request(request)`.
  const fetchAPI = { Request, Response, Headers, ReadableStream, URL }
  const adapter = createServerAdapter<ServerContext>(
    (request, { req, res }) => answer(app, withoutPrefix(request, prefix), platformFor(base, req, res)),
    { fetchAPI },
  )
  return (message, response) => {
    if (isBodyRead(message)) {
      const error = new RockstarError(
        'BODY_USED',
        'Expected a body that nobody has read; mount the app before body parsers',
      )
      base.log({ kind: 'request.failed', level: 'error', message: error.message, error })
      response.writeHead(500, { 'content-length': '0' }).end()
      return
    }
    Promise.resolve(adapter(message, response)).catch((error: unknown) => {
      base.log({
        kind: 'response.failed',
        level: 'error',
        message: `The answer failed: ${String(error)}`,
        error,
      })
      response.destroy()
    })
  }
}

/** Security: nothing may be thrown into the adapter, which would send the stack to the client. */
async function answer(app: ServableApp, request: Request, platform: Platform): Promise<Response> {
  try {
    return await app.fetch(request, platform)
  } catch (error) {
    platform.log({
      kind: 'response.failed',
      level: 'error',
      message: `The app failed: ${String(error)}`,
      error,
    })
    return new Response(null, { status: 500 })
  }
}

function withoutPrefix(request: Request, prefix: string): Request {
  if (prefix === '') return request
  const url = new URL(request.url)
  if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`)) return request
  url.pathname = url.pathname.slice(prefix.length) || '/'
  return new Request(url, request)
}

function isBodyRead(message: IncomingMessage): boolean {
  const hasBody =
    message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0
  return hasBody && (message.readableDidRead || message.readableEnded)
}
