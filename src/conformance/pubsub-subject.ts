import type { PubSub, PubSubListener, PubSubSubscribeOptions } from '../stores/pubsub/contract.ts'
import { ConformanceError } from './assert.ts'
import type { ConformanceCase } from './contract.ts'

/** Channels on trial. Nobody else uses them. Make it with `maxSubscriptions` of 200 or less, so that the bound is tried. */
export interface PubSubSubject {
  readonly pubSub: PubSub
  /** Another object over the same channels, for one that claims `shared`; else null. */
  readonly peer: PubSub | null
  /** How long a message may take to arrive, in milliseconds. Default: 5,000. */
  readonly arrivalMs?: number
}

/** A case of the suite for channels. */
export type PubSubCase = ConformanceCase<PubSubSubject>

/** A subscription that keeps what it hears. */
export interface Ear {
  /** Messages as text, `gap:n` and `error:…`, as they came. */
  readonly heard: string[]
  unsubscribe(): Promise<void>
}

/** Subscribes. `parts` replace parts of the listener. */
export async function listen(
  pubSub: PubSub,
  channel: string,
  parts: Partial<PubSubListener> = {},
  options: PubSubSubscribeOptions = {},
): Promise<Ear> {
  const heard: string[] = []
  const listener: PubSubListener = {
    message: (message) => void heard.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(message)),
    gap: (lost) => void heard.push(`gap:${lost}`),
    error: (error) => void heard.push(`error:${error instanceof Error ? error.message : String(error)}`),
    ...parts,
  }
  const { unsubscribe } = await pubSub.subscribe(channel, listener, options)
  return { heard, unsubscribe }
}

/** Waits until it holds. Rejects when a message had time enough to arrive. */
export async function until(subject: PubSubSubject, what: string, condition: () => boolean): Promise<void> {
  const begun = performance.now()
  while (!condition()) {
    if (performance.now() - begun > (subject.arrivalMs ?? 5000)) {
      throw new ConformanceError(`Expected ${what}, but it did not come about`)
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Publishes one more message and waits for it: what was published before has arrived then, or never will. */
export async function flush(subject: PubSubSubject, channel: string, ear: Ear, from?: PubSub): Promise<void> {
  const mark = `mark ${crypto.randomUUID()}`
  await (from ?? subject.pubSub).publish(channel, mark)
  await until(subject, 'the last message to arrive', () => ear.heard.includes(mark))
  ear.heard.splice(ear.heard.indexOf(mark), 1)
}

/** The other object of one that claims to be shared. */
export function peerOf(subject: PubSubSubject): PubSub {
  if (subject.peer !== null) return subject.peer
  throw new ConformanceError('Expected a peer of channels that claim to be shared, got null; open them twice')
}
