import { describe, expect, test } from 'vitest'
import { parseConstraint } from '../../src/router/constraint.ts'
import { RockstarError } from '../../src/errors/index.ts'

function parse(source: string) {
  return parseConstraint(source, (expected) => new RockstarError('ROUTE_PATTERN', `Expected ${expected}`))
}

describe('parseConstraint()', () => {
  test.each([
    ['int', ['0', '-1', '1234567890123456'], ['', '-', '01', '1.0', '+1', '1e3', '12345678901234567', '１']],
    [
      'uuid',
      ['123e4567-e89b-12d3-a456-426614174000'],
      ['123e4567e89b12d3a456426614174000', 'g23e4567-e89b-12d3-a456-426614174000'],
    ],
    ['slug', ['a', 'a-b-9'], ['-a', 'a-', 'a--b', 'A', 'a_b']],
    ['hex', ['0aF'], ['', '0x1', 'g']],
    ['date', ['2026-02-28', '0000-12-31'], ['2026-13-01', '2026-00-10', '2026-01-32', '26-01-01']],
    ['alpha', ['aZ'], ['', 'a1', 'é']],
    ['alnum', ['a1Z'], ['', 'a-1', 'é']],
    ['\\d+', ['1', '007'], ['', 'a1', '1a', '1\n']],
    ['a|b', ['a', 'b'], ['ab', 'ax', 'xb']],
    ['[^/]+', ['a'], ['', 'a/b']],
    ['(?:0\\d|1[0-2])-\\d{2}', ['01-20', '12-31'], ['13-01', '1-20']],
    ['(?:-[a-f]{2}){3}', ['-ab-cd-ef'], ['-ab-cd']],
    ['\\p{L}+', ['é', 'ß'], ['1']],
    ['(?!new$)\\w+', ['newer', 'old'], ['new']],
  ])('reads %j', (source, valid, invalid) => {
    const { test: accepts } = parse(source)
    expect(valid.filter((value) => !accepts(value))).toEqual([])
    expect(invalid.filter((value) => accepts(value))).toEqual([])
  })

  test.each([
    '(a+)+',
    '((a+))+',
    '(?:(?:a|b)c)*',
    '(a*)*',
    '(a|a)+',
    '(a|aa)*',
    '(.*a){20}',
    '(a?){30}',
    '(?:a{1,9}){2,}',
    '(?<n>a+)+',
    '([)(]+)+',
    '(\\(+)+',
    '(@+x)*',
  ])('refuses %j, which may take exponential time', (source) => {
    expect(() => parse(source)).toThrow(/repeats no group that varies$/)
  })

  test.each(['(', ')', 'a)|(b', '[', '*', '\\', '(?<a>x)(?<a>y)', 'a'.repeat(201)])(
    'refuses %j',
    (source) => {
      expect(() => parse(source)).toThrow(
        /^Expected a type \(uuid, date, int, hex, alpha, alnum, slug\), or a well-formed/,
      )
    },
  )

  test('does not test values of more than 1,024 characters', () => {
    expect(parse('a+').test('a'.repeat(1024))).toBe(true)
    expect(parse('a+').test('a'.repeat(1025))).toBe(false)
  })
})
