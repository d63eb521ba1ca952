/** Decodes one parameter. The canonical path is well-formed, so decoding cannot fail. */
export function decodeParam(value: string): string {
  return value.includes('%') ? decodeURIComponent(value) : value
}

/**
 * The parameters of a match by name, decoded. In a rest parameter an encoded slash or backslash stays encoded, so that
 * it cannot become a separator of segments.
 */
export function decodeParams(
  names: readonly string[],
  values: readonly (string | undefined)[],
): Record<string, string | undefined> {
  const params: Record<string, string | undefined> = {}
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? ''
    const value = values[index]
    if (value === undefined) continue
    if (name.charCodeAt(0) === 42) params[name.slice(1)] = decodeParam(value.replace(/%(2F|5C)/g, '%25$1'))
    else params[name] = decodeParam(value)
  }
  return params
}
