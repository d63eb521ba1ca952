import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { HttpError, RockstarError } from '../../src/errors/index.ts'
import type { ServableApp } from '../../src/server/index.ts'
import type { AnswerHead } from './answer.ts'
import { problemResult, toHead } from './answer.ts'
import { discard, fieldsOf, isBodiless } from './body.ts'
import type { LambdaContext } from './deadline.ts'
import { recogniseEvent } from './event.ts'
import type { Exchange } from './exchange.ts'
import { ask, beginExchange, endExchange, failureOf } from './exchange.ts'
import { share } from './handler.ts'
import type { LambdaOptions } from './options.ts'
import type { Captured } from './response.ts'

/** What Lambda's Node.js runtime offers on its global `awslambda`. */
interface AwsLambda {
  streamifyResponse(run: StreamRun): LambdaStreamHandler
  readonly HttpResponseStream: { from(stream: Writable, head: AnswerHead): Writable }
}

type StreamRun = (event: unknown, stream: Writable, context: LambdaContext) => Promise<void>

/** A function as `awslambda.streamifyResponse` makes it; only the runtime calls it. */
export type LambdaStreamHandler = (event: unknown, ...rest: unknown[]) => Promise<unknown>

/**
 * As `handler`, but the answer is sent while it is made, and has no bound of 6 MiB. Needs a function URL with the invoke
 * mode `RESPONSE_STREAM`, or a REST API that streams; a load balancer and an HTTP API do not. `CAPABILITY_MISSING` where
 * the process is not run by Lambda's Node.js runtime, which brings the global `awslambda`.
 *
 * The client has the answer before the work is waited for that was handed to `waitUntil`. An answer that fails after its
 * head was sent is cut, and the invocation fails.
 */
export function streamHandler(app: ServableApp, options: LambdaOptions = {}): LambdaStreamHandler {
  const shared = share(app, options)
  const lambda = requireAwsLambda()
  return lambda.streamifyResponse(async (event, stream, context) => {
    const known = recogniseEvent(event)
    if (known.kind === 'alb' || known.kind === 'alb-multi' || known.kind === 'websocket')
      throw new TypeError(
        'Expected an event of a function URL or of API Gateway: a load balancer and a WebSocket API do not stream; use handler for them',
      )
    const exchange = beginExchange(known, context, shared)
    const send = createSender(lambda, stream, exchange)
    try {
      await answer(exchange, app, send)
    } finally {
      await endExchange(exchange)
    }
  })
}

function requireAwsLambda(): AwsLambda {
  const lambda: unknown = Reflect.get(globalThis, 'awslambda')
  // The runtime sets all of it or nothing.
  if (typeof lambda === 'object' && lambda !== null && 'streamifyResponse' in lambda)
    return lambda as AwsLambda
  throw new RockstarError(
    'CAPABILITY_MISSING',
    "Expected the global awslambda of Lambda's Node.js runtime, it is not there; use handler outside of Lambda",
  )
}

/** Sends the head, once. */
type Sender = (head: AnswerHead) => Writable

function createSender({ HttpResponseStream }: AwsLambda, stream: Writable, { deadline }: Exchange): Sender {
  // The runtime ends the stream when its connection breaks: nobody hears the rest.
  stream.once('error', () => deadline.give(new HttpError(499, 'CLIENT_GONE', 'The client went away')))
  return (head) => HttpResponseStream.from(stream, head)
}

async function answer(exchange: Exchange, app: ServableApp, send: Sender): Promise<void> {
  let captured: Captured
  try {
    captured = await ask(exchange, app)
  } catch (error) {
    const { status, code } = failureOf(error, exchange)
    const { body, statusCode, headers = {} } = problemResult('url', status, code)
    await end(send({ statusCode, headers }), body, exchange)
    return
  }
  const { method } = exchange.incoming
  const out = send(toHead(captured.status, fieldsOf(captured, method)))
  if (isBodiless(method, captured.status)) {
    discard(captured)
    await end(out, '', exchange)
    return
  }
  const body = captured.body instanceof Blob ? captured.body.stream() : captured.body
  if (!(body instanceof ReadableStream)) return end(out, body ?? '', exchange)
  try {
    await pump(body, out, exchange)
  } catch (error) {
    failureOf(error, exchange)
    throw error
  }
}

async function pump(body: ReadableStream<Uint8Array>, out: Writable, exchange: Exchange): Promise<void> {
  const { deadline } = exchange
  const reader = body.getReader()
  try {
    // The head is sent with the first write: a body that takes its time must not hold it up.
    out.write('')
    for (;;) {
      const { done, value } = await deadline.bound(reader.read())
      if (done) break
      if (!out.write(value)) await deadline.bound(once(out, 'drain'))
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    throw error
  }
  await end(out, null, exchange)
}

/** Resolves when everything has been handed to the runtime. */
async function end(out: Writable, body: string | Uint8Array | null, { deadline }: Exchange): Promise<void> {
  // The runtime sends the head before the first write, and only then: an empty answer has one too.
  if (body !== null) out.write(body)
  const ended = once(out, 'finish')
  out.end()
  await deadline.bound(ended)
}
