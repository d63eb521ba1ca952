import type { RockstarError } from '../errors/index.ts'
import type { NamedType } from './contract.ts'

/** What a parameter's decoded value must be. */
export interface Constraint {
  /** Tells constraints apart, and orders them: named types from most to least specific, then patterns by their text. */
  readonly key: string
  test(value: string): boolean
}

/** In this order two of them at one place are tried. */
const namedTypes: Readonly<Record<NamedType, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  int: /^-?(?:0|[1-9]\d{0,15})$/,
  hex: /^[0-9a-f]+$/i,
  alpha: /^[A-Za-z]+$/,
  alnum: /^[A-Za-z0-9]+$/,
  slug: /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
}

const maxSourceLength = 200

/** Reads what stands in the parentheses: the name of a type, or a regular expression for the whole value. */
export function parseConstraint(source: string, fail: (expected: string) => RockstarError): Constraint {
  const names = Object.keys(namedTypes)
  const rank = names.indexOf(source)
  if (rank !== -1) {
    const pattern = namedTypes[source as NamedType] // It is one of the keys.
    return { key: `0${rank}`, test: (value) => pattern.test(value) }
  }
  if (source === '' || source.length > maxSourceLength)
    throw fail(`a type (${names.join(', ')}) or a pattern of up to ${maxSourceLength} characters`)
  // Security: a quantified group that has a quantifier inside is where backtracking explodes.
  if (/\([^()]*[*+}][^()]*\)\s*(?:[*+]|\{\d*,)/.test(source))
    throw fail('a pattern without a repeated group that repeats inside')
  try {
    const pattern = new RegExp(`^(?:${source})$`, 'u')
    return { key: `1${source}`, test: (value) => pattern.test(value) }
  } catch {
    throw fail('a well-formed regular expression')
  }
}
