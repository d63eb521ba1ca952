/** A field value of the shape `value; name=value; name="value"`. */
export interface Parameterised {
  /** What stands before the first semicolon, in lower case. */
  readonly value: string
  /** Parameters by lower-case name. Values keep their case; those in quotes come without them. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A media type. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
/** A backslash before the very last quote is the end of a file name: browsers do not escape it. */
const quoted = '"((?:[^"\\\\]|\\\\(?!"$)[^]|\\\\(?="$))*)"'
/** More than a token: what clients send without quotes, as the equals sign in `boundary=----=_Part_1`. */
const bare = '[^\\s",;\\\\]+'
const essence = new RegExp(`^${token}/${token}$`)

/**
 * Reads parameters (RFC 9110 §5.6.6, RFC 2183 §2) from left to right, so that a quoted value cannot pass for one.
 * Null when it is malformed or names a parameter twice: readers disagree about which of two counts.
 */
export function parseParameters(text: string): Parameterised | null {
  const trimmed = text.trim()
  const semicolon = trimmed.indexOf(';')
  const value = (semicolon === -1 ? trimmed : trimmed.slice(0, semicolon)).trimEnd().toLowerCase()
  const parameters = new Map<string, string>()
  if (semicolon === -1) return { value, parameters }
  // Made anew for each text: a sticky expression remembers where it stands.
  const next = new RegExp(`;[ \\t]*(?:(${token})=(?:${quoted}|(${bare})|(?=[ \\t;]|$)))?[ \\t]*`, 'y')
  next.lastIndex = semicolon
  while (next.lastIndex < trimmed.length) {
    const match = next.exec(trimmed)
    if (match === null) return null
    const name = match[1]?.toLowerCase()
    if (name === undefined) continue
    if (parameters.has(name)) return null
    parameters.set(name, match[2]?.replace(/\\(["\\])/g, '$1') ?? match[3] ?? '')
  }
  return { value, parameters }
}

/** Reads `Content-Type` (RFC 9110 §8.3.1). Null when it is malformed, as that of two fields joined by a comma. */
export function parseMediaType(text: string): MediaType | null {
  const parsed = parseParameters(text)
  if (parsed === null || !essence.test(parsed.value)) return null
  return { essence: parsed.value, parameters: parsed.parameters }
}
