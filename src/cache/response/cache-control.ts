/** The directives of a `Cache-Control` field by lower-case name; null for one without value. */
export type Directives = ReadonlyMap<string, string | null>

/** Longest field that is read. */
const maxLength = 4096
/** RFC 9111 §1.2.2: what is larger counts as this much. */
const mostSeconds = 2 ** 31

/**
 * Reads `Cache-Control` (RFC 9111 §5.2). Null for one that is malformed, too long, or names a directive twice with
 * different values: readers disagree about which counts.
 */
export function parseCacheControl(value: string | null): Directives | null {
  const directives = new Map<string, string | null>()
  if (value === null) return directives
  if (value.length > maxLength) return null
  // Made anew for each text: a sticky expression remembers where it stands.
  const next =
    /[\t ]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z]+)))?)?[\t ]*(?:,|$)/y
  while (next.lastIndex < value.length) {
    const match = next.exec(value)
    if (match === null) return null
    const name = match[1]?.toLowerCase()
    if (name === undefined) continue
    const argument = match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? null
    if (directives.has(name) && directives.get(name) !== argument) return null
    directives.set(name, argument)
  }
  return directives
}

/** The seconds of a directive; null where it is missing, NaN where they are malformed. */
export function secondsOf(directives: Directives, name: string): number | null {
  const value = directives.get(name)
  if (value === undefined) return null
  return value !== null && /^\d+$/.test(value) ? Math.min(mostSeconds, Number(value)) : Number.NaN
}
