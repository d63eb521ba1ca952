import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

function ask(app: ReturnType<typeof createApp>, target: string, init?: RequestInit): Promise<Response> {
  return Promise.resolve(app.fetch(new Request(`http://localhost${target}`, init), createTestPlatform()))
}

describe('createApp()', () => {
  test('fetch answers a static route', async () => {
    const response = await ask(
      createApp().get('/', (ctx) => ctx.text('hi')),
      '/',
    )
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/plain;charset=UTF-8',
      'hi',
    ])
  })

  test('fetch works when it is taken off the app', async () => {
    const { fetch } = createApp().get('/', () => 'free')
    expect(await (await fetch(new Request('http://localhost/'))).text()).toBe('free')
  })

  test('fetch takes env and context as a module worker gives them', async () => {
    const works: Promise<unknown>[] = []
    const app = createApp().get('/', (ctx) => {
      ctx.platform.waitUntil(Promise.resolve())
      return ctx.platform.env
    })
    const context = { waitUntil: (work: Promise<unknown>) => void works.push(work) }
    const response = await app.fetch(new Request('http://localhost/'), { MODE: 'x' }, context)
    expect(await response.json()).toEqual({ MODE: 'x' })
    expect(works).toHaveLength(1)
  })

  test('params are decoded', async () => {
    const app = createApp().get('/users/:id', (ctx) => ctx.params.id)
    expect(await (await ask(app, '/users/J%C3%BCrgen%20M')).text()).toBe('Jürgen M')
  })

  test('HEAD is answered by GET without a body', async () => {
    const response = await ask(
      createApp().get('/', (ctx) => ctx.header('x-a', '1').text('hi')),
      '/',
      { method: 'HEAD' },
    )
    expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([200, '1', ''])
  })

  test('HEAD prefers its own route, and GET over a route for any method', async () => {
    const app = createApp()
      .get('/a', (ctx) => ctx.header('x-by', 'get').text(''))
      .all('/*rest', (ctx) => ctx.header('x-by', 'all').text(''))
      .head('/b', (ctx) => ctx.header('x-by', 'head').text(''))
      .get('/b', (ctx) => ctx.header('x-by', 'get').text(''))
    expect((await ask(app, '/a', { method: 'HEAD' })).headers.get('x-by')).toBe('get')
    expect((await ask(app, '/b', { method: 'HEAD' })).headers.get('x-by')).toBe('head')
    expect((await ask(app, '/c', { method: 'HEAD' })).headers.get('x-by')).toBe('all')
  })

  test('OPTIONS is answered with Allow', async () => {
    const app = createApp()
      .get('/x', () => null)
      .post('/x', () => null)
    const response = await ask(app, '/x', { method: 'OPTIONS' })
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST'])
  })

  test('a wrong method is 405 with Allow', async () => {
    const response = await ask(
      createApp().put('/x', () => null),
      '/x',
    )
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'OPTIONS, PUT'])
    expect(await response.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' })
  })

  test('an unknown path is 404 as problem details', async () => {
    const response = await ask(createApp(), '/nowhere')
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await response.json()).toMatchObject({ title: 'Not Found', status: 404, code: 'NOT_FOUND' })
  })

  test('a malformed path is 400', async () => {
    const app = createApp().get('/*rest', () => 'never')
    const request = {
      method: 'GET',
      url: 'http://localhost/%zz',
      headers: new Headers(),
      signal: AbortSignal.timeout(1000),
    }
    const response = await app.fetch(request as unknown as Request, createTestPlatform())
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'PATH_MALFORMED' })
  })

  test('group prefixes join, and a late use still stands around the group', async () => {
    const app = createApp()
    app.group('/api', (api) => {
      api.group('/v1/', (v1) => v1.get('/', () => 'root').get('/things', () => 'things'))
      api.use(async (ctx, next) => {
        ctx.header('x-group', 'api')
        return next()
      })
    })
    app.get('/other', () => 'other')
    const response = await ask(app, '/api/v1/things')
    expect([await response.text(), response.headers.get('x-group')]).toEqual(['things', 'api'])
    expect(await (await ask(app, '/api/v1')).text()).toBe('root')
    expect((await ask(app, '/other')).headers.get('x-group')).toBeNull()
  })

  test('hosts choose routes before any host does', async () => {
    const app = createApp()
      .get('/', () => 'any')
      .host(':tenant.example.com', (host) => host.get('/', (ctx) => Reflect.get(ctx.params, 'tenant')))
    const at = (host: string): Promise<Response> =>
      Promise.resolve(app.fetch(new Request(`http://${host}/`), createTestPlatform()))
    expect(await (await at('acme.example.com:8080')).text()).toBe('acme')
    expect(await (await at('example.org')).text()).toBe('any')
  })

  test('redirects to the registered form of a path when asked to', async () => {
    const app = createApp({ paths: { trailingSlash: 'redirect' } })
      .get('/a/b', () => 'b')
      .get('/c/', () => 'c')
    const added = await ask(app, '/a/b/?x=1')
    expect([added.status, added.headers.get('location')]).toEqual([308, '../b?x=1'])
    const removed = await ask(app, '/c')
    expect([removed.status, removed.headers.get('location')]).toEqual([308, './c/'])
    expect(await (await ask(app, '/a/b')).text()).toBe('b')
  })

  test('answers OPTIONS * for the server as a whole', async () => {
    const request = { method: 'OPTIONS', url: 'http://localhost/', wireTarget: '*', headers: new Headers() }
    const response = await createApp().fetch(request as unknown as Request, createTestPlatform())
    expect(response.status).toBe(204)
  })

  test('routes may not be added after the start', async () => {
    const app = createApp()
    await app.start(createTestPlatform())
    expect(() => app.get('/', () => null)).toThrow(/before the first request/)
  })

  test('two apps in one process share nothing', async () => {
    const one = createApp().get('/', () => 'one')
    const two = createApp().get('/', () => 'two')
    expect([await (await ask(one, '/')).text(), await (await ask(two, '/')).text()]).toEqual(['one', 'two'])
  })
})

describe('mount()', () => {
  test('hands the rest of the path to a fetch handler', async () => {
    const app = createApp().mount(
      '/sub',
      async (request) =>
        new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`),
    )
    const response = await ask(app, '/sub/a/b?x=1', { method: 'POST', body: 'hello' })
    expect(await response.text()).toBe('POST /a/b hello')
    expect(await (await ask(app, '/sub')).text()).toBe('GET / ')
  })

  test('keeps the whole path when asked to', async () => {
    const app = createApp().mount('/sub', (request) => new Response(new URL(request.url).pathname), {
      stripPrefix: false,
    })
    expect(await (await ask(app, '/sub/a')).text()).toBe('/sub/a')
  })

  test('gives a mounted app the platform', async () => {
    const inner = createApp().get('/who', (ctx) => ctx.platform.peer(ctx.request))
    const response = await ask(createApp().mount('/in', inner), '/in/who')
    expect(await response.json()).toMatchObject({ address: '127.0.0.1' })
  })
})
