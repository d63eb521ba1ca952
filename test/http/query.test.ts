import { describe, expect, test } from 'vitest'
import type { Pairs } from '../../src/http/contract.ts'
import { createQuery } from '../../src/http/query.ts'
import { createRandom, randomText } from './random.ts'

const maxPairs = 1000

function answers(pairs: Omit<Pairs, typeof Symbol.iterator>, names: readonly string[]): unknown[] {
  return names.map((name) => [pairs.get(name), pairs.getAll(name), pairs.has(name)])
}

describe('createQuery()', () => {
  test.each([
    ['a plain value', 'a=1&b=2', 'b', '2'],
    ['the first of several', 'a=1&a=2', 'a', '1'],
    ['nothing', 'a=1', 'b', null],
    ['nothing in an empty text', '', 'a', null],
    ['a name without an equals sign', 'a&b', 'b', ''],
    ['a value with an equals sign', 'a=b=c', 'a', 'b=c'],
    ['an empty name', '=1', '', '1'],
    ['no empty name in empty pairs', '&&a=1&', '', null],
    ['a plus as a space', 'a=x+y', 'a', 'x y'],
    ['an encoded plus', 'a=x%2By', 'a', 'x+y'],
    ['a name that is encoded', '%61b=1', 'ab', '1'],
    ['a name with a plus', 'a+b=1', 'a b', '1'],
    ['no name that only looks the same', 'a+b=1', 'a+b', null],
    ['a name with a percent sign', 'a%25=1', 'a%', '1'],
    ['a malformed encoding as it is', 'a=%zz%4', 'a', '%zz%4'],
    ['malformed UTF-8 as U+FFFD', 'a=%ffx%C3', 'a', '\ufffdx\ufffd'],
    ['raw characters beside malformed UTF-8', 'a=%ffü😀', 'a', '\ufffdü😀'],
    ['a byte order mark as it is', 'a=%EF%BB%BFx', 'a', '\ufeffx'],
    ['characters beyond the first plane', 'a=%F0%9F%98%80', 'a', '😀'],
    ['no prefix of a name', 'ab=1', 'a', null],
  ])('get() finds %s', (_, text, name, value) => {
    expect(createQuery(text, maxPairs).get(name)).toBe(value)
  })

  test('getAll() has all values in order', () => {
    expect(createQuery('a=1&b=2&%61=3&a', maxPairs).getAll('a')).toEqual(['1', '3', ''])
  })

  test('has() tells a name with an empty value from one that is missing', () => {
    const query = createQuery('a=', maxPairs)
    expect([query.has('a'), query.has('b')]).toEqual([true, false])
  })

  test('iterates over the decoded pairs', () => {
    expect([...createQuery('a=1&&b=x+y', maxPairs)]).toEqual([
      ['a', '1'],
      ['b', 'x y'],
    ])
  })

  test('toString() gives the text as it came', () => {
    expect(createQuery('a=%zz&&b', maxPairs).toString()).toBe('a=%zz&&b')
  })

  // Never both in one text: Node's own URLSearchParams loses characters beyond ASCII beside a malformed encoding.
  test.each([
    [
      'encodings',
      ['a', 'b', 'ab', '=', '=', '&', '&', '+', '%', '%61', '%2', '%C3%BC', '%ff', '%00', '%26', '%3d'],
    ],
    ['raw characters', ['a', 'b', 'ab', '=', '=', '&', '&', '+', 'ü', '😀', ' ', '#', '?', '\0']],
  ])('answers as URLSearchParams does for 3,000 random texts with %s', (_, pieces) => {
    const random = createRandom(1)
    const names = ['', 'a', 'b', 'ab', 'aab', 'ü', ' ', 'a ', '%', '\ufffd', '&', '%61']
    for (let round = 0; round < 3000; round++) {
      // An `x` in front, because URLSearchParams cuts off a question mark there.
      const text = `x${randomText(random, pieces, 12)}`
      const ours = createQuery(text, maxPairs)
      const theirs = new URLSearchParams(text)
      expect([...ours], text).toEqual([...theirs])
      expect(answers(ours, names), text).toEqual(answers(theirs, names))
    }
  })

  test.each([
    ['get()', (text: string) => createQuery(text, 3).get('z')],
    ['getAll()', (text: string) => createQuery(text, 3).getAll('z')],
    ['has()', (text: string) => createQuery(text, 3).has('z')],
    ['the iterator', (text: string) => [...createQuery(text, 3)]],
  ])('%s refuses more pairs than the limit with 400', (_, read) => {
    expect(() => read('a&b&c&')).not.toThrow()
    expect(() => read('a&b&c&d')).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED', status: 400 }))
  })

  test('refuses each time it is asked', () => {
    const query = createQuery('a&b&c&d', 3, 413)
    expect(() => query.get('a')).toThrow(expect.objectContaining({ status: 413 }))
    expect(() => query.get('a')).toThrow(expect.objectContaining({ status: 413 }))
  })

  test('does not count empty pairs', () => {
    expect(createQuery(`${'&'.repeat(5000)}a=1`, 3).get('a')).toBe('1')
  })

  test.each([
    ['without an equals sign', `${'abcdefghi&'.repeat(100_000)}z`],
    ['with malformed encodings', `${'%ff%zz%&'.repeat(100_000)}z`],
    ['with one long name', `${'%ff'.repeat(300_000)}&z`],
  ])('is linear in a text %s', (_, text) => {
    const began = performance.now()
    expect(createQuery(text, 200_000).get('z')).toBe('')
    expect(performance.now() - began).toBeLessThan(1500)
  })
})
