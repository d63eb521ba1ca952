import { describe, expect, test } from 'vitest'
import { HttpError } from '../../src/errors/index.ts'
import type { PathPolicy } from '../../src/router/index.ts'
import { canonicalPath } from '../../src/router/index.ts'

const policy: PathPolicy = { encodedSlash: 'keep', trailingSlash: 'ignore', maxLength: 8192 }

function canonical(target: string, options: Partial<PathPolicy> = {}): string | number {
  const result = canonicalPath(target, { ...policy, ...options })
  return result instanceof HttpError ? result.status : result.path
}

/** The rows of docs/paths.md. */
const table: [target: string, expected: string | number][] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/', '/a/'],
  ['/a%62c', '/abc'],
  ['/%7Euser', '/~user'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/caf\xc3\xa9', '/caf%C3%A9'],
  ['/a"b<c>', '/a%22b%3Cc%3E'],
  ['/a^`{}|', '/a%5E%60%7B%7D|'],
  ['/a\\b', '/a/b'],
  ['/a/..\\b', '/b'],
  ['//a///b', '/a/b'],
  ['//', '/'],
  ['/a/./b', '/a/b'],
  ['/a/%2e/b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/%2E%2e/b', '/b'],
  ['/a/.%2e/b', '/b'],
  ['/../../x', '/x'],
  ['/a/..', '/'],
  ['/a/b/..', '/a/'],
  ['/a/.', '/a/'],
  ['/.well-known/x', '/.well-known/x'],
  ['/...', '/...'],
  ['/a%2Fb', '/a%2Fb'],
  ['/a%2fb', '/a%2Fb'],
  ['/a%5cb', '/a%5Cb'],
  ['/a%2e%2e%2fb', '/a..%2Fb'],
  ['/a%00', 400],
  ['/a%0d%0ab', 400],
  ['/a%1f', 400],
  ['/a%7f', 400],
  ['/a\0', 400],
  ['/a\x7f', 400],
  ['/%zz', 400],
  ['/%', 400],
  ['/%2', 400],
  ['/%c0%af', 400],
  ['/%ff', 400],
  ['/%ed%a0%80', 400],
  ['/\xff', 400],
  ['/a b', 400],
  ['/a#b', 400],
  ['/\u2603', 400],
  ['', 400],
  ['a', 400],
  ['*', 400],
  ['host:80', 400],
  [`/${'a'.repeat(8191)}`, `/${'a'.repeat(8191)}`],
  [`/${'a'.repeat(8192)}`, 414],
]

describe('canonicalPath()', () => {
  test.each(table)('makes of %j', (target, expected) => {
    expect(canonical(target)).toBe(expected)
  })

  test.each(['/a%2Fb', '/a%2fb', '/a%5Cb'])('refuses %s with encodedSlash reject', (target) => {
    expect(canonical(target, { encodedSlash: 'reject' })).toBe(400)
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
    let seed = 7
    const alphabet = ['/', '.', '%2e', '%2F', 'a', 'B', '~', '%41', '\\', '%c3%a9', '|', '"', '//', '-']
    for (let round = 0; round < 3000; round++) {
      let target = '/'
      for (let length = 0; length < 8; length++) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        target += alphabet[seed % alphabet.length]
      }
      const once = canonical(target)
      expect(typeof once === 'number' ? once : canonical(once)).toBe(once)
    }
  })

  test('agrees with a URL that was parsed before', () => {
    for (const [target, expected] of table) {
      if (typeof expected === 'number' || /[^\x21-\x7e]/.test(target) || target.startsWith('//')) continue
      expect(canonical(new URL(target, 'http://host').pathname)).toBe(expected)
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
