import type { CoreContext } from '../context/contract.ts'
import { RockstarError } from '../errors/index.ts'
import type { EventChannel, EventStream, ServerEvent, StoredEvent } from './contract.ts'
import { toChannel } from './event-channel.ts'
import { formatRetry, formatServerEvent, heartbeat } from './event-format.ts'
import type { StreamSettings } from './event-stream.ts'
import type { Hub, Lasting } from './hub.ts'

/** What a stream is made of. */
export interface StreamParts {
  readonly ctx: CoreContext
  /** Null in an app without the service. */
  readonly hub: Hub | null
  readonly settings: StreamSettings
}

/** Longest `Last-Event-ID` that is looked at, in characters. */
const maxIdLength = 1024
/** Most events that wait until what was kept is sent. */
const maxHeld = 10_000

/** One event stream. What the client has not taken waits here, where it is counted. */
export class OpenStream implements EventStream, Lasting {
  readonly lastEventId: string | null
  readonly body: ReadableStream<Uint8Array>
  readonly #parts: StreamParts
  readonly #abort = new AbortController()
  #chunks: Uint8Array<ArrayBuffer>[] = []
  #bufferedBytes = 0
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #wakeReader: (() => void) | null = null
  #wakeSenders: (() => void)[] = []
  #dropped = 0
  #cancelHeartbeat: (() => void) | null = null

  constructor(parts: StreamParts) {
    this.#parts = parts
    const id = parts.ctx.headers.get('last-event-id')
    this.lastEventId = id === null || id === '' || id.length > maxIdLength ? null : id
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => this.#end(),
      },
      { highWaterMark: 0 },
    )
  }

  begin(run: (stream: EventStream) => unknown): void {
    const { ctx, hub, settings } = this.#parts
    const { signal } = this
    const end = (): void => this.close()
    ctx.signal.addEventListener('abort', end, { once: true, signal })
    if (hub === null) {
      const forget = ctx.platform.onDraining?.(end)
      if (forget !== undefined) signal.addEventListener('abort', forget, { once: true })
    }
    hub?.add('stream', this)
    // Something at once, so that everybody in between passes the head on.
    if (settings.retryMs === null) this.#write(heartbeat)
    else this.#write(new TextEncoder().encode(`${formatRetry(settings.retryMs)}\n`))
    if (settings.heartbeatMs > 0) this.#awaitHeartbeat()
    if (ctx.signal.aborted) return this.close()
    this.#run(run).catch((error: unknown) => {
      const message = 'What sends the events of a stream failed'
      this.#emit('event-stream.failed', 'error', message, error)
      this.close()
    })
  }

  get isOpen(): boolean {
    return !this.#abort.signal.aborted
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  send(event: ServerEvent | string): boolean {
    return this.#write(formatServerEvent(typeof event === 'string' ? { data: event } : event))
  }

  sendJson(value: unknown, event: Omit<ServerEvent, 'data'> = {}): boolean {
    const data: unknown = JSON.stringify(value)
    if (typeof data === 'string') return this.send({ ...event, data })
    throw new TypeError(`Expected a value that JSON has, got ${typeof value}`)
  }

  drained(): Promise<void> {
    if (!this.#isFull()) return Promise.resolve()
    return new Promise((resolve) => void this.#wakeSenders.push(resolve))
  }

  async follow(given: EventChannel): Promise<boolean> {
    const channel = toChannel(given)
    if (!this.isOpen) return true
    let held: [Uint8Array<ArrayBuffer>, StoredEvent][] | null = []
    const leave = channel.follow((bytes, event) => {
      if (held === null) this.#write(bytes)
      else if (held.push([bytes, event]) > maxHeld) this.close()
    })
    this.signal.addEventListener('abort', leave, { once: true })
    try {
      const kept = this.lastEventId === null ? [] : await channel.replay.since(this.lastEventId)
      for (const event of kept ?? []) this.#write(formatServerEvent(event))
      // What was published meanwhile may be among what was kept.
      const sent = new Set(kept?.map(({ id }) => id))
      for (const [bytes, { id }] of held) if (!sent.has(id)) this.#write(bytes)
      held = null
      return kept !== null
    } catch (error) {
      leave()
      throw error
    }
  }

  close(): void {
    this.#end()
  }

  goAway(): void {
    this.#end()
  }

  terminate(): void {
    this.#end()
  }

  async #run(run: (stream: EventStream) => unknown): Promise<void> {
    await run(this)
  }

  #write(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (!this.isOpen) return false
    const { maxBufferedBytes, whenSlow } = this.#parts.settings
    if (this.#bufferedBytes > 0 && this.#bufferedBytes + bytes.length > maxBufferedBytes) {
      if (whenSlow === 'drop') this.#dropped++
      else this.#end()
      return false
    }
    this.#chunks.push(bytes)
    this.#bufferedBytes += bytes.length
    this.#wakeReader?.()
    return !this.#isFull()
  }

  #isFull(): boolean {
    return this.isOpen && this.#bufferedBytes >= this.#parts.settings.highWaterBytes
  }

  /** The client takes more. */
  #pull(): void | Promise<void> {
    if (this.#chunks.length > 0) return this.#hand()
    return new Promise((resolve) => {
      this.#wakeReader = () => {
        this.#wakeReader = null
        if (this.isOpen) this.#hand()
        resolve()
      }
    })
  }

  /** Hands over all that waits, as one chunk. */
  #hand(): void {
    const chunks = this.#chunks
    this.#controller?.enqueue(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : joined(chunks))
    this.#chunks = []
    this.#bufferedBytes = 0
    if (this.#dropped > 0) this.#tellDropped()
    for (const wake of this.#wakeSenders.splice(0)) wake()
  }

  #end(): void {
    if (!this.isOpen) return
    this.#cancelHeartbeat?.()
    this.#abort.abort(new RockstarError('CLIENT_GONE', 'The event stream has ended'))
    try {
      // What waits for a client that is there still goes out.
      if (this.#chunks.length > 0) this.#hand()
      this.#controller?.close()
    } catch {
      // The client has cancelled it.
    }
    this.#wakeReader?.()
    for (const wake of this.#wakeSenders.splice(0)) wake()
    this.#parts.hub?.delete(this)
    if (this.#dropped > 0) this.#tellDropped()
  }

  #awaitHeartbeat(): void {
    const { ctx, settings } = this.#parts
    this.#cancelHeartbeat = ctx.platform.clock.schedule(settings.heartbeatMs, () => {
      // Who has not taken what waits needs no more.
      if (this.#bufferedBytes === 0) this.#write(heartbeat)
      this.#awaitHeartbeat()
    })
  }

  #tellDropped(): void {
    const message = `A slow event stream missed ${this.#dropped} events`
    this.#dropped = 0
    this.#emit('event-stream.events-dropped', 'info', message)
  }

  #emit(kind: string, level: 'info' | 'error', message: string, error?: unknown): void {
    const { ctx } = this.#parts
    const fields = { route: ctx.route?.pattern ?? '' }
    ctx.diagnostics.emit(
      error === undefined ? { kind, level, message, fields } : { kind, level, message, fields, error },
    )
  }
}

function joined(chunks: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
