import type { Diagnostics } from '../diagnostics/index.ts'
import { HttpError } from '../errors/index.ts'
import type { Platform } from '../platform/index.ts'
import type { BroadcastOptions, Message, Realtime } from './contract.ts'
import type { Rooms } from './rooms.ts'

/** What lasts: a socket or an event stream. */
export interface Lasting {
  /** Ends it in good order, because the server goes away. */
  goAway(): void
  terminate(): void
}

/** How long what was told to end may take, in milliseconds. */
const closeMs = 5000

/** What a hub is made of. */
export interface HubOptions {
  readonly platform: Platform
  readonly diagnostics: Diagnostics
  readonly rooms: Rooms
}

/** All sockets and event streams of one app in this process, and their rooms. */
export class Hub implements Realtime {
  readonly rooms: Rooms
  readonly platform: Platform
  readonly diagnostics: Diagnostics
  readonly #sockets = new Set<Lasting>()
  readonly #streams = new Set<Lasting>()
  readonly #forgetDraining: (() => void) | null
  #isClosed = false
  #closing: Promise<void> | null = null
  #onEmpty = (): void => undefined

  constructor({ platform, diagnostics, rooms }: HubOptions) {
    this.platform = platform
    this.diagnostics = diagnostics
    this.rooms = rooms
    // What lasts would otherwise hold up the stop of the server for the whole of its grace time.
    this.#forgetDraining = platform.onDraining?.(() => this.#goAway()) ?? null
  }

  get sockets(): number {
    return this.#sockets.size
  }

  get streams(): number {
    return this.#streams.size
  }

  size(room: string): number {
    return this.rooms.size(room)
  }

  broadcast(room: string, message: Message, options?: BroadcastOptions): Promise<void> {
    return this.rooms.broadcast(room, message, options)
  }

  /** Throws `SERVER_STOPPING` (503) when nothing new is taken any more. */
  assertOpen(): void {
    if (!this.#isClosed) return
    throw new HttpError(503, 'SERVER_STOPPING', 'The server goes away; connect again', {
      headers: { 'retry-after': '1' },
      expose: true,
    })
  }

  add(kind: 'socket' | 'stream', one: Lasting): void {
    ;(kind === 'socket' ? this.#sockets : this.#streams).add(one)
    // Accepted before, opened after the end began.
    if (this.#isClosed) one.goAway()
  }

  delete(one: Lasting): void {
    this.#sockets.delete(one)
    this.#streams.delete(one)
    if (this.#isClosed && this.#isEmpty()) this.#onEmpty()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#forgetDraining?.()
    this.#goAway()
    if (this.#isEmpty()) return
    await new Promise<void>((resolve) => {
      const cancel = this.platform.clock.schedule(closeMs, resolve)
      this.#onEmpty = () => {
        cancel()
        resolve()
      }
    })
    for (const one of this.#all()) one.terminate()
  }

  #goAway(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const one of this.#all()) one.goAway()
  }

  #all(): Lasting[] {
    return [...this.#sockets, ...this.#streams]
  }

  #isEmpty(): boolean {
    return this.#sockets.size + this.#streams.size === 0
  }
}
