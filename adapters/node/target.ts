/** The parts of a request line's target that a request is routed by. */
export interface Target {
  /** Origin form, or `*`. */
  readonly target: string
  /** The authority of an absolute form, which then stands for `Host` (RFC 9112 §3.2.2); null for other forms. */
  readonly authority: string | null
}

const absolute = /^https?:\/\/([^/?#]*)(.*)$/is

/** Reduces a target to origin form. What is neither origin, absolute nor asterisk form is left for the app to refuse. */
export function parseTarget(text: string): Target {
  const match = absolute.exec(text)
  if (match === null) return { target: text, authority: null }
  const rest = match[2] ?? ''
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority: match[1] ?? '' }
}

const hostForm = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i

/** Is it a host with an optional port (RFC 9110 §7.2)? User information, lists and control characters are not. */
export function isHost(text: string): boolean {
  const match = hostForm.exec(text)
  return match !== null && (match[1] === undefined || Number(match[1]) <= 65_535)
}
