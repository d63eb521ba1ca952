import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { HttpError } from '../../src/errors/index.ts'
import type { PathPolicy } from '../../src/router/index.ts'
import { canonicalPath } from '../../src/router/index.ts'

const policy: PathPolicy = { encodedSlash: 'keep', trailingSlash: 'ignore', maxLength: 8192 }

function canonical(target: string, options: Partial<PathPolicy> = {}): string | number {
  const result = canonicalPath(target, { ...policy, ...options })
  return result instanceof HttpError ? result.status : result.path
}

/** The rows of the table in docs/paths.md, one for each target. */
const documented = readFileSync('docs/paths.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| `[^|]+\| (?:`[^|]+`|4\d\d) \|/.test(line))
  .flatMap((line): [target: string, expected: string | number][] => {
    const [, targets = '', result = ''] = line.split('|')
    const expected = result.includes('`') ? result.trim().slice(1, -1) : Number(result)
    return [...targets.matchAll(/`([^`]+)`/g)].map(([, target = '']) => [fromEscapes(target), expected])
  })

/** `\xC3` is one raw byte. */
function fromEscapes(text: string): string {
  return text.replaceAll(/\\x([\dA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

const more: [target: string, expected: string | number][] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/', '/a/'],
  ['/%7Euser', '/~user'],
  ['/a^`{}|', '/a%5E%60%7B%7D|'],
  ['/a/..\\b', '/b'],
  ['/a/.%2e/b', '/b'],
  ['/.well-known/x', '/.well-known/x'],
  ['/...', '/...'],
  ['/a..b/.c', '/a..b/.c'],
  ['/a%2e%2e%2fb', '/a..%2Fb'],
  ['/%252e%252e/b', '/%252e%252e/b'],
  ["/a!$&'()*+,;=:@-._~[]|", "/a!$&'()*+,;=:@-._~[]|"],
  ['/%F0%9F%A6%80', '/%F0%9F%A6%80'],
  ['/%21%24', '/%21%24'],
  ['/a%0d%0ab', 400],
  ['/a%1f', 400],
  ['/a\tb', 400],
  ['/%f4%90%80%80', 400],
  ['/%c3', 400],
  ['/%c3/%a9', 400],
  ['/\u{1f980}', 400],
  ['', 400],
  ['?a', 400],
  ['\\a', 400],
  [`/${'a'.repeat(8191)}`, `/${'a'.repeat(8191)}`],
  [`/${'a'.repeat(8192)}`, 414],
]

describe('canonicalPath()', () => {
  test('has its table in the documentation', () => {
    expect(documented.length).toBeGreaterThan(35)
  })

  test.each([...documented, ...more])('makes of %j', (target, expected) => {
    expect(canonical(target)).toBe(expected)
  })

  test.each(['/a%2Fb', '/a%2fb', '/a%5Cb', '/%2F'])('refuses %s with encodedSlash reject', (target) => {
    expect(canonical(target, { encodedSlash: 'reject' })).toBe(400)
  })

  test('says which error it is', () => {
    expect(canonicalPath('/%zz', policy)).toMatchObject({ code: 'PATH_MALFORMED', status: 400 })
    expect(canonicalPath('/abc', { ...policy, maxLength: 3 })).toMatchObject({
      code: 'URI_TOO_LONG',
      status: 414,
    })
  })

  test('leaves the query as it came', () => {
    expect(canonicalPath('/a%62?x=%zz&y=/../#', policy)).toEqual({ path: '/ab', query: 'x=%zz&y=/../#' })
    expect(canonicalPath('/a?', policy)).toEqual({ path: '/a', query: '' })
    expect(canonicalPath('/a?b?c', policy)).toEqual({ path: '/a', query: 'b?c' })
  })

  test('counts the length before the query', () => {
    expect(canonical(`/a?${'x'.repeat(9000)}`)).toBe('/a')
  })

  test('of its own result is that result', () => {
    const random = createRandom(7)
    const alphabet = [
      '/',
      '.',
      '%2e',
      '%2F',
      'a',
      'B',
      '~',
      '%41',
      '\\',
      '%c3%a9',
      '|',
      '"',
      '//',
      '-',
      '\xc3\xa9',
    ]
    for (let round = 0; round < 3000; round++) {
      let target = '/'
      for (let length = 0; length < 8; length++) target += alphabet[random(alphabet.length)]
      const once = canonical(target)
      expect(typeof once === 'number' ? once : canonical(once)).toBe(once)
    }
  })

  test('agrees with a URL that was parsed before, for random targets', () => {
    const random = createRandom(11)
    const alphabet = [
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      'a',
      '%41',
      '\\',
      '%c3%a9',
      '|',
      '"',
      '^',
      '{',
      "'",
      '~',
      '%7e',
    ]
    for (let round = 0; round < 3000; round++) {
      let target = '/a'
      for (let length = 0; length < 8; length++) target += alphabet[random(alphabet.length)]
      expect(canonical(new URL(`http://host${target}`).pathname)).toBe(canonical(target))
    }
  })

  test('agrees with a URL that was parsed before, for the documented targets', () => {
    for (const [target, expected] of documented) {
      if (typeof expected === 'number' || /[^\x21-\x7e]/.test(target)) continue
      expect(canonical(new URL(`http://host${target}`).pathname)).toBe(expected)
    }
  })

  test('takes linear time on hostile input', () => {
    const began = performance.now()
    canonical(`/${'%2e/'.repeat(16_000)}`, { maxLength: 65_536 })
    canonical(`/${'../a/'.repeat(13_000)}`, { maxLength: 65_536 })
    canonical(`/${'%'.repeat(65_000)}`, { maxLength: 65_536 })
    expect(performance.now() - began).toBeLessThan(500)
  })
})

/** Whole numbers below a bound, the same ones in every run. */
function createRandom(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(state / 65_536) % bound
  }
}
