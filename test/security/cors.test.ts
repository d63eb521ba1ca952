import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/index.ts'
import type { CorsOptions } from '../../src/security/index.ts'
import { cors } from '../../src/security/index.ts'
import { testApp } from '../../src/testing/index.ts'

const page = 'https://app.example.com'

async function send(options: CorsOptions, method: string, path: string, headers: Record<string, string>) {
  const app = createApp()
    .use(cors(options))
    .get('/', (ctx) => ctx.header('vary', 'Accept', { append: true }).text('x'))
    .get('/boom', () => {
      throw new Error('boom')
    })
    .get('/liberal', () => new Response('x', { headers: { 'access-control-allow-origin': '*' } }))
    .post('/', () => 'x')
    .on('OPTIONS', '/own', () => 'own')
  await using tested = await testApp(app)
  return tested.fetch(path, { method, headers })
}

const allowedFor = async (options: CorsOptions, origin: string): Promise<string | null> =>
  (await send(options, 'GET', '/', { origin })).headers.get('access-control-allow-origin')

const preflight = (options: CorsOptions, headers: Record<string, string> = {}, path = '/') =>
  send(options, 'OPTIONS', path, { origin: page, 'access-control-request-method': 'POST', ...headers })

const problemsOf = (options: unknown): readonly string[] => {
  try {
    cors(options as CorsOptions)
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems
  }
  return []
}

describe('cors()', () => {
  test('allows origins that are named and no others', async () => {
    const options = { origins: [page] }
    expect(await allowedFor(options, page)).toBe(page)
    expect(await allowedFor(options, 'https://evil.example')).toBe(null)
    expect(await allowedFor(options, 'https://app.example.com.evil.net')).toBe(null)
    expect(await allowedFor(options, 'http://app.example.com')).toBe(null)
    expect(await allowedFor(options, 'https://app.example.com:444')).toBe(null)
    expect(await allowedFor(options, `${page}/`)).toBe(null)
    expect(await allowedFor(options, 'null')).toBe(null)
  })

  test('allows hosts below a pattern, not the host itself and nothing that only looks like it', async () => {
    const options = { origins: ['https://*.example.com', 'http://localhost:*'] }
    expect(await allowedFor(options, 'https://a.example.com')).toBe('https://a.example.com')
    expect(await allowedFor(options, 'https://a.b.example.com')).toBe('https://a.b.example.com')
    expect(await allowedFor(options, 'http://localhost:5173')).toBe('http://localhost:5173')
    expect(await allowedFor(options, 'http://localhost')).toBe('http://localhost')
    for (const origin of [
      'https://example.com',
      'https://evilexample.com',
      'https://axexample.com',
      'https://a.examplexcom',
      'https://a.example.com.evil.net',
      'https://evil.net#.example.com',
      'https://evil.net/.example.com',
      'https://evil.net?.example.com',
      'https://user@a.example.com',
      'http://a.example.com',
      'http://localhost.evil.net:80',
      'http://localhost:80@evil.net',
    ])
      expect([origin, await allowedFor(options, origin)]).toEqual([origin, null])
  })

  test('asks a function, and takes nothing but true for yes', async () => {
    const asked: string[] = []
    const origins = (origin: string): boolean => {
      asked.push(origin)
      return origin === page
    }
    expect(await allowedFor({ origins }, page)).toBe(page)
    expect(await allowedFor({ origins }, 'https://evil.example')).toBe(null)
    expect(await allowedFor({ origins }, 'null')).toBe(null)
    expect(await allowedFor({ origins }, 'not an origin')).toBe(null)
    expect(asked).toEqual([page, 'https://evil.example'])
    const vague = (async () => 'yes') as unknown as () => Promise<boolean>
    expect(await allowedFor({ origins: vague }, page)).toBe(null)
    for (const answer of ['yes', 1, {}, null, undefined]) {
      const origins = (() => answer) as unknown as () => boolean
      expect(await allowedFor({ origins }, page)).toBe(null)
    }
    expect(await allowedFor({ origins: async () => true }, page)).toBe(page)
  })

  test('varies by origin wherever the answer depends on it, also without one', async () => {
    const vary = async (options: CorsOptions, headers: Record<string, string>) =>
      (await send(options, 'GET', '/', headers)).headers.get('vary')
    expect(await vary({ origins: [page] }, {})).toBe('Origin, Accept')
    expect(await vary({ origins: [page] }, { origin: page })).toBe('Origin, Accept')
    expect(await vary({ origins: [page] }, { origin: 'https://evil.example' })).toBe('Origin, Accept')
    expect(await vary({ origins: '*' }, { origin: page })).toBe('Accept')
  })

  test('names everybody as everybody, without credentials', async () => {
    const { headers } = await send({ origins: '*' }, 'GET', '/', { origin: page })
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.has('access-control-allow-credentials')).toBe(false)
  })

  test('sends credentials and exposed fields to an allowed origin alone', async () => {
    const options = { origins: [page], credentials: true, exposeHeaders: ['x-total', 'etag'] }
    const allowed = await send(options, 'GET', '/', { origin: page })
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true')
    expect(allowed.headers.get('access-control-expose-headers')).toBe('x-total, etag')
    const refused = await send(options, 'GET', '/', { origin: 'https://evil.example' })
    expect([...refused.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test.each(['/boom', '/nothing-here'])('lets an allowed page read the error of %s', async (path) => {
    const response = await send({ origins: [page] }, 'GET', path, { origin: page })
    expect(response.status).toBeGreaterThanOrEqual(404)
    expect(response.headers.get('access-control-allow-origin')).toBe(page)
    expect(response.headers.get('vary')).toBe('Origin')
  })

  test('overrides what a handler allows', async () => {
    const { headers } = await send({ origins: [page] }, 'GET', '/liberal', { origin: page })
    expect(headers.get('access-control-allow-origin')).toBe(page)
  })

  test('takes the origin null only if it is told to', async () => {
    expect(await allowedFor({ origins: [page], allowNullOrigin: true }, 'null')).toBe('null')
  })
})

describe('a preflight', () => {
  test.each(['/', '/own', '/boom', '/nothing-here'])('of %s is answered', async (path) => {
    const response = await preflight({ origins: [page], allowHeaders: ['content-type', 'x-a'] }, {}, path)
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-headers': 'content-type, x-a',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-origin': page,
      'access-control-max-age': '600',
      vary: 'Origin',
    })
  })

  test('of an origin that is not allowed gets nothing', async () => {
    const response = await preflight(
      { origins: [page], credentials: true },
      { origin: 'https://evil.example' },
    )
    expect([response.status, Object.fromEntries(response.headers)]).toEqual([204, { vary: 'Origin' }])
  })

  test('gets what it asks for if that is allowed, unless it is no list of names', async () => {
    const options: CorsOptions = { origins: [page], allowHeaders: 'requested' }
    const allowed = async (names: string) =>
      (await preflight(options, { 'access-control-request-headers': names })).headers
    expect((await allowed('X-A, x-b')).get('access-control-allow-headers')).toBe('x-a, x-b')
    expect((await allowed('x-a')).get('vary')).toBe('Origin, Access-Control-Request-Headers')
    for (const names of ['x a', 'x-a,,x-b', 'a:b', `x-${'a'.repeat(3000)}`])
      expect((await allowed(names)).has('access-control-allow-headers')).toBe(false)
  })

  test('reaches into a private network only if that is allowed', async () => {
    const header = 'access-control-allow-private-network'
    const ask = { 'access-control-request-private-network': 'true' }
    expect((await preflight({ origins: [page] }, ask)).headers.has(header)).toBe(false)
    expect((await preflight({ origins: [page], privateNetwork: true }, ask)).headers.get(header)).toBe('true')
    expect((await preflight({ origins: [page], privateNetwork: true })).headers.has(header)).toBe(false)
  })

  test('that is none, a plain OPTIONS, goes to the app', async () => {
    const response = await send({ origins: [page] }, 'OPTIONS', '/', { origin: page })
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST')
    expect(response.headers.get('access-control-allow-origin')).toBe(page)
  })
})

describe('the options of cors()', () => {
  test('refuse credentials for everybody', () => {
    expect(problemsOf({ origins: '*', credentials: true })[0]).toContain('name the origins')
    expect(problemsOf({ origins: [page], allowNullOrigin: true, credentials: true })[0]).toContain(
      'allowNullOrigin',
    )
  })

  test.each([
    'https://*',
    '*',
    'https://*.com',
    'https://a.*.example.com',
    'https://*example.com',
    'https://app.example.com/',
    'https://app.example.com:443',
    'HTTPS://app.example.com',
    'app.example.com',
    'null',
    'https://a.example\r\nx: y',
  ])('refuse the origin %j', (origin) => {
    expect(problemsOf({ origins: [origin] })).toHaveLength(1)
  })

  test('tell all mistakes at once', () => {
    const problems = problemsOf({
      origins: ['x', 3],
      credentials: 'yes',
      methods: ['GET', 'A B'],
      allowHeaders: ['*'],
      exposeHeaders: ['a\r\nb'],
      maxAgeSeconds: 86_401,
      origin: page,
    })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'origin',
      'credentials',
      'allowHeaders',
      'origins',
      'origins',
      'methods',
      'exposeHeaders',
      'maxAgeSeconds',
    ])
  })
})
