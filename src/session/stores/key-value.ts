import type { Clock, RandomSource } from '../../platform/contract.ts'
import type { KeyValueOptions, KeyValueSetOptions, KeyValueStore } from '../../stores/key-value/contract.ts'
import type { SessionChange, SessionRecord, SessionStore, StoredSession } from '../contract.ts'
import { contendedError, unsupportedError } from '../errors.ts'
import type { ResolvedOptions } from '../options.ts'
import { decodeRecord, encodeRecord, endOf } from '../record.ts'
import { createToken, hashText, isToken } from '../token.ts'
import { createUserSessions, type UserSessions } from './user-sessions.ts'

/** Of those that write at once one succeeds each time, so that this many may meet. */
const maxAttempts = 200
/** A namespace, three characters and a hash. */
const longestNameLength = 64 + 3 + 43

/** What a store of sessions stands on. */
export interface SessionStoreParts {
  readonly options: ResolvedOptions
  readonly clock: Clock
  readonly random: RandomSource
}

/**
 * Keeps sessions in a key-value store, each under the hash of its token. With `compare-and-set` no change of parallel
 * requests gets lost, and what has ended stays so. Without it (`last-write-wins`) the later writer wins, one that read
 * a session before it was ended may bring it back, and no sessions of a user are listed. `STORE_UNSUPPORTED` for a
 * store that cannot do what the options want.
 */
export function keyValueSessions(store: KeyValueStore, parts: SessionStoreParts): SessionStore {
  const { options, clock, random } = parts
  checkStore(store, options)
  const merges = options.concurrency === 'merge'
  // No signal: a write that is given up halfway would leave two ids where one is meant, and the client's going away is
  // no reason for it.
  const bound: KeyValueOptions = { timeoutMs: options.timeoutMs }
  const users = merges ? createUserSessions({ store, options, bound, keyOf, readRecord }) : null

  function keyOf(namespace: string, id: string): string {
    return `${options.prefix}${namespace}:s:${id}`
  }

  /** The record of what the store gave; null when it has expired by the clock of the platform. */
  function readRecord(bytes: Uint8Array | null): SessionRecord | null {
    const record = bytes === null ? null : decodeRecord(bytes)
    return record === null || endOf(record, options) <= clock.now() ? null : record
  }

  function ttlOf(record: SessionRecord): KeyValueSetOptions {
    const { minTtlMs } = store.limits
    const ttlMs = Math.max(Math.ceil(endOf(record, options) - clock.now()), minTtlMs, 1)
    return { ...bound, ttlMs }
  }

  async function load(
    namespace: string,
    name: Pick<StoredSession, 'token' | 'id'>,
    given: KeyValueOptions,
  ): Promise<StoredSession | null> {
    const bytes = await store.get(keyOf(namespace, name.id), given)
    const record = readRecord(bytes)
    return record === null ? null : { token: name.token, id: name.id, record, bytes }
  }

  async function read(namespace: string, token: string, signal: AbortSignal): Promise<StoredSession | null> {
    // Security: what we would never have made costs no look-up.
    if (!isToken(token)) return null
    return load(namespace, { token, id: await hashText(token) }, { ...bound, signal })
  }

  async function write(namespace: string, token: string, record: SessionRecord): Promise<StoredSession> {
    const id = await hashText(token)
    const bytes = encodeRecord(record, options.maxBytes)
    await store.set(keyOf(namespace, id), bytes, ttlOf(record))
    return { token, id, record, bytes }
  }

  /** Writes if nobody else has; without `compare-and-set` in any case. Null deletes. */
  async function swap(
    namespace: string,
    current: StoredSession,
    record: SessionRecord | null,
  ): Promise<Uint8Array | null | false> {
    const key = keyOf(namespace, current.id)
    const next = record === null ? null : encodeRecord(record, options.maxBytes)
    const given = record === null ? bound : ttlOf(record)
    if (merges) return (await store.compareAndSet(key, current.bytes, next, given)) ? next : false
    await (next === null ? store.delete(key, bound) : store.set(key, next, given))
    return next
  }

  async function update(
    namespace: string,
    stored: StoredSession,
    change: SessionChange,
  ): Promise<StoredSession | null> {
    let current: StoredSession | null = merges ? stored : await load(namespace, stored, bound)
    for (let attempt = 0; attempt < maxAttempts && current !== null; attempt++) {
      const record = change(current.record)
      if (record === current.record) return current
      const bytes = await swap(namespace, current, record)
      if (bytes !== false) return { ...current, record, bytes }
      current = await load(namespace, current, bound)
    }
    if (current === null) return null
    throw contendedError(maxAttempts)
  }

  /**
   * The new one first, then the end of the old one: whatever fails in between, nobody knows the new id, and nothing is
   * lost. It is listed before the old one ends, so that whoever ends all sessions of the user finds one of the two.
   */
  async function replace(
    namespace: string,
    stored: StoredSession,
    change: SessionChange,
  ): Promise<StoredSession | null> {
    const token = createToken(random)
    const current = merges ? stored : await load(namespace, stored, bound)
    if (current === null) return null
    const next = await write(namespace, token, change(current.record))
    return orUndo(namespace, next, move(namespace, current, next, change))
  }

  async function move(
    namespace: string,
    from: StoredSession,
    to: StoredSession,
    change: SessionChange,
  ): Promise<StoredSession | null> {
    let current: StoredSession | null = from
    let next = to
    await list(users, namespace, next, from.id)
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if ((await swap(namespace, current, null)) !== false) return next
      current = await load(namespace, current, bound)
      if (current === null) break
      const record = change(current.record)
      // Security: it is listed by now. Whoever revoked it must not see it come back, nor the one that it came from.
      const bytes = await swap(namespace, next, record)
      if (bytes === false) {
        await end(namespace, current)
        return null
      }
      next = { ...next, record, bytes }
    }
    if (current !== null) throw contendedError(maxAttempts)
    await end(namespace, next)
    return null
  }

  async function create(namespace: string, record: SessionRecord): Promise<StoredSession> {
    const stored = await write(namespace, createToken(random), record)
    await orUndo(namespace, stored, list(users, namespace, stored, null))
    return stored
  }

  /** Nobody knows the new id when the work on it fails, but lists would name it. */
  async function orUndo<Value>(
    namespace: string,
    stored: StoredSession,
    work: Promise<Value>,
  ): Promise<Value> {
    try {
      return await work
    } catch (error) {
      await end(namespace, stored).catch(() => undefined)
      throw error
    }
  }

  async function end(namespace: string, { id }: StoredSession): Promise<void> {
    await store.delete(keyOf(namespace, id), bound)
  }

  return { read, create, update, replace, end, users, close: () => store.close() }
}

async function list(
  users: UserSessions | null,
  namespace: string,
  stored: StoredSession,
  replacedId: string | null,
): Promise<void> {
  const { userId } = stored.record
  if (users !== null && userId !== null) await users.add(namespace, userId, stored.id, replacedId)
}

function checkStore(store: KeyValueStore, { concurrency, maxBytes, prefix }: ResolvedOptions): void {
  const { capabilities, limits, name } = store
  if (!capabilities.has('ttl')) {
    throw unsupportedError(name, 'the capability ttl', 'use redis, sql, deno-kv, a Durable Object or memory')
  }
  if (concurrency === 'merge' && !capabilities.has('compare-and-set')) {
    throw unsupportedError(
      name,
      'the capability compare-and-set',
      'use redis, sql, deno-kv, a Durable Object or memory, or say concurrency: last-write-wins',
    )
  }
  const keyBytes = prefix.length + longestNameLength
  if (keyBytes > limits.maxKeyBytes) {
    throw unsupportedError(name, `keys of ${keyBytes} bytes`, 'set a shorter prefix or use another store')
  }
  if (maxBytes > limits.maxValueBytes) {
    throw unsupportedError(
      name,
      `values of ${maxBytes} bytes`,
      `set maxBytes to ${limits.maxValueBytes} or less`,
    )
  }
}
