import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformSocket, SocketListener, SocketOptions } from '../../src/platform/index.ts'
import type { DurableObjectStateLike, HibernatingSocket, WorkerSocket } from './cloudflare.ts'
import { keepHandshake, recallHandshake } from './handshake.ts'
import type { Site } from './site.ts'
import { startSite } from './site.ts'
import { answerWith, createPair, openOrClose, toPlatformSocket } from './websocket.ts'

/** A socket that has its handler. */
interface Live {
  readonly listener: SocketListener
  readonly maxMessageBytes: number
}

/** How many sockets get their handlers back at a time. */
const wakeWidth = 16

/** The sockets of one room, and their handlers. */
export class RoomSockets {
  readonly #state: DurableObjectStateLike
  readonly #log: DiagnosticListener
  readonly #site: () => Site
  readonly #live = new Map<WorkerSocket, Live>()
  #waking: Promise<void> | null = null
  #isWaking = false

  constructor(state: DurableObjectStateLike, log: DiagnosticListener, site: () => Site) {
    this.#state = state
    this.#log = log
    this.#site = site
  }

  /** Accepts a handshake so that the connection outlives this memory. */
  accept(request: Request, options: SocketOptions): Response {
    const { 0: client, 1: server } = createPair()
    // A pair of a Durable Object's own can keep a value. First, because it may be refused.
    keepHandshake(server as HibernatingSocket, request)
    this.#state.acceptWebSocket(server)
    const socket = this.#toSocket(server)
    queueMicrotask(() => {
      this.#live.set(server, {
        listener: openOrClose(socket, options.open),
        maxMessageBytes: options.maxMessageBytes,
      })
    })
    return answerWith(client, options)
  }

  /** The socket with its handler; undefined for one that was not accepted any more. */
  async find(socket: HibernatingSocket): Promise<Live | undefined> {
    await this.wake(socket)
    return this.#live.get(socket)
  }

  forget(socket: HibernatingSocket): void {
    this.#live.delete(socket)
  }

  /** Gives their handlers back to all sockets that were there before this memory, once. */
  wake(also?: HibernatingSocket): Promise<void> {
    this.#waking ??= this.#wakeAll(also)
    return this.#waking
  }

  async #wakeAll(also: HibernatingSocket | undefined): Promise<void> {
    // A socket that has just closed is not in the list any more.
    const all = new Set([...this.#state.getWebSockets(), ...(also === undefined ? [] : [also])])
    const waiting = [...all].filter((socket) => !this.#live.has(socket))
    this.#isWaking = true
    for (let from = 0; from < waiting.length; from += wakeWidth) {
      await Promise.all(waiting.slice(from, from + wakeWidth).map((socket) => this.#wakeOne(socket)))
    }
    this.#isWaking = false
  }

  #toSocket(socket: WorkerSocket): PlatformSocket {
    const own = toPlatformSocket(socket)
    return { ...own, send: (message) => void (this.#isWaking || own.send(message)) }
  }

  async #wakeOne(socket: HibernatingSocket): Promise<void> {
    try {
      const options = await this.#ask(socket)
      if (options === null) {
        toPlatformSocket(socket).close(1008, 'Not accepted any more')
        return
      }
      const listener = options.open(this.#toSocket(socket))
      this.#live.set(socket, { listener, maxMessageBytes: options.maxMessageBytes })
    } catch (error) {
      const message = `A socket could not be woken: ${String(error).slice(0, 300)}`
      this.#log({ kind: 'socket.wake-failed', level: 'error', message, error })
      // Registered with IANA: the client may try again later.
      toPlatformSocket(socket).close(1013, 'Try again later')
    }
  }

  /** Lets the app answer the handshake again; null if it does not accept it. */
  async #ask(socket: HibernatingSocket): Promise<SocketOptions | null> {
    const request = recallHandshake(socket)
    if (request === null) return null
    const site = this.#site()
    const platform = site.platformOf(this.#state)
    await startSite(site, platform)
    let accepted: SocketOptions | null = null
    const response = await site.app.fetch(request, {
      ...platform,
      upgradeWebSocket(_request: Request, options: SocketOptions) {
        accepted = options
        // Its other end stays unused: the connection is there already.
        return answerWith(createPair()[0], options)
      },
    })
    if (response.status >= 500) throw new Error(`The app answered the handshake with ${response.status}`)
    return response.status === 101 ? accepted : null
  }
}
