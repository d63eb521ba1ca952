import type { ServableApp } from '../../src/server/index.ts'
import type { LambdaResult } from './answer.ts'
import { fits, maxBytesOf, problemResult, toResult } from './answer.ts'
import { discard, fieldsOf, isBodiless, toPayload } from './body.ts'
import type { LambdaContext } from './deadline.ts'
import { recogniseEvent } from './event.ts'
import type { Exchange, Shared } from './exchange.ts'
import { ask, beginExchange, endExchange, failureOf } from './exchange.ts'
import type { LambdaOptions } from './options.ts'
import { resolveOptions } from './options.ts'
import { createLambdaPlatform } from './platform.ts'
import { createWebSocketEvents } from './websocket.ts'

/** A function as Lambda's Node.js runtime calls it. */
export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<LambdaResult>

/**
 * Makes of an app what Lambda runs: `export const lambda = handler(app)`. Takes the events of API Gateway (REST API,
 * HTTP API in both formats, WebSocket API), function URLs and load balancers, told apart by their shape; another event
 * rejects with a `TypeError` that names the fields that are expected. The app starts with the first event.
 *
 * Behind a load balancer the peer is the last address of `X-Forwarded-For`, which it appends unless it is set up to
 * preserve the client's own: with that setting the address is what the client claims.
 *
 * The answer is sent whole: at most 6 MiB, 1 MiB behind a load balancer; a longer one becomes a 500 with the code
 * `RESPONSE_TOO_LARGE` and a line of the log. It is sent when the work has ended that was handed to `waitUntil`, because
 * Lambda freezes the process then. `OPTIONS_INVALID` lists every mistake in the options.
 */
export function handler(app: ServableApp, options: LambdaOptions = {}): LambdaHandler {
  const shared = share(app, options)
  const { webSocketPath } = shared.options
  const webSocket = webSocketPath === null ? null : createWebSocketEvents(shared, webSocketPath)
  return async (event, context) => {
    const known = recogniseEvent(event)
    if (known.kind === 'websocket') return (webSocket ?? refuseWebSocket)(known, context)
    const exchange = beginExchange(known, context, shared)
    const result = await answer(exchange, app)
    await endExchange(exchange)
    return result
  }
}

function refuseWebSocket(): never {
  throw new TypeError(
    'Expected the option webSocketPath for the events of a WebSocket API: the path of the route that is its endpoint',
  )
}

/** What all events share, made once for each sandbox. */
export function share(app: ServableApp, options: LambdaOptions): Shared {
  const resolved = resolveOptions(options)
  return {
    app,
    options: resolved,
    platform: createLambdaPlatform({ ...resolved, webSocket: resolved.webSocketPath !== null }),
  }
}

async function answer(exchange: Exchange, app: ServableApp): Promise<LambdaResult> {
  const { known, incoming, deadline, platform } = exchange
  const { kind } = known
  const maxBytes = maxBytesOf(kind)
  try {
    const captured = await ask(exchange, app)
    const head = { status: captured.status, headers: fieldsOf(captured, incoming.method) }
    if (isBodiless(incoming.method, captured.status)) {
      discard(captured)
      return toResult(kind, head, { body: '', isBase64Encoded: false })
    }
    const pending = toPayload(captured, maxBytes, deadline)
    const payload = pending instanceof Promise ? await pending : pending
    const result = payload === null ? null : toResult(kind, head, payload)
    if (result !== null && fits(result, maxBytes)) return result
    const mebibytes = maxBytes / 2 ** 20
    platform.log({
      kind: 'response.too-large',
      level: 'error',
      message: `Expected an answer of at most ${mebibytes} MiB of JSON, which is what this kind of event allows (${kind}); stream it with streamHandler, send it in parts, or redirect to an object store`,
      fields: { maxBytes, kind, status: captured.status },
    })
    return problemResult(kind, 500, 'RESPONSE_TOO_LARGE', `The answer is larger than ${mebibytes} MiB`)
  } catch (error) {
    const { status, code } = failureOf(error, exchange)
    return problemResult(kind, status, code)
  }
}
