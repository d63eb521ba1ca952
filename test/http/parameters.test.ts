import { describe, expect, test } from 'vitest'
import { parseMediaType, parseParameters } from '../../src/http/parameters.ts'

describe('parseParameters()', () => {
  test.each([
    ['no parameters', 'Form-Data', 'form-data', {}],
    ['a token', 'a; b=c', 'a', { b: 'c' }],
    ['a quoted value', 'a; b="c; d=e"', 'a', { b: 'c; d=e' }],
    ['quoted pairs', String.raw`a; b="\"\\"; c=d`, 'a', { b: String.raw`"\ `.trim(), c: 'd' }],
    ['names in any case', 'a; NAME=Value', 'a', { name: 'Value' }],
    ['white space and empty elements', ' a ;\t b=c ;; d="e" ; ', 'a', { b: 'c', d: 'e' }],
    ['an empty value', 'a; b=; c=""', 'a', { b: '', c: '' }],
    ['an equals sign without quotes', 'a; b=--=_1', 'a', { b: '--=_1' }],
    ['a backslash that ends a file name', 'a; b="c\\"', 'a', { b: 'c\\' }],
    ['backslashes that escape nothing', 'a; b="C:\\dir\\x"; c=d', 'a', { b: 'C:\\dir\\x', c: 'd' }],
  ])('reads %s', (_, text, value, parameters) => {
    const parsed = parseParameters(text)
    expect(parsed?.value).toBe(value)
    expect(Object.fromEntries(parsed?.parameters ?? [])).toEqual(parameters)
  })

  test.each([
    ['a parameter that stands twice', 'a; b=1; B=2'],
    ['a quote without end', 'a; b="c'],
    ['text behind a quote', 'a; b="c"d'],
    ['a name without a value', 'a; b'],
    ['a value without a name', 'a; =b'],
    ['white space around the equals sign', 'a; b = c'],
    ['two fields joined by a comma', 'a; b=c, d'],
  ])('refuses %s', (_, text) => {
    expect(parseParameters(text)).toBeNull()
  })

  test.each([
    ['backslashes', `a; b="${'\\'.repeat(100_000)}`],
    ['semicolons', `a${';'.repeat(100_000)}=`],
    ['spaces', `a; b=c${' '.repeat(100_000)}d`],
  ])('is linear in %s', (_, text) => {
    const began = performance.now()
    expect(parseParameters(text)).toBeNull()
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('parseMediaType()', () => {
  test('gives the essence in lower case and the parameters', () => {
    const mediaType = parseMediaType('Application/JSON; Charset="UTF-8"')
    expect(mediaType?.essence).toBe('application/json')
    expect(mediaType?.parameters.get('charset')).toBe('UTF-8')
  })

  test.each([
    ['nothing', ''],
    ['one word', 'json'],
    ['two types', 'application/json, text/plain'],
    ['two slashes', 'a/b/c'],
    ['a space', 'text/ plain'],
  ])('refuses %s', (_, text) => {
    expect(parseMediaType(text)).toBeNull()
  })
})
