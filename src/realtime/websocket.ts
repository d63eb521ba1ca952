import type { Context, CoreContext, Handler } from '../context/contract.ts'
import { HttpError, RockstarError } from '../errors/index.ts'
import type { WebSocketHooks, WebSocketOptions } from './contract.ts'
import { checkHandshake } from './handshake.ts'
import type { Hub } from './hub.ts'
import { resolveSocketOptions } from './options.ts'
import { createOwnHub, hubOf } from './realtime.ts'
import { OpenSocket } from './socket.ts'

const hookNames = ['open', 'message', 'close', 'drain', 'error'] as const

/**
 * Makes the handler of a WebSocket endpoint, which is registered for GET: `app.get('/rooms/:room', webSocketHandler({
 * … }))`. Middleware of the route runs before the handshake is accepted, and refuses it by an answer of its own.
 *
 * Rooms are those of the service `realtime`; in an app without it, those of this handler in this process, whose sockets
 * the app does not close when it stops: the server does. Throws `OPTIONS_INVALID` for options that cannot be meant;
 * requests fail with `WEBSOCKET_UNSUPPORTED` (501), `WEBSOCKET_HANDSHAKE` (426, 400), `WEBSOCKET_ORIGIN` (403) and
 * `SERVER_STOPPING` (503).
 */
export function webSocketHandler<Ctx extends CoreContext = Context>(
  hooks: WebSocketHooks<Ctx>,
  options: WebSocketOptions = {},
): Handler<Ctx> {
  assertHooks(hooks)
  const settings = resolveSocketOptions(options)
  let own: Hub | null = null
  return (ctx) => {
    const { upgradeWebSocket } = ctx.platform
    if (upgradeWebSocket === null) throw unsupported()
    const protocol = checkHandshake(ctx, settings)
    const hub = hubOf(ctx) ?? (own ??= createOwnHub(ctx))
    hub.assertOpen()
    return upgradeWebSocket(ctx.request, {
      protocol,
      headers: [],
      maxMessageBytes: settings.maxMessageBytes,
      open: (platformSocket) =>
        new OpenSocket({ ctx, hooks, hub, platformSocket, protocol, settings }).begin(),
    })
  }
}

function assertHooks(hooks: object): void {
  const wrong = hookNames.filter((name) => {
    const hook: unknown = Reflect.get(hooks, name)
    return hook !== undefined && typeof hook !== 'function'
  })
  const unknown = Object.keys(hooks).filter((name) => !hookNames.some((known) => known === name))
  if (wrong.length + unknown.length === 0) return
  throw new RockstarError(
    'OPTIONS_INVALID',
    `WebSocket: Expected functions under ${hookNames.join(', ')}, got ${[...wrong, ...unknown].join(', ')}`,
  )
}

function unsupported(): HttpError {
  return new HttpError(
    501,
    'WEBSOCKET_UNSUPPORTED',
    'Expected a runtime with WebSockets; serve the app by an adapter that has them',
  )
}
