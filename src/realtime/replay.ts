import { RockstarError } from '../errors/index.ts'
import type { ReplayBuffer, ServerEvent, StoredEvent } from './contract.ts'

/** Bounds of a replay buffer in memory. */
export interface ReplayBufferOptions {
  /** Most events, 1 to 1,000,000. Default: 1,000. */
  readonly maxEvents?: number
  /** Most characters in them, 1 to 2^31-1. The last event is always kept. Default: 1,048,576. */
  readonly maxCharacters?: number
}

/**
 * Makes a buffer that keeps the last events in the memory of this process. The ids that it gives are those of this
 * buffer alone: a client that comes with one of before a restart is told that it has missed something.
 */
export function replayBuffer(options: ReplayBufferOptions = {}): ReplayBuffer {
  const { maxEvents = 1000, maxCharacters = 1_048_576 } = options
  for (const [name, value, most] of [
    ['maxEvents', maxEvents, 1_000_000],
    ['maxCharacters', maxCharacters, 2 ** 31 - 1],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw new RockstarError('OPTIONS_INVALID', `Expected ${name} from 1 to ${most}, got ${value}`)
  }
  return new MemoryReplay(maxEvents, maxCharacters)
}

class MemoryReplay implements ReplayBuffer {
  readonly #maxEvents: number
  readonly #maxCharacters: number
  /** By number, oldest first: the order of a map is that of insertion. */
  readonly #events = new Map<number, StoredEvent>()
  readonly #numbers = new Map<string, number>()
  /** What the ids begin with. Made by the first event, for some runtimes have no randomness before a request. */
  #prefix = ''
  #next = 0
  #oldest = 0
  #characters = 0

  constructor(maxEvents: number, maxCharacters: number) {
    this.#maxEvents = maxEvents
    this.#maxCharacters = maxCharacters
  }

  append(event: ServerEvent): StoredEvent {
    if (this.#prefix === '') this.#prefix = crypto.randomUUID().slice(0, 8)
    const number = this.#next++
    const stored = { ...event, id: event.id ?? `${this.#prefix}-${number}` }
    this.#events.set(number, stored)
    this.#numbers.set(stored.id, number)
    this.#characters += lengthOf(stored)
    while (
      this.#events.size > 1 &&
      (this.#events.size > this.#maxEvents || this.#characters > this.#maxCharacters)
    )
      this.#forgetOldest()
    return stored
  }

  since(id: string): readonly StoredEvent[] | null {
    const number = this.#numbers.get(id)
    if (number === undefined) return null
    const events: StoredEvent[] = []
    for (let at = number + 1; at < this.#next; at++) {
      const event = this.#events.get(at)
      if (event !== undefined) events.push(event)
    }
    return events
  }

  #forgetOldest(): void {
    const number = this.#oldest++
    const event = this.#events.get(number)
    if (event === undefined) return
    this.#events.delete(number)
    this.#characters -= lengthOf(event)
    // An id may have been given twice; then it stands for the later event.
    if (this.#numbers.get(event.id) === number) this.#numbers.delete(event.id)
  }
}

function lengthOf({ data, event = '', id }: StoredEvent): number {
  return data.length + event.length + id.length
}
