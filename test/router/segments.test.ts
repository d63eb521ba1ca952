import { describe, expect, test } from 'vitest'
import { createRouter, createSegmentRouter, decodeParams } from '../../src/router/index.ts'
import type { Router } from '../../src/router/index.ts'

const routers: readonly [string, () => Router<string>][] = [
  ['the segment router', () => createSegmentRouter<string>()],
  ['the radix router', () => createRouter<string>({ trailingSlash: 'ignore' })],
]

function fill(router: Router<string>, routes: readonly string[]): Router<string> {
  for (const route of routes) {
    const [method = '', pattern = ''] = route.split(' ')
    router.add({ method, pattern, host: null, target: route })
  }
  return router
}

const cases: readonly (readonly [path: string, patterns: readonly string[], expected: unknown])[] = [
  ['/', ['/'], ['/', {}]],
  ['/', ['/:id'], null],
  ['/users/new', ['/users/:id', '/users/new'], ['/users/new', {}]],
  ['/users/7', ['/users/:id', '/users/new'], ['/users/:id', { id: '7' }]],
  ['/users/7/', ['/users/:id'], ['/users/:id', { id: '7' }]],
  ['/users/', ['/users/:id'], null],
  ['/users', ['/users/'], ['/users/', {}]],
  ['/users/ne', ['/users/:id', '/users/new'], ['/users/:id', { id: 'ne' }]],
  ['/a/b/c', ['/:x/b/c', '/a/:y/d'], ['/:x/b/c', { x: 'a' }]],
  ['/a/z/d', ['/:x/b/c', '/a/:y/d'], ['/a/:y/d', { y: 'z' }]],
  ['/a/b/c', ['/a/*rest', '/a/b/:c'], ['/a/b/:c', { c: 'c' }]],
  ['/a/b/c/d', ['/a/*rest', '/a/b/:c'], ['/a/*rest', { rest: 'b/c/d' }]],
  ['/a/b/', ['/a/*rest'], ['/a/*rest', { rest: 'b/' }]],
  ['/files', ['/files/*rest'], ['/files/*rest', { rest: '' }]],
  ['/files/', ['/files/*rest'], ['/files/*rest', { rest: '' }]],
  ['/files', ['/files/*rest', '/files'], ['/files', {}]],
  ['/', ['/*rest'], ['/*rest', { rest: '' }]],
  ['/x/y', ['/*rest'], ['/*rest', { rest: 'x/y' }]],
  ['/x', ['/*rest', '/:one'], ['/:one', { one: 'x' }]],
  ['/blog', ['/blog/:year?/:month?'], ['/blog/:year?/:month?', {}]],
  ['/blog/2026', ['/blog/:year?/:month?'], ['/blog/:year?/:month?', { year: '2026' }]],
  ['/blog/2026/11', ['/blog/:year?/:month?'], ['/blog/:year?/:month?', { year: '2026', month: '11' }]],
  ['/blog/2026/11/1', ['/blog/:year?/:month?'], null],
  ['/', ['/:lang?'], ['/:lang?', {}]],
  ['/caf%C3%A9', ['/café'], ['/café', {}]],
  ['/J%C3%BCrgen', ['/:name'], ['/:name', { name: 'Jürgen' }]],
  ['/a%2Fb', ['/:name'], ['/:name', { name: 'a/b' }]],
  ['/f/a%2Fb/%C3%A9', ['/f/*path'], ['/f/*path', { path: 'a%2Fb/é' }]],
  ['/:', ['/:name'], ['/:name', { name: ':' }]],
  ['/*', ['/x', '/*rest'], ['/*rest', { rest: '*' }]],
]

describe.each(routers)('%s', (_name, create) => {
  test.each(cases)('of %s in %j', (path, patterns, expected) => {
    for (const order of [patterns, patterns.toReversed()]) {
      const router = fill(
        create(),
        order.map((pattern) => `GET ${pattern}`),
      )
      const found = router.find('GET', null, path)
      const answer = found === null ? null : [found.target.slice(4), decodeParams(found.names, found.values)]
      expect(answer).toEqual(expected)
    }
  })

  test('tries the method first, then any', () => {
    const router = fill(create(), ['* /a', 'GET /a', '* /:x', 'POST /:x'])
    expect(router.find('GET', null, '/a')?.target).toBe('GET /a')
    expect(router.find('PUT', null, '/a')?.target).toBe('* /a')
    expect(router.find('POST', null, '/b')?.target).toBe('POST /:x')
  })

  test('tells the methods of a path', () => {
    const router = fill(create(), ['GET /a', 'POST /a', '* /:x', 'DELETE /b/:y', 'PUT /c'])
    expect([...new Set(router.methods(null, '/a'))].toSorted()).toEqual(['*', 'GET', 'POST'])
    expect([...new Set(router.methods(null, '/b/1'))]).toEqual(['DELETE'])
    expect([...router.methods(null, '/b/1/2')]).toEqual([])
  })

  test.each([
    ['a', 'ROUTE_PATTERN'],
    ['', 'ROUTE_PATTERN'],
    ['/a//b', 'ROUTE_PATTERN'],
    ['/a/..', 'ROUTE_PATTERN'],
    ['/:', 'ROUTE_PATTERN'],
    ['/:__proto__', 'ROUTE_PATTERN'],
    ['/:a/:a', 'ROUTE_PATTERN'],
    ['/*a/b', 'ROUTE_PATTERN'],
    ['/*a?', 'ROUTE_PATTERN'],
    ['/:a?/b', 'ROUTE_PATTERN'],
    ['/a?b', 'ROUTE_PATTERN'],
    ['/a%zz', 'ROUTE_PATTERN'],
  ])('refuses the pattern %j', (pattern, code) => {
    expect(() => create().add({ method: 'GET', pattern, host: null, target: '' })).toThrow(
      expect.objectContaining({ code }) as Error,
    )
  })

  test.each([
    ['GET /a/:x', 'GET /a/:y'],
    ['GET /a', 'GET /a/:b?'],
    ['GET /*a', 'GET /*b'],
  ])('refuses %s beside %s, and names both', (one, two) => {
    const router = fill(create(), [one])
    expect(() => fill(router, [two])).toThrow(
      expect.objectContaining({ code: 'ROUTE_CONFLICT', message: expect.stringContaining(one) }) as Error,
    )
    expect(() => fill(fill(create(), [two]), [one])).toThrow(two)
  })

  test('lists its routes, sorted', () => {
    const router = fill(create(), ['POST /b', 'GET /b', 'GET /a'])
    expect(router.routes().map((route) => route.target)).toEqual(['GET /a', 'GET /b', 'POST /b'])
  })

  test('takes time that the tree bounds, whatever the path', () => {
    const deep = Array.from({ length: 12 }, (_, index) => ['/a', `/:p${index}`])
    const patterns = new Set<string>()
    for (let seed = 0; seed < 200; seed++) {
      patterns.add(
        `GET ${deep.map(([text = '', param = ''], index) => ((seed >> (index % 8)) & 1 ? text : param)).join('')}/end`,
      )
    }
    const router = fill(create(), [...patterns])
    const started = performance.now()
    expect(router.find('GET', null, '/a'.repeat(4000))).toBeNull()
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
