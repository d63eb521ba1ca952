import type { KeyRing } from '../../crypto/index.ts'
import type { KeyValueStore } from '../../stores/key-value/contract.ts'
import type { SessionChange, SessionRecord, SessionStore, StoredSession } from '../contract.ts'
import { tooLargeError, unsupportedError } from '../errors.ts'
import { decodeRecord, encodeRecord, endOf } from '../record.ts'
import { createToken, hashText } from '../token.ts'
import type { SessionStoreParts } from './key-value.ts'

/** What browsers keep of a cookie, name and value together (RFC 6265bis §5.6). */
const maxPairLength = 4096
/** `__Secure-` and `=`. */
const reservedLength = 10
/** Version, key id, nonce and tag. */
const sealBytes = 33
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What sealed cookies need besides. */
export interface CookieSessionsParts extends SessionStoreParts {
  readonly keys: KeyRing
  /** Remembers what has ended; null for nothing. */
  readonly revocations: KeyValueStore | null
}

/**
 * Keeps each session in its cookie, sealed: the client can neither read nor change it. There is no store to ask, with
 * what follows from it: of parallel requests the last answer wins whole, nobody's sessions can be listed, and an old
 * copy of a cookie opens until it expires, also after logout, unless `revocations` remembers the ids that have ended.
 */
export function cookieSessions(parts: CookieSessionsParts): SessionStore {
  const { options, clock, random, keys, revocations } = parts
  if (options.concurrency !== 'last-write-wins') {
    throw unsupportedError(
      'cookie',
      'the capability compare-and-set',
      'use a key-value store, or say concurrency: last-write-wins',
    )
  }
  if (revocations?.capabilities.has('ttl') === false)
    throw unsupportedError(revocations.name, 'the capability ttl', 'use redis, sql or memory for revocations')
  const bound = { timeoutMs: options.timeoutMs }
  // Security: a cookie of another name, sealed by the same secrets, is another thing.
  const purpose = `session ${options.cookie.name}`
  const maxTokenLength = maxPairLength - reservedLength - options.cookie.name.length

  async function seal(namespace: string, id: string, record: SessionRecord): Promise<StoredSession> {
    const bytes = encodeRecord(record, options.maxBytes)
    const token = await keys.seal(purpose, `${namespace} ${id} ${decoder.decode(bytes)}`)
    if (token.length > maxTokenLength) throw tooLargeError(roomOf(maxTokenLength, namespace), bytes.length)
    return { token, id, record, bytes: null }
  }

  async function read(namespace: string, token: string, signal: AbortSignal): Promise<StoredSession | null> {
    if (token.length > maxTokenLength) return null
    const opened = (await keys.open(purpose, token)) ?? ''
    const [, owner, id = '', text = ''] = /^([^ ]*) ([^ ]+) (.*)$/s.exec(opened) ?? []
    const record = decodeRecord(encoder.encode(text))
    if (owner !== namespace || record === null || endOf(record, options) <= clock.now()) return null
    const revoked = await revocations?.get(revocationKey(namespace, id), { ...bound, signal })
    return revoked === null || revoked === undefined ? { token, id, record, bytes: null } : null
  }

  async function create(namespace: string, record: SessionRecord): Promise<StoredSession> {
    return seal(namespace, await hashText(createToken(random)), record)
  }

  async function update(
    namespace: string,
    stored: StoredSession,
    change: SessionChange,
  ): Promise<StoredSession | null> {
    const record = change(stored.record)
    return record === stored.record ? stored : seal(namespace, stored.id, record)
  }

  async function replace(
    namespace: string,
    stored: StoredSession,
    change: SessionChange,
  ): Promise<StoredSession | null> {
    const next = await create(namespace, change(stored.record))
    await end(namespace, stored)
    return next
  }

  async function end(namespace: string, { id, record }: StoredSession): Promise<void> {
    // Not its idle end: another copy may have been used later than this one.
    const ttlMs = Math.max(
      Math.ceil(record.createdAt + options.absoluteMs - clock.now()),
      revocations?.limits.minTtlMs ?? 1,
      1,
    )
    await revocations?.set(revocationKey(namespace, id), '1', { ...bound, ttlMs })
  }

  function revocationKey(namespace: string, id: string): string {
    return `${options.prefix}${namespace}:r:${id}`
  }

  return { read, create, update, replace, end, users: null, close: () => Promise.resolve() }
}

/** How many bytes of a record fit, besides what sealing it and the names before it take. */
function roomOf(maxTokenLength: number, namespace: string): number {
  return Math.floor((maxTokenLength * 3) / 4) - sealBytes - namespace.length - 45
}
