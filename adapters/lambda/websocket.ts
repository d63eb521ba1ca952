import { RockstarError } from '../../src/errors/index.ts'
import type { SocketOptions } from '../../src/platform/index.ts'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import type { LambdaResult } from './answer.ts'
import { toResult } from './answer.ts'
import type { BackChannel } from './back-channel.ts'
import { createBackChannel } from './back-channel.ts'
import { toPayload } from './body.ts'
import type { LambdaContext } from './deadline.ts'
import { Deadline } from './deadline.ts'
import type { EventRecord, KnownEvent } from './event.ts'
import type { Exchange, Shared } from './exchange.ts'
import { ask, endExchange, failureOf } from './exchange.ts'
import type { Handshake } from './handshake.ts'
import { parseHandshake, readHandshake, toIncoming } from './handshake.ts'
import { installStandIns } from './natives.ts'
import { forEvent } from './platform.ts'
import { createLambdaResponse } from './response.ts'
import { LambdaSocket } from './socket.ts'

/** API Gateway ends a connection after two hours. */
const recordMs = 2 * 60 * 60 * 1000
/** A sandbox keeps at most this many connections in mind; the one that was silent longest ends here. */
const maxSockets = 10_000

/** Takes the events of a WebSocket API. */
export type WebSocketEvents = (known: KnownEvent, context: LambdaContext) => Promise<LambdaResult>

/** A handshake that the app has accepted, or its refusal. */
type Verdict =
  | { readonly kind: 'accepted'; readonly options: SocketOptions }
  | { readonly kind: 'refused'; readonly result: LambdaResult }

/**
 * Maps the events of a WebSocket API onto the app's handshake and its listener:
 *
 * - `$connect` is the handshake; the connection does not take messages before it is answered, so nobody is told yet
 * - the first message that a sandbox gets of a connection hands the same handshake to the app again, and calls `open`;
 *   what a listener remembers is therefore of one sandbox, and `open` is called once in each
 * - `$disconnect` is `close`
 *
 * The handshake is kept in the key-value store for as long as a connection may last, two hours. Without a store that
 * sandboxes share, a connection whose messages reach another sandbox is closed.
 */
export function createWebSocketEvents(shared: Shared, path: string): WebSocketEvents {
  const sockets = new Map<string, LambdaSocket>()
  let store: Promise<KeyValueStore> | null = null
  let channel: BackChannel | null = null

  function openStore(): Promise<KeyValueStore> {
    const { stores } = shared.platform
    if (stores.keyValue === undefined)
      return Promise.reject(
        new RockstarError('CAPABILITY_MISSING', 'Expected a key-value store for WebSockets, got none'),
      )
    if (store !== null) return store
    // The contract of this role, see `PlatformStores`.
    const opening = stores.keyValue() as Promise<KeyValueStore>
    store = opening
    opening.catch(() => {
      // The next event tries again.
      store = null
    })
    return opening
  }

  /** Hands the handshake to the app. */
  async function shake(handshake: Handshake, exchange: Exchange): Promise<Verdict> {
    const accepted: { options: SocketOptions | null } = { options: null }
    const platform = {
      ...exchange.platform,
      upgradeWebSocket(_request: Request, given: SocketOptions): Response {
        accepted.options = given
        const { protocol, headers } = given
        return createLambdaResponse(null, 101, [
          ...headers,
          ...(protocol === null ? [] : ['sec-websocket-protocol', protocol]),
        ])
      },
    }
    const captured = await ask({ ...exchange, incoming: toIncoming(handshake), platform }, shared.app)
    const { options } = accepted
    if (captured.status === 101 && options !== null) return { kind: 'accepted', options }
    const payload = await toPayload(captured, 32_768, exchange.deadline)
    const body = payload ?? { body: '', isBase64Encoded: false }
    return { kind: 'refused', result: toResult('websocket', captured, body) }
  }

  async function connect(known: KnownEvent, id: string, exchange: Exchange): Promise<LambdaResult> {
    const handshake = readHandshake(known, path)
    const verdict = await shake(handshake, exchange)
    if (verdict.kind === 'refused') {
      const { result } = verdict
      // API Gateway would take any 2xx for a yes.
      return result.statusCode >= 400 ? result : { ...result, statusCode: 426 }
    }
    await (await openStore()).set(keyOf(id), JSON.stringify(handshake), { ttlMs: recordMs })
    const { protocol } = verdict.options
    return done(protocol === null ? {} : { 'sec-websocket-protocol': protocol })
  }

  /** The socket of a connection, made again where this sandbox does not know it; null where nobody does. */
  async function find(context: EventRecord, id: string, exchange: Exchange): Promise<LambdaSocket | null> {
    const known = sockets.get(id)
    if (known !== undefined) {
      sockets.delete(id)
      sockets.set(id, known)
      return known
    }
    const stored = await (await openStore()).get(keyOf(id))
    const handshake = stored === null ? null : parseHandshake(stored)
    if (handshake === null) return null
    const verdict = await shake(handshake, exchange)
    if (verdict.kind === 'refused') return null
    channel ??= createBackChannel(shared.options.webSocketEndpoint ?? endpointOf(context), shared.platform)
    const socket = new LambdaSocket({
      id,
      channel,
      options: verdict.options,
      waitUntil: (work) => shared.platform.waitUntil(work),
      onEnd: () => void sockets.delete(id),
    })
    sockets.set(id, socket)
    if (sockets.size > maxSockets) sockets.values().next().value?.ended(1006, 'Forgotten')
    return socket
  }

  async function receive(
    { event, requestContext }: KnownEvent,
    id: string,
    exchange: Exchange,
  ): Promise<LambdaResult> {
    const socket = await find(requestContext, id, exchange)
    if (socket === null) {
      // Security: a connection whose handshake nobody knows any more has no user that could be trusted.
      exchange.platform.log({
        kind: 'websocket.unknown',
        level: 'error',
        message:
          'A message came of a WebSocket whose handshake is not in the key-value store; it is closed. Set REDIS_URL, so that sandboxes share it',
      })
      channel ??= createBackChannel(
        shared.options.webSocketEndpoint ?? endpointOf(requestContext),
        shared.platform,
      )
      exchange.platform.waitUntil(channel.close(id))
      return done()
    }
    const body = typeof event['body'] === 'string' ? event['body'] : ''
    socket.receive(event['isBase64Encoded'] === true ? new Uint8Array(Buffer.from(body, 'base64')) : body)
    return done()
  }

  async function disconnect(
    { requestContext }: KnownEvent,
    id: string,
    exchange: Exchange,
  ): Promise<LambdaResult> {
    const { disconnectStatusCode: code, disconnectReason: reason } = requestContext
    const socket = await find(requestContext, id, exchange)
    // API Gateway tells -1 or nothing where the client gave no code.
    const told = typeof code === 'number' && code >= 1000 && code <= 4999 ? code : 1005
    socket?.ended(told, typeof reason === 'string' ? reason : '')
    await (await openStore()).delete(keyOf(id))
    return done()
  }

  return async (known, context) => {
    const { eventType, connectionId } = known.requestContext
    // The event was recognised by it.
    const id = String(connectionId)
    context.callbackWaitsForEmptyEventLoop = false
    installStandIns()
    const exchange: Exchange = {
      known,
      incoming: toIncoming(readHandshake(known, path)),
      deadline: new Deadline(context, shared.options.marginMs),
      platform: forEvent(shared.platform),
    }
    const run = eventType === 'CONNECT' ? connect : eventType === 'MESSAGE' ? receive : disconnect
    try {
      return await run(known, id, exchange)
    } catch (error) {
      return { ...done(), statusCode: failureOf(error, exchange).status }
    } finally {
      await endExchange(exchange)
    }
  }
}

function done(headers: Readonly<Record<string, string>> = {}): LambdaResult {
  return { statusCode: 200, headers, body: '', isBase64Encoded: false }
}

function keyOf(id: string): string {
  return `lambda-websocket:${id}`
}

/** The API's own address, which is there whatever domain the client used. */
function endpointOf({ apiId, stage, domainName }: EventRecord): string {
  const region = process.env['AWS_REGION'] ?? ''
  if (typeof apiId !== 'string' || typeof stage !== 'string' || !/^[a-z0-9-]+$/.test(region)) {
    if (typeof domainName === 'string') return `https://${domainName}`
    throw new TypeError('Expected a WebSocket event with requestContext.apiId, stage and domainName')
  }
  const tail = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `https://${apiId}.execute-api.${region}.${tail}/${stage}`
}
