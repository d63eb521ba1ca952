import type { KeyValueOptions, KeyValueStore } from '../../stores/key-value/contract.ts'
import type { SessionRecord, SessionUsers, StoredInfo } from '../contract.ts'
import { contendedError } from '../errors.ts'
import type { ResolvedOptions } from '../options.ts'
import { hashText, isToken } from '../token.ts'

const maxAttempts = 200
/** What one `getMany` reads. */
const maxListed = 100
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The sessions of users, and how a new one gets among them. */
export interface UserSessions extends SessionUsers {
  /**
   * Puts a session on the list of its user, and ends the oldest ones when there are too many. The one that it is
   * about to replace is not counted, and stays on the list for as long as it lives.
   */
  add(namespace: string, userId: string, id: string, replacedId: string | null): Promise<void>
}

/** What the lists stand on. */
export interface UserSessionsParts {
  readonly store: KeyValueStore
  readonly options: ResolvedOptions
  readonly bound: KeyValueOptions
  readonly keyOf: (namespace: string, id: string) => string
  readonly readRecord: (bytes: Uint8Array | null) => SessionRecord | null
}

/** A list as the store has it: ids in the order in which they were made. */
interface IdList {
  readonly key: string
  readonly ids: readonly string[]
  readonly bytes: Uint8Array | null
}

/**
 * Keeps one list of ids per user, one longer than `maxSessionsPerUser` at most. A list may name sessions that have ended: they
 * are dropped when it is read, and when it is full. It never lacks one that lives: it is written before a session
 * becomes known to its client, it lives at least as long, and `compare-and-set` guards every write.
 */
export function createUserSessions(parts: UserSessionsParts): UserSessions {
  const { store, options, bound, keyOf, readRecord } = parts

  async function read(namespace: string, userId: string): Promise<IdList> {
    const key = `${options.prefix}${namespace}:u:${await hashText(userId)}`
    const bytes = await store.get(key, bound)
    const ids =
      bytes === null || bytes.length === 0
        ? []
        : decoder.decode(bytes).split(' ').filter(isToken).slice(-maxListed)
    return { key, ids, bytes }
  }

  /** Writes a list unless another one has. It lives as long as a session that begins now may. */
  async function write({ key, bytes }: IdList, ids: readonly string[]): Promise<boolean> {
    if (ids.length === 0) return store.compareAndSet(key, bytes, null, bound)
    const given = { ...bound, ttlMs: Math.max(options.absoluteMs, store.limits.minTtlMs) }
    return store.compareAndSet(key, bytes, encoder.encode(ids.join(' ')), given)
  }

  async function recordsOf(namespace: string, userId: string, ids: readonly string[]): Promise<StoredInfo[]> {
    const keys = ids.map((id) => keyOf(namespace, id))
    const values = keys.length === 0 ? [] : await store.getMany(keys, bound)
    const infos = ids.flatMap((id, index) => {
      const record = readRecord(values[index] ?? null)
      return record?.userId === userId ? [{ id, record }] : []
    })
    return infos.toSorted((left, right) => left.record.createdAt - right.record.createdAt)
  }

  async function end(namespace: string, ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => store.delete(keyOf(namespace, id), bound)))
  }

  async function add(
    namespace: string,
    userId: string,
    id: string,
    replacedId: string | null,
  ): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const found = await read(namespace, userId)
      let ids = found.ids
      if (ids.length >= options.maxSessionsPerUser) {
        ids = (await recordsOf(namespace, userId, ids)).map((info) => info.id)
        const others = ids.filter((other) => other !== replacedId)
        const excess = others.slice(0, Math.max(0, others.length + 1 - options.maxSessionsPerUser))
        await end(namespace, excess)
        ids = ids.filter((other) => !excess.includes(other))
      }
      if (await write(found, [...ids, id])) return
    }
    throw contendedError(maxAttempts)
  }

  async function list(namespace: string, userId: string): Promise<readonly StoredInfo[]> {
    const found = await read(namespace, userId)
    const infos = await recordsOf(namespace, userId, found.ids)
    const ids = infos.map(({ id }) => id)
    // A session is stored before it is listed, so one that is missing has ended. If the list changed, the next time does.
    if (ids.length < found.ids.length) await write(found, ids)
    return infos
  }

  async function revoke(namespace: string, userId: string, id: string): Promise<boolean> {
    if (!isToken(id)) return false
    const isTheirs = (await recordsOf(namespace, userId, [id])).length > 0
    if (isTheirs) await end(namespace, [id])
    return isTheirs
  }

  async function revokeAll(namespace: string, userId: string, except: string | null): Promise<number> {
    const ended = new Set<string>()
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const found = await read(namespace, userId)
      const ids = found.ids.filter((id) => id !== except)
      for (const { id } of await recordsOf(namespace, userId, ids)) ended.add(id)
      await end(namespace, ids)
      const rest = found.ids.filter((id) => id === except)
      // One that began meanwhile has changed the list, and is ended by the next attempt.
      if (ids.length === 0 || (await write(found, rest))) return ended.size
    }
    throw contendedError(maxAttempts)
  }

  return { add, list, revoke, revokeAll }
}
