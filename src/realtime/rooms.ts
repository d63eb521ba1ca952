import type { Diagnostics } from '../diagnostics/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { RandomSource } from '../platform/index.ts'
import type { PubSub, PubSubSubscription } from '../stores/pubsub/index.ts'
import type { BroadcastOptions, Message } from './contract.ts'
import { formatEnvelope, parseEnvelope } from './envelope.ts'

/** What a room needs of a socket. */
export interface Member {
  readonly id: string
  send(message: Message): boolean
}

/** What rooms are made of. */
export interface RoomsOptions {
  readonly diagnostics: Diagnostics
  readonly random: RandomSource
  readonly channelPrefix: string
  /** Gives the channel between processes; null where there is none. Called once, by the first who needs it. */
  readonly openPubSub: () => Promise<PubSub | null>
}

/** A room that somebody of this process is in. */
interface Room {
  readonly members: Map<string, Member>
  /** The subscription to its channel; null where there is no channel. */
  readonly subscribed: Promise<PubSubSubscription | null>
}

const maxNameLength = 200

/**
 * Who is in which room. A room is subscribed to as long as somebody of this process is in it: one channel per room, so
 * that a process hears only of rooms that it has.
 */
export class Rooms {
  readonly #options: RoomsOptions
  readonly #id: string
  readonly #rooms = new Map<string, Room>()
  #pubSub: Promise<PubSub | null> | null = null

  constructor(options: RoomsOptions) {
    this.#options = options
    this.#id = options.random.uuid()
  }

  size(name: string): number {
    return this.#rooms.get(name)?.members.size ?? 0
  }

  /** See `Socket.join`. */
  join(name: string, member: Member): Promise<void> {
    assertRoomName(name)
    let room = this.#rooms.get(name)
    if (room === undefined) {
      room = { members: new Map(), subscribed: this.#subscribe(name) }
      this.#rooms.set(name, room)
    }
    room.members.set(member.id, member)
    return this.#told(room.subscribed.then(() => undefined))
  }

  leave(name: string, member: Member): void {
    const room = this.#rooms.get(name)
    if (room?.members.delete(member.id) !== true || room.members.size > 0) return
    this.#rooms.delete(name)
    room.subscribed
      .then((subscription) => subscription?.unsubscribe())
      .catch((error: unknown) => this.#report(error))
  }

  /** See `Realtime.broadcast`. */
  broadcast(name: string, message: Message, options: BroadcastOptions = {}): Promise<void> {
    assertRoomName(name)
    const except = options.except?.id ?? ''
    this.#deliver(name, message, except)
    return this.#told(this.#publish(name, formatEnvelope.bind(null, { origin: this.#id, except, message })))
  }

  #deliver(name: string, message: Message, except: string): void {
    const room = this.#rooms.get(name)
    if (room === undefined) return
    for (const member of room.members.values()) if (member.id !== except) member.send(message)
  }

  async #publish(name: string, format: () => Uint8Array<ArrayBuffer>): Promise<void> {
    const pubSub = await this.#open()
    await pubSub?.publish(this.#options.channelPrefix + name, format())
  }

  async #subscribe(name: string): Promise<PubSubSubscription | null> {
    const pubSub = await this.#open()
    if (pubSub === null) return null
    const channel = this.#options.channelPrefix + name
    return pubSub.subscribe(channel, {
      message: (bytes) => {
        const envelope = parseEnvelope(bytes)
        if (envelope !== null && envelope.origin !== this.#id)
          this.#deliver(name, envelope.message, envelope.except)
      },
      gap: (lost) => {
        const message = `${lost ?? 'Some'} broadcasts of other processes were lost`
        this.#options.diagnostics.emit({ kind: 'realtime.channel-gap', level: 'warn', message })
      },
      error: (error) => this.#report(error),
    })
  }

  #open(): Promise<PubSub | null> {
    this.#pubSub ??= this.#options.openPubSub()
    // The next who needs it tries again.
    this.#pubSub.catch(() => (this.#pubSub = null))
    return this.#pubSub
  }

  /** A promise that need not be awaited: its failure is reported either way. */
  #told(work: Promise<void>): Promise<void> {
    work.catch((error: unknown) => this.#report(error))
    return work
  }

  #report(error: unknown): void {
    const message = 'The channel between processes failed; its rooms reach this process only'
    this.#options.diagnostics.emit({ kind: 'realtime.channel-failed', level: 'error', message, error })
  }
}

function assertRoomName(name: string): void {
  if (name.length > 0 && name.length <= maxNameLength && !name.includes('\0')) return
  throw new RockstarError(
    'STORE_KEY_INVALID',
    `Expected the name of a room of 1 to ${maxNameLength} characters without NUL, got ${name.length} characters`,
  )
}
