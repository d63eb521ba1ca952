import type { SessionChange, SessionRecord } from './contract.ts'

const longestKey = 128
const longestUserId = 256
const longestLabel = 200

/** Sets the JSON text of one value, or forgets it. */
export function changeData(key: string, text: string | null): SessionChange {
  return (record) => {
    const data = withEntry(record.data, key, text)
    return data === record.data ? record : { ...record, data }
  }
}

/** Sets the JSON text of one flash, or forgets it. */
export function changeFlash(key: string, text: string | null): SessionChange {
  return (record) => {
    const flashes = withEntry(record.flashes, key, text)
    return flashes === record.flashes ? record : { ...record, flashes }
  }
}

/** Forgets all values and flashes. */
export function clearAll(record: SessionRecord): SessionRecord {
  const nothing: ReadonlyMap<string, string> = new Map()
  return record.data.size === 0 && record.flashes.size === 0
    ? record
    : { ...record, data: nothing, flashes: nothing }
}

/** Counts idleness from `nowMs`, unless that was done less than `leastMs` ago: a clock that lags takes nothing away. */
export function refreshed(nowMs: number, leastMs: number): SessionChange {
  return (record) => (nowMs - record.seenAt >= leastMs ? { ...record, seenAt: nowMs } : record)
}

/** Makes it the session of a user. Security: what another user left is not for this one. */
export function loggedIn(userId: string, label: string | null, nowMs: number): SessionChange {
  return (record) => {
    const isOther = record.userId !== null && record.userId !== userId
    return { ...(isOther ? clearAll(record) : record), userId, label, createdAt: nowMs, seenAt: nowMs }
  }
}

/** The values of these keys alone. */
export function keepOnly(
  data: ReadonlyMap<string, string>,
  keys: readonly string[],
): ReadonlyMap<string, string> {
  return new Map([...data].filter(([key]) => keys.includes(key)))
}

/** `RangeError` for a key that is no text of 1 to 128 characters. */
export function checkKey(key: string): string {
  return checkText('a key of the session', key, longestKey)
}

/** `RangeError` for a user id that is no text of 1 to 256 characters. */
export function checkUserId(userId: string): string {
  return checkText('a user id', userId, longestUserId)
}

/** `RangeError` for a label that is no text of 1 to 200 characters. */
export function checkLabel(label: string | undefined): string | null {
  return label === undefined ? null : checkText('a label', label, longestLabel)
}

function checkText(name: string, text: string, longest: number): string {
  // A caller without types may hand over anything; `undefined` as a user would be one user for all of them.
  if (typeof text === 'string' && text !== '' && text.length <= longest && !/\p{Surrogate}/u.test(text))
    return text
  const got = typeof text === 'string' ? `${text.length} or a lone surrogate` : typeof text
  throw new RangeError(`Expected ${name} of 1 to ${longest} characters, got ${got}`)
}

function withEntry(
  entries: ReadonlyMap<string, string>,
  key: string,
  text: string | null,
): ReadonlyMap<string, string> {
  if (text === (entries.get(key) ?? null)) return entries
  const changed = new Map(entries)
  if (text === null) changed.delete(key)
  else changed.set(key, text)
  return changed
}
