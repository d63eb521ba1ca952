import { createApp, HttpError, stateKey } from 'rockstar-web/core'
import type { Middleware, Context } from 'rockstar-web/core'
import { describe, expect, test } from 'vitest'
import { createTestPlatform } from '../../src/testing/index.ts'

const get = (path: string, init?: RequestInit): Request => new Request(`http://localhost${path}`, init)

describe('an app of rockstar-web/core', () => {
  test('is a fetch handler that answers with values and responses', async () => {
    const app = createApp()
      .get('/', (ctx) => ctx.text('hi'))
      .get('/users/:id', (ctx) => ({ id: ctx.params.id, q: ctx.search }))
      .post('/late', async () => 'late')
      .get('/list', () => [1, 2])
      .get('/none', () => null)
      .get('/html', (ctx) => ctx.html('<p>'))
      .get('/native', () => new Response('own', { status: 201 }))
    const { fetch } = app
    expect(await (await fetch(get('/'))).text()).toBe('hi')
    expect(await (await fetch(get('/users/a%20b?x=1'))).json()).toEqual({ id: 'a b', q: 'x=1' })
    expect(await (await fetch(get('/late', { method: 'POST' }))).text()).toBe('late')
    expect(await (await fetch(get('/list'))).json()).toEqual([1, 2])
    expect((await fetch(get('/none'))).status).toBe(204)
    expect((await fetch(get('/html'))).headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect((await fetch(get('/native'))).status).toBe(201)
  })

  test('answers HEAD, OPTIONS, 404 and 405 by itself', async () => {
    const { fetch } = createApp()
      .get('/a', (ctx) => ctx.text('body'))
      .put('/a', () => null)
    const head = await fetch(get('/a', { method: 'HEAD' }))
    expect([head.status, await head.text()]).toEqual([200, ''])
    const options = await fetch(get('/a', { method: 'OPTIONS' }))
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, PUT'])
    const wrong = await fetch(get('/a', { method: 'DELETE' }))
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, PUT'])
    const none = await fetch(get('/b'))
    expect(none.status).toBe(404)
    expect(none.headers.get('content-type')).toBe('application/problem+json')
    expect(await none.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  test('compares canonical paths only', async () => {
    const { fetch } = createApp().get('/admin', () => 'in')
    for (const path of ['/%61dmin', '//admin', '/x/../admin', '/admin/'])
      expect((await fetch(get(path))).status).toBe(200)
    expect((await fetch(get('/%00admin'))).status).toBe(400)
    expect((await fetch(get(`/${'a'.repeat(9000)}`))).status).toBe(414)
  })

  test('has groups, middleware in order, and services', async () => {
    const order: string[] = []
    const note =
      (name: string): Middleware<Context> =>
      (ctx, next) => {
        order.push(name)
        ctx.header(`x-${name}`, '1')
        return next()
      }
    const user = stateKey<string>('user')
    const app = createApp({ services: { clock: () => ({ now: 7 }) } })
      .use(note('app'))
      .group('/api', (api) =>
        api
          .use(note('api'))
          .use((ctx, next) => {
            ctx.set(user, 'Ada')
            return next()
          })
          .get('/who', (ctx) => `${ctx.get(user)} ${ctx.clock.now}`),
      )
    const response = await app.fetch(get('/api/who'))
    expect([await response.text(), order]).toEqual(['Ada 7', ['app', 'api']])
    expect(response.headers.get('x-api')).toBe('1')
    expect((await app.fetch(get('/none'))).headers.get('x-app')).toBe('1')
    expect(app.routes().map(({ pattern }) => pattern)).toEqual(['/api/who'])
  })

  test('makes problem details of what is thrown, and tells only what is meant for the client', async () => {
    const platform = createTestPlatform()
    const app = createApp()
      .get('/known', () => {
        throw new HttpError(409, 'BAD_REQUEST', 'Taken')
      })
      .get('/secret', async () => {
        throw new Error('secret')
      })
      .get('/nothing', () => undefined as never)
      .get('/bytes', () => new Uint8Array(3))
      .use(() => undefined as never)
    const bare = createApp()
      .get('/known', () => {
        throw new HttpError(409, 'BAD_REQUEST', 'Taken')
      })
      .get('/secret', async () => {
        throw new Error('secret')
      })
      .get('/nothing', () => undefined as never)
      .get('/bytes', () => new Uint8Array(3))
    expect(await (await bare.fetch(get('/known'), platform)).json()).toMatchObject({
      status: 409,
      detail: 'Taken',
    })
    const secret = await bare.fetch(get('/secret'), platform)
    expect([secret.status, (await secret.text()).includes('secret')]).toEqual([500, false])
    expect((await bare.fetch(get('/nothing'), platform)).status).toBe(500)
    expect((await bare.fetch(get('/bytes'), platform)).status).toBe(500)
    expect(platform.logged.map(({ fields }) => fields?.['code'])).toEqual([
      'BAD_REQUEST',
      'INTERNAL',
      'HANDLER_NO_RESPONSE',
      'HANDLER_NO_RESPONSE',
    ])
    expect((await app.fetch(get('/known'), platform)).status).toBe(500)
    expect(platform.logged.at(-1)?.fields?.['code']).toBe('MIDDLEWARE_NO_RESPONSE')
  })

  test('refuses what header injection needs', async () => {
    const { fetch } = createApp().get('/', (ctx) => ctx.header('x', 'a\r\nset-cookie: b').text(''))
    expect((await fetch(get('/'))).status).toBe(500)
  })

  test('is closed after its first request', async () => {
    const app = createApp().get('/', () => '')
    await app.start(createTestPlatform())
    expect(() => app.get('/late', () => '')).toThrow(
      expect.objectContaining({ code: 'APP_STARTED' }) as Error,
    )
    await app.stop()
  })

  test('gives what runtimes pass besides the request', async () => {
    const works: Promise<unknown>[] = []
    const app = createApp().get('/', (ctx) => {
      ctx.platform.waitUntil(Promise.resolve())
      return String(ctx.platform.env['NAME'])
    })
    const context = { waitUntil: (work: Promise<unknown>) => works.push(work) }
    expect(await (await app.fetch(get('/'), { NAME: 'env' }, context)).text()).toBe('env')
    expect(works).toHaveLength(1)
    expect(await (await app.fetch(get('/'), 'odd', null)).text()).toBe('undefined')
  })
})
