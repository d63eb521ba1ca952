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
/** Security: what two quantifiers in a row cost grows with the square of this. */
const maxValueLength = 1024

/** Reads what stands in the parentheses: the name of a type, or a regular expression for the whole value. */
export function parseConstraint(source: string, fail: (expected: string) => RockstarError): Constraint {
  const rank = Object.keys(namedTypes).indexOf(source)
  try {
    if (rank === -1) assertSafe(source)
    const text = rank === -1 ? source : namedTypes[source as NamedType] // It is one of the keys.
    const pattern = new RegExp(`^(?:${text})$`, 'u')
    return {
      key: rank === -1 ? `1${source}` : `0${rank}`,
      test: (value) => value.length <= maxValueLength && pattern.test(value),
    }
  } catch {
    throw fail(
      `a type (${Object.keys(namedTypes).join(', ')}), or a well-formed pattern of up to ${maxSourceLength} characters that repeats no group that varies`,
    )
  }
}

function assertSafe(source: string): void {
  // On its own: `a)|(b` is well-formed only within a group, and would take the anchors apart.
  const pattern = new RegExp(source, 'u')
  if (source.length > maxSourceLength || explodes(pattern.source)) throw new SyntaxError('Unsafe')
}

/**
 * Does the pattern repeat a group that can match one text in more than one way? There backtracking takes exponential
 * time. Some harmless patterns are among them; a class or a longer list of alternatives does without.
 */
function explodes(source: string): boolean {
  // `@` stands for a group that varies, `x` for anything else that is one item.
  let text = source.replace(/\\.|\[(?:\\.|[^\]\\])*\]|@/gsu, 'x')
  for (let before = ''; before !== text;) {
    if (/@(?:[*+]|\{)/.test(text)) return true
    before = text
    text = text.replace(/\((?:\?(?:<?[=!]|:|<\w+>))?([^()]*)\)/, (_, body: string) =>
      /[*+?|@]|\{\d+,/.test(body) ? '@' : 'x',
    )
  }
  return false
}
