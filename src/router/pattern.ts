import { RockstarError } from '../errors/index.ts'
import { canonicalLiteral } from './canonical.ts'
import type { Constraint } from './constraint.ts'
import { parseConstraint } from './constraint.ts'

/** One piece of a pattern. Static text is in canonical percent-encoding and has its slashes. */
export type Piece =
  | { readonly kind: 'static'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string; readonly constraint: Constraint | null }
  | { readonly kind: 'rest'; readonly name: string }

/** In characters. */
export const maxPatternLength = 2048
const maxOptional = 8

/** One segment: `*rest` at the end, `:name(constraint)?`, or plain text. A constraint ends where its segment does. */
const segmentForm =
  /\/(?:\*((?!__)[a-z_$][\w$]{0,63})$|:((?!__)[a-z_$][\w$]{0,63})(?:\((.+?)\))?(\?)?|([^:*?#()\\/]*))(?=\/|$)/iy

/**
 * Reads a pattern into the paths it stands for: one, and one more for each optional parameter at its end. Throws
 * `ROUTE_PATTERN` that shows the pattern, the place and what was expected there.
 */
export function parsePattern(pattern: string): Piece[][] {
  const fail = (at: number, expected: string): RockstarError =>
    new RockstarError(
      'ROUTE_PATTERN',
      `Expected ${expected} at character ${at} of the route pattern ${JSON.stringify(pattern.slice(0, 200))}`,
    )
  if (pattern.length > maxPatternLength) throw fail(maxPatternLength, 'its end')
  const variants: Piece[][] = []
  const names = new Set<string>()
  let pieces: Piece[] = []
  let at = 0
  do {
    segmentForm.lastIndex = at
    const match = segmentForm.exec(pattern)
    if (match === null)
      throw fail(at, 'a slash and plain text, :name, :name?, :name(constraint) or a last *name')
    const [all, rest, param, constraint, optional, text = ''] = match
    const name = rest ?? param
    if (name === undefined) {
      const literal = canonicalLiteral(text)
      if (literal === null || (text === '' && at + all.length < pattern.length))
        throw fail(at, 'a segment that is canonical and not empty')
      pieces = append(pieces, { kind: 'static', text: literal })
    } else {
      if (names.has(name)) throw fail(at, 'each name once')
      names.add(name)
      if (optional !== undefined)
        variants.push(pieces.length === 0 ? append(pieces, { kind: 'static', text: '' }) : pieces)
      const test =
        constraint === undefined ? null : parseConstraint(constraint, (expected) => fail(at, expected))
      pieces = append(
        pieces,
        rest === undefined ? { kind: 'param', name, constraint: test } : { kind: 'rest', name },
      )
    }
    if ((variants.length > 0 && optional === undefined) || variants.length > maxOptional) {
      throw fail(at, `only optional parameters behind an optional one, at most ${maxOptional}`)
    }
    at += all.length
  } while (at < pattern.length)
  return [...variants, pieces]
}

/**
 * The same path with a slash more or less at its end; of a rest parameter the path without it. Null for the root, and
 * for what stands for the root.
 */
export function otherForm(pieces: readonly Piece[]): Piece[] | null {
  const last = pieces.at(-1)
  if (last?.kind === 'param') return append(pieces, { kind: 'static', text: '' })
  const end = last?.kind === 'rest' ? -2 : -1
  const before = pieces.at(end)
  if (before?.kind !== 'static') return null
  const text = before.text.endsWith('/') ? before.text.slice(0, -1) : `${before.text}/`
  const kept = pieces.slice(0, end)
  return text === '' && kept.length === 0 ? null : [...kept, { kind: 'static', text }]
}

/** Joins neighbouring static pieces; each piece brings the slash before it. */
function append(pieces: readonly Piece[], piece: Piece): Piece[] {
  const last = pieces.at(-1)
  const isStatic = last?.kind === 'static'
  const slash = isStatic ? `${last.text}/` : '/'
  const before = isStatic ? pieces.slice(0, -1) : pieces
  if (piece.kind === 'static') return [...before, { kind: 'static', text: slash + piece.text }]
  return [...before, { kind: 'static', text: slash }, piece]
}
