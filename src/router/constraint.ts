import type { RockstarError } from '../errors/index.ts'
import type { NamedType } from './contract.ts'

/** What a parameter's decoded value must be. */
export interface Constraint {
  /** Tells constraints apart, and orders them: named types from most to least specific, then patterns by their text. */
  readonly key: string
  test(value: string): boolean
}

/** In this order two of them at one place are tried. */
const namedTypes: Readonly<Record<NamedType, string>> = {
  uuid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  date: '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])',
  int: '-?(?:0|[1-9]\\d{0,15})',
  hex: '[0-9a-fA-F]+',
  alpha: '[A-Za-z]+',
  alnum: '[A-Za-z0-9]+',
  slug: '[a-z0-9]+(?:-[a-z0-9]+)*',
}

const maxSourceLength = 200

/** Reads what stands in the parentheses: the name of a type, or a regular expression for the whole value. */
export function parseConstraint(source: string, fail: (expected: string) => RockstarError): Constraint {
  const rank = Object.keys(namedTypes).indexOf(source)
  // Security: a repeated group that repeats inside is where backtracking explodes. Values are as long as a path may be.
  const explodes = rank === -1 && /\([^()]*[*+}][^()]*\)\s*(?:[*+]|\{\d*,)/.test(source)
  try {
    if (source.length > maxSourceLength || explodes) throw new SyntaxError('unsafe')
    const text = rank === -1 ? source : namedTypes[source as NamedType] // It is one of the keys.
    const pattern = new RegExp(`^(?:${text})$`, 'u')
    return { key: rank === -1 ? `1${source}` : `0${rank}`, test: (value) => pattern.test(value) }
  } catch {
    throw fail(
      `a type (${Object.keys(namedTypes).join(', ')}) or a safe pattern of up to ${maxSourceLength} characters`,
    )
  }
}
