import { RockstarError } from '../errors/index.ts'
import type { EventChannel, ReplayBuffer, ServerEvent, StoredEvent } from './contract.ts'
import { formatServerEvent } from './event-format.ts'
import { replayBuffer } from './replay.ts'

/** Options of a channel of events. */
export interface EventChannelOptions {
  /** What keeps the last events. Default: `replayBuffer()`. */
  readonly replay?: ReplayBuffer
  /** Most events that wait for a slow replay buffer, 1 to 1,000,000; one more is `LIMIT_EXCEEDED`. Default: 1,000. */
  readonly maxPending?: number
}

/** Gets an event as it goes on the wire. */
export type Follower = (bytes: Uint8Array<ArrayBuffer>, event: StoredEvent) => void

/** Makes a channel of events, for all streams that `follow` it. */
export function eventChannel(options: EventChannelOptions = {}): EventChannel {
  return new Channel(options)
}

/** The channel that `stream.follow` was given. `OPTIONS_INVALID` for an object of another origin. */
export function toChannel(channel: EventChannel): Channel {
  if (channel instanceof Channel) return channel
  throw new RockstarError('OPTIONS_INVALID', 'Expected a channel that eventChannel() made')
}

/** One event is formatted once, whoever follows. */
export class Channel implements EventChannel {
  readonly replay: ReplayBuffer
  readonly #maxPending: number
  readonly #followers = new Set<Follower>()
  #pending = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor({ replay = replayBuffer(), maxPending = 1000 }: EventChannelOptions) {
    if (!Number.isInteger(maxPending) || maxPending < 1 || maxPending > 1_000_000)
      throw new RockstarError('OPTIONS_INVALID', `Expected maxPending from 1 to 1000000, got ${maxPending}`)
    this.replay = replay
    this.#maxPending = maxPending
  }

  get followers(): number {
    return this.#followers.size
  }

  /** Returns what ends it. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }

  async publish(given: ServerEvent | string): Promise<StoredEvent> {
    const event = typeof given === 'string' ? { data: given } : given
    // What cannot be sent must not be kept.
    formatServerEvent(event)
    if (this.#pending >= this.#maxPending) {
      throw new RockstarError(
        'LIMIT_EXCEEDED',
        `Expected at most ${this.#maxPending} events that wait for the replay buffer`,
      )
    }
    this.#pending++
    const before = this.#last
    const publishing = this.#pending === 1 ? this.#append(event) : before.then(() => this.#append(event))
    this.#last = publishing.catch(() => undefined)
    try {
      return await publishing
    } finally {
      this.#pending--
    }
  }

  async #append(event: ServerEvent): Promise<StoredEvent> {
    const appended = this.replay.append(event)
    // One in memory is kept and sent before `publish` returns.
    const stored = 'then' in appended ? await appended : appended
    const bytes = formatServerEvent(stored)
    for (const follower of this.#followers) follower(bytes, stored)
    return stored
  }
}
