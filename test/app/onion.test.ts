import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

type Kernel = ReturnType<typeof createApp>

async function ask(app: Kernel, target = '/'): Promise<{ response: Response; logged: string }> {
  const platform = createTestPlatform()
  const response = await app.fetch(new Request(`http://localhost${target}`), platform)
  return { response, logged: platform.logged.map((event) => event.message).join('\n') }
}

describe('middleware', () => {
  test('runs outside in and back', async () => {
    const order: string[] = []
    const app = createApp()
      .use(async (_ctx, next) => {
        order.push('a')
        const response = await next()
        order.push('d')
        return response
      })
      .use((_ctx, next) => {
        order.push('b')
        return next()
      })
      .get('/', () => {
        order.push('c')
        return null
      })
    await ask(app)
    expect(order).toEqual(['a', 'b', 'c', 'd'])
  })

  test('may answer itself', async () => {
    const app = createApp()
      .use((ctx) => ctx.text('stopped', 403))
      .get('/', () => 'never')
    const { response } = await ask(app)
    expect([response.status, await response.text()]).toEqual([403, 'stopped'])
  })

  test('stands around 404', async () => {
    const app = createApp().use(async (ctx, next) => {
      ctx.header('x-seen', 'yes')
      return next()
    })
    const { response } = await ask(app, '/nowhere')
    expect([response.status, response.headers.get('x-seen')]).toEqual([404, 'yes'])
  })

  test('that returns nothing is an error that names it', async () => {
    const app = createApp()
      .use(function forgetful(): never {
        return undefined as never
      })
      .get('/', () => 'x')
    const { response, logged } = await ask(app)
    expect(response.status).toBe(500)
    expect(logged).toContain('MIDDLEWARE_NO_RESPONSE: Expected the middleware forgetful')
  })

  test('that awaits next() and returns nothing is an error that names it', async () => {
    const app = createApp()
      .use(async (_ctx, next) => next())
      .use(async function loser(_ctx, next): Promise<never> {
        await next()
        return undefined as never
      })
      .get('/', () => 'x')
    const { response, logged } = await ask(app)
    expect(response.status).toBe(500)
    expect(logged).toContain('Expected the middleware loser to return a response')
  })

  test('that calls next() twice is an error that names it', async () => {
    const app = createApp()
      .use(async function greedy(_ctx, next) {
        await next()
        return next()
      })
      .get('/', () => 'x')
    const { response, logged } = await ask(app)
    expect(response.status).toBe(500)
    expect(logged).toContain('MIDDLEWARE_NEXT_TWICE: Expected the middleware greedy')
  })

  test('catches what the handler throws', async () => {
    const app = createApp()
      .use(async (ctx, next) => {
        try {
          return await next()
        } catch (error) {
          return ctx.text(`caught ${error instanceof Error ? error.message : ''}`)
        }
      })
      .get('/', () => {
        throw new Error('boom')
      })
    const { response } = await ask(app)
    expect(await response.text()).toBe('caught boom')
  })

  test('of a route runs inside those of its group', async () => {
    const app = createApp().group('/g', (group) => {
      group
        .use((ctx, next) => {
          ctx.header('x-order', 'group', { append: true })
          return next()
        })
        .get(
          '/r',
          { middleware: [(ctx, next) => (ctx.header('x-order', 'route', { append: true }), next())] },
          () => null,
        )
    })
    const { response } = await ask(app, '/g/r')
    expect(response.headers.get('x-order')).toContain('route')
  })
})
