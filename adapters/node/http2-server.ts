import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { HandlerOptions } from './handler.ts'
import type { Tallies } from './http1-server.ts'
import { createHttp2Handler } from './listeners/http2.ts'
import type { ServerLimits } from './options.ts'
import { createStreamStallWatch } from './stall.ts'

/** `:method`, `:scheme`, `:authority` and `:path` are no fields, and a few more than allowed are still answered 431. */
const extraPairs = 8

/** Makes the server with all its limits. It gets its connections from the socket that listens. */
export function createHttp2Server(
  handler: HandlerOptions,
  limits: ServerLimits,
  { refused, stalled }: Tallies,
): Http2Server {
  const { createServer } = process.getBuiltinModule('node:http2')
  const server = createServer({
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      enablePush: false,
    },
    maxHeaderListPairs: limits.headerFields + extraPairs,
  })
  const handle = createHttp2Handler(handler)
  const watch = createStreamStallWatch(limits.stallMs, stalled)
  // Streams that clients open have odd numbers (RFC 9113 §5.1.1).
  const lastStream = limits.requestsPerConnection * 2 - 1
  server.on(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]) => {
      watch(stream)
      if ((stream.id ?? 0) >= lastStream) stream.session?.close()
      handle(stream, headers, flags, rawHeaders)
    },
  )
  server.on('session', (session: ServerHttp2Session) => {
    session.setTimeout(limits.idleMs, () => {
      session.close()
      // What is under way may go on, but not for ever in silence.
      session.setTimeout(limits.requestMs, () => session.destroy())
    })
  })
  // Without a listener an error of one connection would end the process.
  server.on('sessionError', (error: Error & { readonly code?: string }, session: ServerHttp2Session) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE')
      refused.add(`HTTP/2 ${error.code ?? 'unknown'}`)
    session.destroy()
  })
  return server
}
