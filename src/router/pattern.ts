import { RockstarError } from '../errors/index.ts'
import { canonicalLiteral } from './canonical.ts'
import type { Constraint } from './constraint.ts'
import { parseConstraint } from './constraint.ts'

/** One piece of a pattern. Static text is in canonical percent-encoding and has its slashes. */
export type Piece =
  | { readonly kind: 'static'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string; readonly constraint: Constraint | null }
  | { readonly kind: 'rest'; readonly name: string }

const maxPatternLength = 2048
const maxOptional = 8
const nameForm = /^[A-Za-z_$][A-Za-z0-9_$]{0,63}/

/**
 * Reads a pattern into the paths it stands for: one, and one more for each optional parameter at its end. Throws
 * `ROUTE_PATTERN` that shows the pattern, the place and what was expected there.
 */
export function parsePattern(pattern: string): Piece[][] {
  if (!pattern.startsWith('/')) throw patternError(pattern, 0, 'a pattern that begins with /')
  if (pattern.length > maxPatternLength)
    throw patternError(pattern, maxPatternLength, `at most ${maxPatternLength} characters`)
  const variants: Piece[][] = []
  const names = new Set<string>()
  let pieces: Piece[] = []
  let at = 0
  while (at < pattern.length) {
    const segment = readSegment(pattern, at)
    if (variants.length > 0 && !segment.optional)
      throw patternError(pattern, at, 'only optional parameters behind an optional one')
    if (pieces.some((piece) => piece.kind === 'rest'))
      throw patternError(pattern, at, 'nothing behind a rest parameter')
    if (segment.piece.kind !== 'static') {
      if (names.has(segment.piece.name)) throw patternError(pattern, at, 'each name once')
      names.add(segment.piece.name)
    }
    if (segment.optional) {
      variants.push(pieces)
      if (variants.length > maxOptional)
        throw patternError(pattern, at, `at most ${maxOptional} optional parameters`)
    }
    pieces = append(pieces, segment.piece)
    at = segment.end
  }
  return [
    ...variants.map((variant) => (variant.length === 0 ? append([], { kind: 'static', text: '' }) : variant)),
    pieces,
  ]
}

interface Segment {
  readonly piece: Piece
  readonly optional: boolean
  /** Where the next segment begins: at its slash, or at the end. */
  readonly end: number
}

function readSegment(pattern: string, slash: number): Segment {
  const at = slash + 1
  const first = pattern[at]
  if (first === '*') {
    const name = nameForm.exec(pattern.slice(at + 1))?.[0]
    if (name === undefined) throw patternError(pattern, at, 'a name behind *')
    const end = at + 1 + name.length
    if (end !== pattern.length) throw patternError(pattern, end, 'nothing behind a rest parameter')
    return { piece: { kind: 'rest', name }, optional: false, end }
  }
  if (first !== ':') {
    const next = pattern.indexOf('/', at)
    const end = next === -1 ? pattern.length : next
    return { piece: { kind: 'static', text: readStatic(pattern, at, end) }, optional: false, end }
  }
  const name = nameForm.exec(pattern.slice(at + 1))?.[0]
  if (name === undefined) throw patternError(pattern, at + 1, 'a name of letters, digits, _ or $ behind :')
  let end = at + 1 + name.length
  let constraint: Constraint | null = null
  if (pattern[end] === '(') {
    const close = closingParenthesis(pattern, end)
    constraint = parseConstraint(pattern.slice(end + 1, close), (expected) =>
      patternError(pattern, end + 1, expected),
    )
    end = close + 1
  }
  const optional = pattern[end] === '?'
  if (optional) end++
  if (end < pattern.length && pattern[end] !== '/')
    throw patternError(pattern, end, 'the end of the segment: a parameter is a whole segment')
  return { piece: { kind: 'param', name, constraint }, optional, end }
}

function readStatic(pattern: string, from: number, to: number): string {
  const text = pattern.slice(from, to)
  const odd = /[:*?#()\\]/.exec(text)
  if (odd !== null)
    throw patternError(
      pattern,
      from + odd.index,
      `plain text; write ${encodeURIComponent(odd[0])} for a literal ${odd[0]}`,
    )
  if (text === '' && to !== pattern.length) throw patternError(pattern, from, 'a segment between two slashes')
  const literal = canonicalLiteral(text)
  if (literal === null)
    throw patternError(pattern, from, 'text with well-formed percent-encoding and no dot segment')
  return literal
}

function closingParenthesis(pattern: string, open: number): number {
  let depth = 0
  let inClass = false
  for (let at = open; at < pattern.length; at++) {
    const character = pattern[at]
    if (character === '\\') at++
    else if (character === '[') inClass = true
    else if (character === ']') inClass = false
    else if (!inClass && character === '(') depth++
    else if (!inClass && character === ')' && --depth === 0) return at
  }
  throw patternError(pattern, open, 'a closing parenthesis')
}

/** Joins neighbouring static pieces; each piece brings the slash before it. */
function append(pieces: readonly Piece[], piece: Piece): Piece[] {
  const last = pieces.at(-1)
  const slash = last?.kind === 'static' ? `${last.text}/` : '/'
  const before = last?.kind === 'static' ? pieces.slice(0, -1) : [...pieces]
  if (piece.kind === 'static') return [...before, { kind: 'static', text: slash + piece.text }]
  return [...before, { kind: 'static', text: slash }, piece]
}

function patternError(pattern: string, at: number, expected: string): RockstarError {
  const shown = JSON.stringify(pattern.slice(0, 200))
  return new RockstarError(
    'ROUTE_PATTERN',
    `Expected ${expected} at character ${at} of the route pattern ${shown}`,
  )
}
