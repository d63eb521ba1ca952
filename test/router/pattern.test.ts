import { describe, expect, test } from 'vitest'
import type { Piece } from '../../src/router/pattern.ts'
import { otherForm, parsePattern } from '../../src/router/pattern.ts'

/** The paths that a pattern stands for, with constraints by their key. */
function paths(pattern: string): string[] {
  return parsePattern(pattern).map(format)
}

function format(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === 'static') return piece.text
      return piece.kind === 'rest'
        ? `*${piece.name}`
        : `:${piece.name}${piece.constraint === null ? '' : '!'}`
    })
    .join('|')
}

describe('parsePattern()', () => {
  test.each([
    ['/', ['/']],
    ['/a/b', ['/a/b']],
    ['/a/', ['/a/']],
    ['/a/:b/c/:d', ['/a/|:b|/c/|:d']],
    ['/:a/', ['/|:a|/']],
    ['/:a?', ['/', '/|:a']],
    ['/x/:a?/:b(int)?', ['/x', '/x/|:a', '/x/|:a|/|:b!']],
    ['/x/*rest', ['/x/|*rest']],
    ['/:a(\\d{2}:[/)(])/b', ['/|:a!|/b']],
    ['/café au lait', ['/caf%C3%A9%20au%20lait']],
    ['/%63af%c3%a9', ['/caf%C3%A9']],
    ['/a%2fb', ['/a%2Fb']],
    ['/:_a/:$b/:c1', ['/|:_a|/|:$b|/|:c1']],
    ['/a|b;c=d,e@f', ['/a|b;c=d,e@f']],
  ])('reads %s', (pattern, expected) => {
    expect(paths(pattern)).toEqual(expected)
  })

  test.each([
    ['users', 0],
    ['/a//b', 2],
    ['/a/:id-x', 2],
    ['/a/*rest/b', 2],
    ['/a/:x?/b', 6],
    ['/a/:x/:x', 5],
    ['/a/%zz', 2],
    ['/a/../b', 2],
    ['/a/:x((a+)+)', 2],
  ])('says where %s is wrong', (pattern, at) => {
    expect(() => parsePattern(pattern)).toThrow(`at character ${at} of the route pattern "${pattern}"`)
  })

  test('bounds what it repeats in a message', () => {
    expect(() => parsePattern(`/${'a'.repeat(3000)}`)).toThrow(/^.{200,300}$/)
  })
})

describe('otherForm()', () => {
  test.each([
    ['/a', '/a/'],
    ['/a/', '/a'],
    ['/:a', '/|:a|/'],
    ['/:a/', '/|:a|'],
    ['/:a/b', '/|:a|/b/'],
    ['/a/*rest', '/a'],
    ['/:a/*rest', '/|:a|'],
    ['/', null],
    ['/*rest', null],
  ])('of %s', (pattern, expected) => {
    const [pieces = []] = parsePattern(pattern)
    const other = otherForm(pieces)
    expect(other === null ? null : format(other)).toBe(expected)
  })
})
