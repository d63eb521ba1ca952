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

/** A pattern of so many parameters. */
function names(prefix: string, count: number): string {
  return Array.from({ length: count }, (_, index) => `${prefix}p${index}`).join('')
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

  test('overlooks a slash at the end of static text behind a parameter', () => {
    expect(find(['/u/:id/edit/'], '/u/7/edit')).toEqual(['/u/:id/edit/', { id: '7' }])
    expect(find(['/u/:id/edit'], '/u/7/edit/')).toEqual(['/u/:id/edit', { id: '7' }])
    expect(find(['/u/:id/edit/', '/u/:id/editor'], '/u/7/edit')?.[0]).toBe('/u/:id/edit/')
    expect(find(['/u/:id/edit/'], '/u/7/edi')).toBeNull()
  })

  test('takes the form with a slash more before an empty rest, with and without parameters', () => {
    expect(find(['/f', '/f/*rest'], '/f/')).toEqual(['/f', {}])
    expect(find(['/u/:id', '/u/:id/*rest'], '/u/7/')).toEqual(['/u/:id', { id: '7' }])
    expect(find(['/u/:id', '/u/:id/*rest'], '/u/7/', null, 'strict')?.[0]).toBe('/u/:id/*rest')
    expect(find(['/f/', '/f/*rest'], '/f')?.[0]).toBe('/f/')
  })

  test('answers a folder for its rest parameter, unless strict', () => {
    expect(find(['/f/*rest'], '/f', null, 'strict')).toBeNull()
    expect(find(['/:a/*rest'], '/x')).toEqual(['/:a/*rest', { a: 'x', rest: '' }])
    expect(find(['/:a/*rest', '/:b'], '/x')?.[0]).toBe('/:b')
    expect(build(['GET /f/*rest']).find('GET', null, '/f')?.exact).toBe(false)
    expect(build(['GET /f/*rest']).find('GET', null, '/f/')?.exact).toBe(true)
  })

  test('never calls the root inexact', () => {
    for (const pattern of ['/', '/*rest', '/:x?'])
      expect(build([`GET ${pattern}`], 'redirect').find('GET', null, '/')?.exact).toBe(true)
  })

  test('makes the match of a route without parameters once', () => {
    const router = build(['GET /a/b', 'GET /c/:x'])
    expect(router.find('GET', null, '/a/b')).toBe(router.find('GET', null, '/a/b'))
    expect(Object.isFrozen(router.find('GET', null, '/a/b'))).toBe(true)
    expect(router.find('GET', null, '/c/1')).not.toBe(router.find('GET', null, '/c/1'))
  })

  test('leaves what leads nowhere for the next in order', () => {
    const routes = ['/a/:x(int)/b', '/a/:x/c', '/a/*rest', '/:y/1/d', '/*all']
    expect(find(routes, '/a/1/b')?.[0]).toBe('/a/:x(int)/b')
    expect(find(routes, '/a/1/c')).toEqual(['/a/:x/c', { x: '1' }])
    expect(find(routes, '/a/1/d')).toEqual(['/a/*rest', { rest: '1/d' }])
    expect(find(routes, '/b/1/d')).toEqual(['/:y/1/d', { y: 'b' }])
    expect(find(routes, '/b/1/e')).toEqual(['/*all', { all: 'b/1/e' }])
  })

  test('keeps the values of one answer when it makes the next', () => {
    const router = build(['GET /:a/:b/*c'])
    const first = router.find('GET', null, '/1/2/3')
    router.find('GET', null, '/4/5/6')
    expect(first?.values).toEqual(['1', '2', '3'])
  })

  test('tries constraints from most to least specific, then by their text', () => {
    const types = ['uuid', 'date', 'int', 'hex', 'alpha', 'alnum', 'slug', '[a-z_]+', '[a-z~]+']
    const routes = types.map((type) => `/:x(${type})`).toReversed()
    const values = [
      '00000000-0000-0000-0000-000000000000',
      '2026-01-31',
      '12',
      '1f',
      'Zz',
      'Zz9',
      'zz-9',
      'z_z',
      'z~z',
    ]
    expect(values.map((value) => find(routes, `/${value}`)?.[0])).toEqual(types.map((type) => `/:x(${type})`))
  })

  test('does not let host patterns of one shape shadow each other', () => {
    for (const routes of [
      ['GET /x/:p :a.example', 'GET /x/y :b.example'],
      ['GET /x/y :b.example', 'GET /x/:p :a.example'],
    ]) {
      const router = build(routes)
      expect(router.find('GET', 'h.example', '/x/y')).toMatchObject({ names: ['b'], values: ['h'] })
      expect(router.find('GET', 'h.example', '/x/z')).toMatchObject({ names: ['a', 'p'], values: ['h', 'z'] })
    }
  })

  test('gives the same answers whatever the order of registration', () => {
    const routes = [
      'GET /',
      'GET /a',
      'GET /a/',
      'GET /a/:x',
      'GET /a/:x(int)',
      'GET /a/:x(hex)',
      'GET /a/:x([b-y]+)',
      'GET /a/:y/b',
      'GET /a/:y/b/*deep',
      'GET /a/*rest',
      'GET /:z',
      'GET /:z/b',
      'GET /:z/:q/c/',
      'GET /ab',
      'GET /abc/:d?/:e?',
      'GET /f/*files',
      'GET /f/',
      'GET /*all',
      '* /a/:x',
      '* /ab/cd',
      'POST /a',
      'GET /a/:h :h.example',
      'GET /a/b :other.example',
      'GET /:p *.example',
      '* /*any www.example',
    ]
    const paths = [
      '/',
      '/a',
      '/a/',
      '/a/7',
      '/a/7/',
      '/a/ff',
      '/a/qq',
      '/a/zz',
      '/a/7/b',
      '/a/7/b/',
      '/a/7/c',
      '/q',
    ]
    paths.push(
      '/q/b',
      '/q/r/c',
      '/ab',
      '/ab/',
      '/abc',
      '/abc/d',
      '/abc/d/e',
      '/abcd',
      '/x/y/z',
      '/f',
      '/f/',
      '/f/g',
    )
    const corpus = ['GET', 'POST', 'PUT'].flatMap((method) =>
      [null, 'h.example', 'www.example', 'a.b.example'].flatMap((host) =>
        paths.map((path) => [method, host, path] as const),
      ),
    )
    const answers = (order: readonly string[]): string => {
      const router = build(order)
      return JSON.stringify(
        corpus.map((request) => [router.find(...request), router.methods(request[1], request[2])]),
      )
    }
    const expected = answers(routes)
    let seed = 42
    const order = [...routes]
    for (let round = 0; round < 1000; round++) {
      for (let index = order.length - 1; index > 0; index--) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        const other = Math.floor(seed / 65_536) % (index + 1)
        ;[order[index], order[other]] = [order[other] ?? '', order[index] ?? '']
      }
      if (answers(order) !== expected) expect(order).toEqual([])
    }
    expect(order.toSorted()).toEqual(routes.toSorted())
  })

  test('stays fast on hostile paths against hostile routes', () => {
    // At each of six segments static text, a constraint and a parameter lead on, and none to the end.
    let patterns = ['']
    for (let depth = 0; depth < 6; depth++) {
      patterns = patterns.flatMap((start) => [
        `${start}/a`,
        `${start}/:p${depth}([a-z]+)`,
        `${start}/:p${depth}`,
      ])
    }
    const router = build(patterns.map((pattern) => `GET ${pattern}/end`))
    const long = '/a'.repeat(10_000)
    const began = performance.now()
    for (let round = 0; round < 100; round++) {
      expect(router.find('GET', null, long)).toBeNull()
      expect(router.find('GET', null, '/a'.repeat(20))).toBeNull()
      expect(router.find('GET', null, `/${'a'.repeat(65_000)}`)).toBeNull()
    }
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test('does not overflow with as many segments and parameters as a pattern may have', () => {
    const most = names('/:', 350)
    const router = build([`GET ${most}`, `GET ${'/s'.repeat(1000)}`])
    expect(router.find('GET', null, '/v'.repeat(350))?.values).toHaveLength(350)
    expect(router.find('GET', null, '/s'.repeat(1000))?.target).toContain('/s/s')
    expect(router.find('GET', null, '/v'.repeat(10_000))).toBeNull()
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

  test('refuses nothing half: a route in conflict leaves no trace', () => {
    const router = build(['GET /a/:x'])
    expect(() => router.add({ method: 'GET', pattern: '/a/:y?', host: null, target: 'late' })).toThrow(
      /same as/,
    )
    expect(router.find('GET', null, '/a')).toBeNull()
    expect(router.routes()).toHaveLength(1)
  })

  test('names the place of a mistake', () => {
    expect(() => build(['GET /users/:id/a:b'])).toThrow(
      /at character 10 of the route pattern "\/users\/:id\/a:b"$/,
    )
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
    '/:x(a)|(b)',
    '/:x(a)y/:z(b)',
    '/:x((a)',
    '/:x(int)?/*rest',
    '/:__proto__',
    '/*__proto__',
    '/:a?/:b?/:c?/:d?/:e?/:f?/:g?/:h?/:i?',
    '/a\u0000',
    '/a\ud800',
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
