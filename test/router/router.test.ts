import { describe, expect, test } from 'vitest'
import type { PathPolicy } from '../../src/router/index.ts'
import { createRouter, decodeParams } from '../../src/router/index.ts'

type Slash = PathPolicy['trailingSlash']

function build(patterns: readonly string[], trailingSlash: Slash = 'ignore') {
  const router = createRouter<string>({ trailingSlash })
  for (const text of patterns) {
    const [method = '', pattern = '', host] = text.split(' ')
    router.add({ method, pattern, host: host ?? null, target: text })
  }
  return router
}

/** The route that answers GET, with its parameters; null for none. */
function find(
  patterns: readonly string[],
  path: string,
  host: string | null = null,
  slash: Slash = 'ignore',
) {
  const found = build(
    patterns.map((pattern) => `GET ${pattern}`),
    slash,
  ).find('GET', host, path)
  return found === null ? null : [found.target.slice(4), decodeParams(found.names, found.values)]
}

describe('find()', () => {
  test.each([
    ['/', ['/'], ['/', {}]],
    ['/users/new', ['/users/:id', '/users/new'], ['/users/new', {}]],
    ['/users/7', ['/users/:id', '/users/new'], ['/users/:id', { id: '7' }]],
    ['/users/newer', ['/users/:id', '/users/new'], ['/users/:id', { id: 'newer' }]],
    ['/users/ne', ['/users/:id', '/users/new'], ['/users/:id', { id: 'ne' }]],
    ['/a/b/c', ['/:x/b/c', '/a/:y/d'], ['/:x/b/c', { x: 'a' }]],
    ['/a/z/d', ['/:x/b/c', '/a/:y/d'], ['/a/:y/d', { y: 'z' }]],
    ['/a/b/c', ['/a/*rest', '/a/b/:c'], ['/a/b/:c', { c: 'c' }]],
    ['/a/b/c/d', ['/a/*rest', '/a/b/:c'], ['/a/*rest', { rest: 'b/c/d' }]],
    ['/files', ['/files/*rest'], ['/files/*rest', { rest: '' }]],
    ['/files/', ['/files/*rest'], ['/files/*rest', { rest: '' }]],
    ['/', ['/*rest'], ['/*rest', { rest: '' }]],
    ['/x/y', ['/*rest'], ['/*rest', { rest: 'x/y' }]],
    ['/en/docs', ['/:lang?/docs'], null],
    ['/blog', ['/blog/:year?/:month?'], ['/blog/:year?/:month?', {}]],
    ['/blog/2026', ['/blog/:year?/:month?'], ['/blog/:year?/:month?', { year: '2026' }]],
    ['/blog/2026/11', ['/blog/:year?/:month?'], ['/blog/:year?/:month?', { year: '2026', month: '11' }]],
    ['/blog/2026/11/1', ['/blog/:year?/:month?'], null],
    ['/', ['/:lang?'], ['/:lang?', {}]],
    ['/7', ['/:id(int)', '/:name'], ['/:id(int)', { id: '7' }]],
    ['/seven', ['/:id(int)', '/:name'], ['/:name', { name: 'seven' }]],
    ['/07', ['/:id(int)'], null],
    ['/ab', ['/:x([a-c]+)', '/:x([a-z]+)'], ['/:x([a-c]+)', { x: 'ab' }]],
    [
      '/2026-11-23',
      ['/:day(\\d{4}-(?:0\\d|1[0-2])-\\d\\d)'],
      ['/:day(\\d{4}-(?:0\\d|1[0-2])-\\d\\d)', { day: '2026-11-23' }],
    ],
    ['/caf%C3%A9', ['/café'], ['/café', {}]],
    ['/J%C3%BCrgen', ['/:name'], ['/:name', { name: 'Jürgen' }]],
    ['/a%2Fb', ['/:name'], ['/:name', { name: 'a/b' }]],
    ['/f/a%2Fb/%C3%A9', ['/f/*path'], ['/f/*path', { path: 'a%2Fb/é' }]],
    ['/%C3%BC', ['/:x(ü)'], ['/:x(ü)', { x: 'ü' }]],
  ] as const)('of %s in %j', (path, patterns, expected) => {
    if (expected === null && patterns[0]?.includes('?/docs')) {
      expect(() => find(patterns, path)).toThrow(/only optional parameters behind/)
    } else {
      expect(find(patterns, path)).toEqual(expected)
    }
  })

  test('does not give a parameter an empty segment', () => {
    expect(find(['/users/:id'], '/users/')).toBeNull()
    expect(find(['/users/:id/x'], '/users//x')).toBeNull()
  })

  test('says whether the slash at the end is as registered', () => {
    for (const [pattern, path] of [
      ['/a', '/a/'],
      ['/a/', '/a'],
      ['/:x', '/a/'],
      ['/:x/', '/a'],
    ] as const) {
      const found = build([`GET ${pattern}`]).find('GET', null, path)
      expect([found?.target, found?.exact]).toEqual([`GET ${pattern}`, false])
      expect(build([`GET ${pattern}`], 'strict').find('GET', null, path)).toBeNull()
    }
    expect(find(['/a', '/a/'], '/a/')?.[0]).toBe('/a/')
    expect(find(['/a/', '/a'], '/a')?.[0]).toBe('/a')
  })

  test('takes the method before any method', () => {
    const router = build(['* /a', 'GET /a', '* /:x'])
    expect(router.find('GET', null, '/a')?.target).toBe('GET /a')
    expect(router.find('PUT', null, '/a')?.target).toBe('* /a')
    expect(router.find('GET', null, '/b')?.target).toBe('* /:x')
  })

  test('chooses the most specific host, and falls back to any', () => {
    const routes = [
      'GET / www.example.com',
      'GET / :tenant.example.com',
      'GET / *.example.com',
      'GET /',
      'GET /only',
    ]
    const router = build(routes)
    const at = (host: string | null, path = '/'): unknown => {
      const found = router.find('GET', host, path)
      return found === null ? null : [found.target, decodeParams(found.names, found.values)]
    }
    expect(at('www.example.com')).toEqual(['GET / www.example.com', {}])
    expect(at('acme.example.com')).toEqual(['GET / :tenant.example.com', { tenant: 'acme' }])
    expect(at('a.b.example.com')).toEqual(['GET / *.example.com', {}])
    expect(at('example.com')).toEqual(['GET /', {}])
    expect(at(null)).toEqual(['GET /', {}])
    expect(at('acme.example.com', '/only')).toEqual(['GET /only', {}])
    expect(at('acme-example.com')).toEqual(['GET /', {}])
  })

  test('puts the parameters of the host before those of the path', () => {
    const found = build(['GET /u/:id :tenant.example.com']).find('GET', 'acme.example.com', '/u/7')
    expect([found?.names, found?.values]).toEqual([
      ['tenant', 'id'],
      ['acme', '7'],
    ])
  })

  test('gives the same answers whatever the order of registration', () => {
    const patterns = [
      '/',
      '/a',
      '/a/',
      '/a/:x',
      '/a/:x(int)',
      '/a/:x(hex)',
      '/a/:y/b',
      '/a/*rest',
      '/:z',
      '/:z/b',
      '/ab',
      '/abc/:d?',
      '/*all',
    ]
    const corpus = [
      '/',
      '/a',
      '/a/',
      '/a/7',
      '/a/ff',
      '/a/zz',
      '/a/7/b',
      '/a/7/c',
      '/q',
      '/q/b',
      '/ab',
      '/abc',
      '/abc/d',
      '/abcd',
      '/x/y/z',
    ]
    const answer = (order: readonly string[]): unknown[] => corpus.map((path) => find(order, path))
    const expected = answer(patterns)
    let seed = 42
    for (let round = 0; round < 300; round++) {
      const order = patterns
        .map((pattern) => {
          seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
          return [seed, pattern] as const
        })
        .toSorted(([left], [right]) => left - right)
        .map(([, pattern]) => pattern)
      expect(answer(order)).toEqual(expected)
    }
  })

  test('stays fast on hostile paths against hostile routes', () => {
    const params = Array.from({ length: 12 }, (_, depth) => `/:p${depth}`)
    const router = build([
      ...params.map((_, depth) => `GET ${params.slice(0, depth + 1).join('')}/end${depth}`),
      ...params.map((_, depth) => `GET ${'/a'.repeat(depth + 1)}/:x/stop`),
    ])
    const began = performance.now()
    for (let round = 0; round < 200; round++) router.find('GET', null, '/a'.repeat(2000))
    expect(performance.now() - began).toBeLessThan(1000)
    expect(router.find('GET', null, '/a'.repeat(10_000))).toBeNull()
  })

  test('does not mistake names of the prototype for routes or hosts', () => {
    const router = build(['GET /x', 'GET /y a.example'])
    expect(router.find('constructor', null, '/x')).toBeNull()
    expect(router.find('GET', '__proto__', '/toString')).toBeNull()
  })
})

describe('add()', () => {
  test.each([
    [['GET /users/:id', 'GET /users/:name'], /GET \/users\/:name matches the same as GET \/users\/:id/],
    [['GET /a', 'GET /a'], /GET \/a matches the same as GET \/a/],
    [['GET /a/:x?', 'GET /a'], /GET \/a matches the same as GET \/a\/:x\?/],
    [['GET /:x(int)', 'GET /:y(int)'], /matches the same/],
    [['GET /*a', 'GET /*b'], /matches the same/],
    [['GET /%61', 'GET /a'], /matches the same/],
    [
      ['GET / :a.example.com', 'GET / :b.example.com'],
      /:b\.example\.com\/ matches the same as GET :a\.example\.com\//,
    ],
  ])('refuses %j', (patterns, message) => {
    expect(() => build(patterns)).toThrow(message)
  })

  test('allows what differs somewhere', () => {
    const patterns = ['GET /:a/x', 'GET /:b/y', 'POST /:a/x', 'GET /:c(int)/x', 'GET / a.example', 'GET /']
    expect(build(patterns).routes()).toHaveLength(6)
  })

  test.each([
    'a',
    '',
    '/a:b',
    '/:',
    '/:1a',
    '/:a-b',
    '/*',
    '/*a/b',
    '/a//b',
    '/:a?/b',
    '/:a/:a',
    '/:a(',
    '/:a()',
    '/:a((x+)+)',
    '/:a([)',
    '/a?b',
    '/a#b',
    '/%zz',
    '/./a',
    '/a/..',
    `/${'a'.repeat(2100)}`,
    `/:x(${'a'.repeat(201)})`,
    '/a\\b',
  ])('refuses the pattern %j and shows it', (pattern) => {
    const router = createRouter<null>({ trailingSlash: 'ignore' })
    expect(() => router.add({ method: 'GET', pattern, host: null, target: null })).toThrow(
      /^Expected .* of the route pattern "/,
    )
  })

  test.each(['', 'a b', 'a..b', ':', ':a.:a', '*', 'a/b', 'user@a', '*.', 'a:80'])(
    'refuses the host %j',
    (host) => {
      const router = createRouter<null>({ trailingSlash: 'ignore' })
      expect(() => router.add({ method: 'GET', pattern: '/', host, target: null })).toThrow(
        /Expected a host like/,
      )
    },
  )

  test('takes international hosts in their ASCII form', () => {
    expect(build(['GET / bücher.example']).find('GET', 'xn--bcher-kva.example', '/')?.target).toBe(
      'GET / bücher.example',
    )
  })
})

describe('methods()', () => {
  test('lists those of the path, sorted', () => {
    const router = build(['POST /a', 'GET /a', 'PUT /:x', 'GET /b', 'DELETE /a h.example'])
    expect(router.methods(null, '/a')).toEqual(['GET', 'POST', 'PUT'])
    expect(router.methods('h.example', '/a')).toEqual(['DELETE', 'GET', 'POST', 'PUT'])
    expect(router.methods(null, '/none/here')).toEqual([])
  })
})
