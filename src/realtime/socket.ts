import type { CoreContext } from '../context/contract.ts'
import { RockstarError } from '../errors/index.ts'
import type { PlatformSocket, SocketListener } from '../platform/index.ts'
import type { BroadcastOptions, Message, Socket, SocketContext, WebSocketHooks } from './contract.ts'
import type { Hub, Lasting } from './hub.ts'
import type { SocketSettings } from './options.ts'
import { TaskQueue } from './queue.ts'
import { Vigil } from './vigil.ts'

/** What a socket is made of. */
export interface SocketParts<Ctx> {
  readonly ctx: Ctx
  readonly hooks: WebSocketHooks<Ctx>
  readonly hub: Hub
  readonly platformSocket: PlatformSocket
  readonly protocol: string | null
  readonly settings: SocketSettings
}

/** One hook that is to be called. */
type Task =
  | { readonly kind: 'open' }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

/** One WebSocket between the runtime's and the application's hooks. */
export class OpenSocket<Ctx extends CoreContext> implements Socket<Ctx>, Lasting {
  readonly id: string
  readonly protocol: string | null
  readonly #parts: SocketParts<Ctx>
  readonly #rooms = new Set<string>()
  readonly #queue: TaskQueue<Task>
  readonly #vigil: Vigil
  #isOpen = true
  /** Was it closed from this side? Then messages are no longer wanted. */
  #isSilent = false
  #isToldToWait = false
  /** Messages that a slow client missed since it was last on time. */
  #dropped = 0
  #abort: AbortController | null = null

  constructor(parts: SocketParts<Ctx>) {
    this.#parts = parts
    this.protocol = parts.protocol
    const { clock, random } = parts.ctx.platform
    this.id = random.uuid()
    this.#queue = new TaskQueue((task) => this.#run(task), sizeOf)
    this.#vigil = new Vigil(clock, parts.settings, {
      ping: () => parts.platformSocket.ping(),
      onDead: () => this.terminate(),
      onIdle: () => this.#close(1000, 'No message for too long'),
    })
  }

  /** Opens it for the application. */
  begin(): SocketListener {
    this.#parts.hub.add('socket', this)
    if (this.#isOpen) this.#vigil.begin()
    if (this.#parts.hooks.open !== undefined) this.#queue.push({ kind: 'open' })
    return {
      message: (message) => this.#hear(message),
      drain: () => this.#drain(),
      pong: () => this.#vigil.answered(),
      close: (code, reason) => this.#end(code, reason),
    }
  }

  get ctx(): SocketContext<Ctx> {
    return this.#parts.ctx
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController()
      if (!this.#isOpen) this.#abort.abort(closedError())
    }
    return this.#abort.signal
  }

  get bufferedBytes(): number {
    return this.#parts.platformSocket.bufferedBytes
  }

  get rooms(): ReadonlySet<string> {
    return this.#rooms
  }

  send(message: Message): boolean {
    if (!this.#isOpen) return false
    const { platformSocket, settings } = this.#parts
    if (platformSocket.bufferedBytes > settings.maxBufferedBytes) return this.#refuseSlow()
    platformSocket.send(message)
    if (platformSocket.bufferedBytes < settings.highWaterBytes) return true
    this.#isToldToWait = true
    return false
  }

  sendJson(value: unknown): boolean {
    const text: unknown = JSON.stringify(value)
    if (typeof text === 'string') return this.send(text)
    throw new TypeError(`Expected a value that JSON has, got ${typeof value}`)
  }

  close(code = 1000, reason = ''): void {
    // RFC 6455 §7.4: the others are said by the protocol, not by applications.
    if (!Number.isInteger(code) || (code !== 1000 && (code < 3000 || code > 4999)))
      throw new RangeError(`Expected a close code of 1000 or 3000 to 4999, got ${code}`)
    this.#close(code, reason)
  }

  terminate(): void {
    this.#isSilent = true
    this.#parts.platformSocket.terminate()
  }

  goAway(): void {
    this.#close(1001, 'The server goes away')
  }

  async join(room: string): Promise<void> {
    const { hub, settings } = this.#parts
    if (!this.#isOpen) return
    if (!this.#rooms.has(room) && this.#rooms.size >= settings.maxRooms) {
      throw new RockstarError('LIMIT_EXCEEDED', `Expected at most ${settings.maxRooms} rooms for one socket`)
    }
    const joined = hub.rooms.join(room, this)
    this.#rooms.add(room)
    return joined
  }

  leave(room: string): void {
    if (this.#rooms.delete(room)) this.#parts.hub.rooms.leave(room, this)
  }

  broadcast(room: string, message: Message, options?: BroadcastOptions): Promise<void> {
    return this.#parts.hub.broadcast(room, message, options)
  }

  #hear(message: Message): void {
    if (!this.#isOpen) return
    const { hooks, settings } = this.#parts
    const queue = this.#queue
    if (!this.#vigil.heard()) return this.#close(1008, 'Too many messages in a second')
    if (
      queue.isBusy &&
      (queue.length >= settings.maxQueuedMessages ||
        (queue.length > 0 && queue.size + message.length > settings.maxQueuedBytes))
    )
      return this.#close(1008, 'Messages come faster than they are handled')
    if (hooks.message !== undefined) queue.push({ kind: 'message', message })
  }

  #drain(): void {
    if (this.#dropped > 0) this.#tellDropped()
    if (!this.#isToldToWait || !this.#isOpen) return
    this.#isToldToWait = false
    try {
      this.#parts.hooks.drain?.(this)
    } catch (error) {
      this.#fail('drain', error)
    }
  }

  /** The connection has ended. */
  #end(code: number, reason: string): void {
    this.#shut()
    if (this.#dropped > 0) this.#tellDropped()
    // Behind the messages that came before.
    this.#queue.push({ kind: 'close', code, reason })
  }

  #close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#isSilent = true
    this.#shut()
    this.#queue.drop(isMessage)
    this.#parts.platformSocket.close(code, reason)
  }

  /** Nothing is sent or heard any more. */
  #shut(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#vigil.end()
    for (const room of this.#rooms) this.#parts.hub.rooms.leave(room, this)
    this.#rooms.clear()
    this.#abort?.abort(closedError())
  }

  #refuseSlow(): false {
    this.#isToldToWait = true
    if (this.#parts.settings.whenSlow === 'drop') this.#dropped++
    else this.#close(1013, 'Messages are not taken fast enough')
    return false
  }

  #tellDropped(): void {
    const message = `A slow WebSocket missed ${this.#dropped} messages`
    this.#dropped = 0
    this.#emit('websocket.messages-dropped', 'info', message)
  }

  #run(task: Task): void | Promise<void> {
    try {
      const running = this.#call(task)
      if (running === undefined) return this.#done(task)
      return Promise.resolve(running)
        .catch((error: unknown) => this.#fail(task.kind, error))
        .then(() => this.#done(task))
    } catch (error) {
      this.#fail(task.kind, error)
      return this.#done(task)
    }
  }

  /** The app waits at its stop for the last hook too. */
  #done(task: Task): void {
    if (task.kind === 'close') this.#parts.hub.delete(this)
  }

  #call(task: Task): void | Promise<void> {
    const { hooks } = this.#parts
    switch (task.kind) {
      case 'message':
        return this.#isSilent ? undefined : hooks.message?.(this, task.message)
      case 'open':
        return hooks.open?.(this)
      case 'close':
        return hooks.close?.(this, task.code, task.reason)
    }
  }

  #fail(hook: string, error: unknown): void {
    this.#emit('websocket.hook-failed', 'error', `The hook ${hook} of a WebSocket failed`, error)
    try {
      this.#parts.hooks.error?.(this, error)
    } catch (second) {
      this.#emit('websocket.hook-failed', 'error', 'The hook error of a WebSocket failed', second)
    }
    this.#isSilent = true
    this.#close(1011, '')
  }

  #emit(kind: string, level: 'info' | 'error', message: string, error?: unknown): void {
    const { ctx } = this.#parts
    const fields = { route: ctx.route?.pattern ?? '' }
    ctx.diagnostics.emit(
      error === undefined ? { kind, level, message, fields } : { kind, level, message, fields, error },
    )
  }
}

function isMessage(task: Task): boolean {
  return task.kind === 'message'
}

function sizeOf(task: Task): number {
  return task.kind === 'message' ? task.message.length : 0
}

function closedError(): RockstarError {
  return new RockstarError('CLIENT_GONE', 'The WebSocket is closed')
}
