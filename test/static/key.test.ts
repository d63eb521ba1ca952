import { describe, expect, test } from 'vitest'
import { createKernel } from '../../src/app/index.ts'
import type { Context } from '../../src/context/index.ts'
import { requestedKey } from '../../src/static/key.ts'

/** What the two members of a context that matter here are for one path. */
function ask(path: string, value: string | undefined): ReturnType<typeof requestedKey> {
  const partial: Pick<Context, 'path' | 'params' | 'route'> = { path, params: value === undefined ? {} : { path: value }, route: null }
  return requestedKey(partial as Context, 'path')
}

describe('requestedKey()', () => {
  test.each([
    ['a file', '/s/a.txt', 'a.txt', 'a.txt', false],
    ['a file in a folder', '/s/a/b.txt', 'a/b.txt', 'a/b.txt', false],
    ['a folder', '/s/a/', 'a/', 'a', true],
    ['a folder whose slash the router left out', '/s/a/', 'a', 'a', true],
    ['the root', '/s/', '', '', true],
    ['the root without a slash', '/s', '', '', false],
    ['letters beyond ASCII', '/s/%C3%A9/%F0%9F%8E%B8.txt', 'é/🎸.txt', 'é/🎸.txt', false],
    ['a folder beyond ASCII', '/s/%C3%A9/', 'é/', 'é', true],
    ['a folder beyond ASCII whose slash the router left out', '/s/%C3%A9/', 'é', 'é', true],
    ['a prefix that looks like the rest', '/a%20b/a%20b', 'a b', 'a b', false],
    ['a percent sign', '/s/100%25', '100%', '100%', false],
    ['an encoded percent sign before hex digits', '/s/%252e%252e/a', '%2e%2e/a', '%2e%2e/a', false],
  ])('names %s', (_name, path, value, key, isFolder) => {
    expect(ask(path, value)).toEqual({ key, isFolder })
  })

  test.each([
    ['a slash that came encoded', '/s/a%2Fb', 'a/b'],
    ['a slash that came encoded in small letters', '/s/a%2fb', 'a/b'],
    ['a slash that came encoded at the end', '/s/a%2F', 'a/'],
    ['folders above that came encoded', '/s/..%2F..%2Fetc%2Fpasswd', '../../etc/passwd'],
    ['a backslash that came encoded', '/s/a%5Cb', 'a\\b'],
    ['a value that is no end of the path', '/s/%41', 'xyz'],
    ['a path that is not UTF-8', '/s/%FF', '\ufffd'],
  ])('names nothing for %s', (_name, path, value) => {
    expect(ask(path, value)).toBeNull()
  })

  test('throws OPTIONS_INVALID on a route without the parameter', async () => {
    let thrown: unknown
    const app = createKernel().get('/x', (ctx) => {
      try {
        requestedKey(ctx, 'path')
      } catch (error) {
        thrown = error
      }
      return null
    })
    await app.fetch(new Request('http://localhost/x'))
    expect(thrown).toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
