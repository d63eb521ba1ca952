import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { Platform } from '../../src/platform/index.ts'
import type { ManagedApp } from '../../src/server/index.ts'
import type { Bindings, DurableObjectStateLike, HibernatingSocket } from './cloudflare.ts'
import { workerGlobals } from './cloudflare.ts'
import { logLine } from './log.ts'
import type { CloudflarePlatformOptions } from './platform.ts'
import type { Site } from './site.ts'
import { createSite, refuseStart } from './site.ts'
import { RoomSockets } from './room-sockets.ts'
import { closeBack, isLonger, toPlatformSocket } from './websocket.ts'

/** Options of `roomObject`: those of the platform, which are to be the same as the Worker's, and these. */
export interface RoomOptions extends CloudflarePlatformOptions {
  /** A text that the runtime answers by another one without waking the room: `{ request: 'ping', response: 'pong' }`. */
  readonly autoResponse?: { readonly request: string; readonly response: string }
}

/** A Durable Object whose sockets outlive its memory. */
export interface RoomObject {
  fetch(request: Request): Promise<Response>
  webSocketMessage(socket: HibernatingSocket, message: string | ArrayBuffer): Promise<void>
  webSocketClose(socket: HibernatingSocket, code: number, reason: string): Promise<void>
  webSocketError(socket: HibernatingSocket, error: unknown): Promise<void>
}

/** The class that a Worker exports for its binding. */
export type RoomClass<Env extends object = Bindings> = new (
  state: DurableObjectStateLike,
  env: Env,
) => RoomObject

/**
 * Makes the class of rooms: `export const Room = roomObject((env) => createApp())`, beside `worker(…, { rooms })`, which
 * sends each handshake to its room. The app runs in the room as it does in the Worker, all sockets of one name in one
 * place. Each room makes an app of its own, so that what it keeps in memory is the room's.
 *
 * A room that has nothing to do is put out of memory, while its connections stay open. The next event wakes it, and
 * before anything else every socket gets its handler back: a new app answers its handshake again, as it came, and
 * `open` is called again. So a handler is asked anew whether the client may be there; one that does not accept any more
 * has its connection closed with 1008, one that fails with 1013.
 *
 * What survives: the connections, their subprotocols, the fields and the URL of their handshakes. What does not: all
 * that the app keeps in variables, its timers, `request.cf`; it belongs into a store, or is lost without a word, for
 * `close` is not called and stop hooks do not run. What is sent while the room wakes is dropped, because the clients
 * have had it: greetings of `open`, and news of who joined.
 */
export function roomObject<Env extends object = Bindings>(
  make: (env: Env) => ManagedApp,
  options: RoomOptions = {},
): RoomClass<Env> {
  const { log = logLine, autoResponse } = options
  return class implements RoomObject {
    readonly #state: DurableObjectStateLike
    readonly #sockets: RoomSockets
    readonly #site: () => Site

    constructor(state: DurableObjectStateLike, env: Env) {
      let site: Site | null = null
      this.#state = state
      this.#site = () => (site ??= createSite(make, env, { ...options, log: quietLog(log) }))
      this.#sockets = new RoomSockets(state, log, this.#site)
      const { WebSocketRequestResponsePair } = workerGlobals()
      if (autoResponse !== undefined && WebSocketRequestResponsePair !== undefined) {
        const { request, response } = autoResponse
        state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(request, response))
      }
    }

    async fetch(request: Request): Promise<Response> {
      let site: Site
      try {
        site = this.#site()
      } catch (error) {
        return refuseStart(error, log)
      }
      await this.#sockets.wake()
      const platform: Platform = {
        ...site.platformOf(this.#state),
        upgradeWebSocket: (asked, socketOptions) => this.#sockets.accept(asked, socketOptions),
      }
      return site.app.fetch(request, platform)
    }

    async webSocketMessage(socket: HibernatingSocket, message: string | ArrayBuffer): Promise<void> {
      const live = await this.#sockets.find(socket)
      if (live === undefined) return
      const { listener, maxMessageBytes } = live
      if (isLonger(message, maxMessageBytes)) {
        toPlatformSocket(socket).close(1009, `At most ${maxMessageBytes} bytes`)
        return
      }
      listener.message(typeof message === 'string' ? message : new Uint8Array(message))
    }

    async webSocketClose(socket: HibernatingSocket, code: number, reason: string): Promise<void> {
      const live = await this.#sockets.find(socket)
      closeBack(socket, code)
      this.#sockets.forget(socket)
      live?.listener.close(code, reason)
    }

    async webSocketError(socket: HibernatingSocket): Promise<void> {
      const live = await this.#sockets.find(socket)
      this.#sockets.forget(socket)
      live?.listener.close(1006, '')
    }
  }
}

/** Rooms are many: which stores they have, the Worker has told. */
function quietLog(log: DiagnosticListener): DiagnosticListener {
  return (event) => {
    if (event.kind !== 'stores.chosen') log(event)
  }
}
