import type { KeyValueListOptions, KeyValueStore } from '../stores/key-value/contract.ts'
import { ConformanceError } from './assert.ts'
import type { ConformanceCase } from './contract.ts'

/** A key-value store on trial, empty. */
export interface KeyValueSubject {
  readonly store: KeyValueStore
  /** Another object over the same data, for a store that claims `shared`; else null. */
  readonly peer: KeyValueStore | null
  /** Lets time pass for the store, by a clock of its own or by waiting; null where neither can be had. */
  readonly advance: ((ms: number) => Promise<void>) | null
  /**
   * How long a write may take to be seen where the store has no `read-your-writes`, or by a peer, in milliseconds.
   * Default: 0.
   */
  readonly settleMs?: number
}

/** A case of the suite for key-value stores. */
export type KeyValueCase = ConformanceCase<KeyValueSubject>

/** What cases of `keyValueSuite` may need: the capabilities of the store, and `advance` where time can pass. */
export function keyValueAbilities(subject: KeyValueSubject): ReadonlySet<string> {
  const abilities = new Set<string>(subject.store.capabilities)
  return subject.advance === null ? abilities : abilities.add('advance')
}

/** The value as text, or null. */
export async function readText(store: KeyValueStore, key: string): Promise<string | null> {
  const bytes = await store.get(key)
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

/** Runs `check` until it holds, as long as a write may take to be seen. At least once. */
export async function eventually(subject: KeyValueSubject, check: () => Promise<void>): Promise<void> {
  const begun = performance.now()
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() - begun >= (subject.settleMs ?? 0)) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** Lets time pass. Only for cases that need `advance`. */
export async function pass(subject: KeyValueSubject, ms: number): Promise<void> {
  if (subject.advance === null)
    throw new ConformanceError('Expected a subject that can advance its time, got null')
  await subject.advance(ms)
}

/** The other object of a store that claims `shared`. */
export function peerOf(subject: KeyValueSubject): KeyValueStore {
  if (subject.peer !== null) return subject.peer
  throw new ConformanceError('Expected a peer of a store that claims to be shared, got null; open it twice')
}

/** Every key of every page, as they come. */
export async function listAll(store: KeyValueStore, options: KeyValueListOptions): Promise<string[]> {
  const found: string[] = []
  let page = await store.list(options)
  for (;;) {
    found.push(...page.keys)
    if (page.cursor === null) return found
    page = await store.list({ ...options, cursor: page.cursor })
  }
}

/** Does something `count` times at once. */
export function atOnce<Value>(count: number, work: (index: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}
