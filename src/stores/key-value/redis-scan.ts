import type { ListRequest } from './check.ts'
import type { KeyValuePage } from './contract.ts'
import { cursorError } from './error.ts'
import type { RedisSend } from './redis-reply.ts'
import { readArray, readBytes } from './redis-reply.ts'

/** How often a page asks for more: a database may hold many keys of others, and a page must not walk over all. */
const maxRounds = 20
/** Fewest keys that one round looks at. */
const leastCount = 10

/** Where a walk stands: the cursor of Redis, null at the end; and keys that a round gave beyond its page. */
interface Walk {
  readonly scan: string | null
  readonly rest: readonly string[]
}

/** Reads one page. SCAN may give more keys than it was asked for; what is too much goes on with the cursor. */
export async function scanPage(
  send: RedisSend,
  keyPrefix: string,
  request: ListRequest,
): Promise<KeyValuePage> {
  const pattern = `${escapeGlob(keyPrefix + request.prefix)}*`
  const count = String(Math.max(leastCount, request.limit))
  let { scan, rest } = readCursor(request)
  const found = new Set(rest)
  for (let round = 0; scan !== null && found.size < request.limit && round < maxRounds; round += 1) {
    const reply = readArray(await send('SCAN', scan, 'MATCH', pattern, 'COUNT', count, 'TYPE', 'string'))
    const next = new TextDecoder().decode(readBytes(reply[0]) ?? undefined)
    scan = next === '0' ? null : next
    for (const bytes of readArray(reply[1])) {
      const key = decodeKey(readBytes(bytes), keyPrefix)
      if (key !== null) found.add(key)
    }
  }
  const keys = [...found]
  rest = keys.splice(request.limit)
  const isOver = scan === null && rest.length === 0
  return { keys, cursor: isOver ? null : JSON.stringify([scan, ...rest]) }
}

function readCursor({ cursor }: ListRequest): Walk {
  if (cursor === null) return { scan: '0', rest: [] }
  let parts: unknown
  try {
    parts = JSON.parse(cursor)
  } catch {
    throw cursorError('redis')
  }
  if (!Array.isArray(parts)) throw cursorError('redis')
  const [scan, ...rest]: unknown[] = parts
  if (scan !== null && !(typeof scan === 'string' && /^[0-9]{1,20}$/.test(scan))) throw cursorError('redis')
  if (!rest.every((key) => typeof key === 'string')) throw cursorError('redis')
  return { scan, rest }
}

/** A key without the prefix; null for one that somebody else wrote and that no text names. */
function decodeKey(bytes: Uint8Array | null, keyPrefix: string): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes ?? undefined)
    return text.length > keyPrefix.length && text.startsWith(keyPrefix) ? text.slice(keyPrefix.length) : null
  } catch {
    return null
  }
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}
