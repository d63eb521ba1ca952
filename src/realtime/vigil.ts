import type { Clock } from '../platform/index.ts'
import type { SocketSettings } from './options.ts'

/** What a vigil does. */
export interface VigilActions {
  /** Asks for a sign of life; false where the runtime does that. */
  ping(): boolean
  /** There was none. */
  onDead(): void
  /** No message came for too long. */
  onIdle(): void
}

/** Into so many parts the time is cut in which a message must come. */
const idleParts = 4

/** Watches over one socket: is the client there, does it say anything, does it say too much? */
export class Vigil {
  readonly #clock: Clock
  readonly #settings: SocketSettings
  readonly #actions: VigilActions
  #cancelHeartbeat: (() => void) | null = null
  #cancelIdle: (() => void) | null = null
  #isAwaited = false
  #quietParts = 0
  /** The second that is counted, by when it began, and the messages in it. */
  #secondMs = 0
  #inSecond = 0

  constructor(clock: Clock, settings: SocketSettings, actions: VigilActions) {
    this.#clock = clock
    this.#settings = settings
    this.#actions = actions
  }

  begin(): void {
    if (this.#settings.heartbeatMs > 0) this.#awaitBeat()
    if (this.#settings.idleMs > 0) this.#awaitIdle()
  }

  end(): void {
    this.#cancelHeartbeat?.()
    this.#cancelIdle?.()
    this.#cancelHeartbeat = null
    this.#cancelIdle = null
  }

  answered(): void {
    this.#isAwaited = false
  }

  /** A message came. False when there were too many. */
  heard(): boolean {
    this.#isAwaited = false
    this.#quietParts = 0
    const { messagesPerSecond } = this.#settings
    if (messagesPerSecond === null) return true
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs
      this.#inSecond = 0
    }
    return ++this.#inSecond <= messagesPerSecond
  }

  #awaitBeat(): void {
    this.#cancelHeartbeat = this.#clock.schedule(this.#settings.heartbeatMs, () => {
      if (this.#isAwaited) return this.#actions.onDead()
      this.#isAwaited = this.#actions.ping()
      this.#awaitBeat()
    })
  }

  #awaitIdle(): void {
    this.#cancelIdle = this.#clock.schedule(Math.ceil(this.#settings.idleMs / idleParts), () => {
      // The part in which the last message came counts as quiet, which may be a part too much.
      if (++this.#quietParts > idleParts) return this.#actions.onIdle()
      this.#awaitIdle()
    })
  }
}
