import { describe, expect, test } from 'vitest'
import { parseJson } from '../../src/http/json.ts'

const maxDepth = 64

function nested(depth: number, open = '[', close = ']'): string {
  return open.repeat(depth) + close.repeat(depth)
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('parseJson()', () => {
  test.each([
    ['an object', '{"a":[1,2.5,"ü",true,null]}', { a: [1, 2.5, 'ü', true, null] }],
    ['a number', ' 1 ', 1],
    ['null', 'null', null],
    ['a text that looks like brackets', `["${'['.repeat(200)}"]`, ['['.repeat(200)]],
    ['escaped quotes before brackets', `["\\"${'{'.repeat(200)}\\\\"]`, [`"${'{'.repeat(200)}\\`]],
    ['many objects beside each other', `[${'{},'.repeat(200)}{}]`, Array.from({ length: 201 }, () => ({}))],
    ['escapes that hide nothing', '{"\\u00fc":"\\u005f\\u005fproto"}', { ü: '__proto' }],
    ['__proto__ as a value', '["__proto__"]', ['__proto__']],
    ['prototype as a key', '{"prototype":1}', { prototype: 1 }],
    ['constructor as a key', '{"constructor":{"name":"x"}}', { constructor: { name: 'x' } }],
    ['constructor.prototype as a text', '{"constructor":"prototype"}', { constructor: 'prototype' }],
  ])('reads %s', (_, text, value) => {
    expect(parseJson(text, maxDepth)).toEqual(value)
  })

  test.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['a word', 'undefined'],
    ['an open object', '{"a":1'],
    ['a trailing comma', '[1,]'],
    ['a comment', '[1] // one'],
    ['two values', '1 2'],
    ['a control character in a string', '"\u0001"'],
    ['a string without end', '"[[[['],
  ])('refuses %s with 400', (_, text) => {
    expect(() => parseJson(text, maxDepth)).toThrow(
      expect.objectContaining({ code: 'BODY_MALFORMED', status: 400 }),
    )
  })

  test('tells where an error is and nothing of the text', () => {
    const text = `{"password":"hunter2hunter2" "token":"${'s'.repeat(2000)}"}`
    const error = thrownBy(() => parseJson(text, maxDepth))
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/^Expected well-formed JSON, got an error at position \d+$/),
    )
    expect(error).not.toHaveProperty('cause')
  })

  test.each([
    ['arrays', nested(maxDepth), nested(maxDepth + 1)],
    ['objects', nested(maxDepth, '{"a":', '}').replace('}', '1}'), nested(maxDepth + 1, '{"a":', '}')],
  ])('takes %s as deep as the limit and refuses deeper ones', (_, deep, deeper) => {
    expect(parseJson(deep, maxDepth)).toBeTypeOf('object')
    expect(() => parseJson(deeper, maxDepth)).toThrow(`Expected JSON nested at most ${maxDepth} deep`)
  })

  test('counts depth and not brackets', () => {
    const text = `[${`${nested(maxDepth - 1)},`.repeat(50)}1]`
    expect(parseJson(text, maxDepth)).toHaveLength(51)
  })

  test.each([
    ['closed', nested(100_000)],
    ['left open', '['.repeat(100_000)],
    ['of objects', '{"a":'.repeat(100_000)],
  ])('refuses a depth of 100,000, %s', (_, text) => {
    expect(() => parseJson(text, maxDepth)).toThrow(expect.objectContaining({ code: 'BODY_MALFORMED' }))
  })

  test('looks for poison at the largest depth without exhausting the stack', () => {
    const text = `${'['.repeat(9_998)}{"__proto__":1}${']'.repeat(9_998)}`
    expect(() => parseJson(text, 10_000)).toThrow('Expected JSON without the keys __proto__')
  })

  test('leaves Object.prototype alone', () => {
    expect(() => parseJson('{"__proto__":{"polluted":true}}', maxDepth)).toThrow(/__proto__/)
    expect('polluted' in {}).toBe(false)
  })

  test.each([
    ['at the top', '{"__proto__":1}'],
    ['in an array', '[[{"a":{"__proto__":null}}]]'],
    ['escaped in part', '{"\\u005f_proto__":1}'],
    ['escaped with capitals', '{"_\\u005Fproto__":1}'],
    ['with one letter escaped', '{"__pr\\u006fto__":1}'],
    ['escaped all through', '{"\\u005f\\u005f\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f":1}'],
    ['constructor.prototype', '{"constructor":{"prototype":{}}}'],
    ['constructor.prototype, escaped', '{"\\u0063onstructor":{"\\u0070rototype":{}}}'],
  ])('refuses a key that reaches a prototype: %s', (_, text) => {
    expect(() => parseJson(text, maxDepth)).toThrow(
      expect.objectContaining({ code: 'BODY_MALFORMED', status: 400 }),
    )
  })

  test('does not take brackets and quotes within strings for depth', () => {
    const texts = ['[[[{{{'.repeat(1000), '\\', '\\"[', '"'.repeat(99), '\\\\', ']}]}', '\u2028[']
    for (const text of texts) expect(parseJson(JSON.stringify([text, [text]]), 2)).toEqual([text, [text]])
  })

  test('costs little more than the parser itself for 4 MB that are in order', () => {
    const row = {
      id: 1,
      name: 'naïve "quoted" \\ text',
      tags: ['a', 'b'],
      at: '2026-01-01T00:00:00Z',
      escaped: '\u0001',
    }
    const text = JSON.stringify(Array.from({ length: 40_000 }, () => row))
    const began = performance.now()
    JSON.parse(text)
    const parsed = performance.now()
    expect(parseJson(text, maxDepth)).toHaveLength(40_000)
    expect(performance.now() - parsed).toBeLessThan((parsed - began) * 20 + 200)
  })

  test('is linear in a string of escapes', () => {
    const text = `["${'\\\\'.repeat(500_000)}${'\\"'.repeat(500_000)}"${',[]'.repeat(100)}]`
    const began = performance.now()
    expect(parseJson(text, maxDepth)).toHaveLength(101)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
