import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { toFastifyPlugin } from '../../../adapters/compat/index.ts'
import { createApp } from '../../../src/app/index.ts'

async function open(
  app: Parameters<typeof toFastifyPlugin>[0],
  prefix?: string,
  options: { bodyLimit?: number } = {},
) {
  const outer = Fastify(options)
  outer.addHook('onRequest', async (_request, reply) => void reply.header('x-hook', 'yes'))
  outer.post('/outside', async (request) => request.body)
  await outer.register(toFastifyPlugin(app), prefix === undefined ? {} : { prefix })
  const url = await outer.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(async () => {
    outer.server.closeAllConnections()
    await outer.close()
  })
  return { url, outer }
}

const pathApp = () =>
  createApp()
    .post('/size', async (ctx) => (await ctx.request.text()).length)
    .all('/*rest', (ctx) => `${ctx.path} ${ctx.search}`)

describe('toFastifyPlugin()', () => {
  test.each([
    ['/api', '/ '],
    ['/api/', '/ '],
    ['/api?a=1', '/ a=1'],
    ['/api/x/y?b', '/x/y b'],
  ])('answers %s below its prefix as %s', async (target, expected) => {
    const { url } = await open(pathApp(), '/api')
    expect(await (await fetch(`${url}${target}`)).text()).toBe(expected)
  })

  test('takes a prefix with parameters off', async () => {
    const { url } = await open(pathApp(), '/:tenant/api')
    expect(await (await fetch(`${url}/acme/api/x`)).text()).toBe('/x ')
  })

  test('needs no prefix', async () => {
    const { url } = await open(pathApp())
    expect(await (await fetch(`${url}/x`)).text()).toBe('/x ')
    expect(await (await fetch(url)).text()).toBe('/ ')
  })

  test.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'x/y'])(
    'leaves a body of %s to the app',
    async (type) => {
      const { url } = await open(pathApp(), '/api')
      const init = { method: 'POST', headers: { 'content-type': type }, body: '{not json' }
      expect(await (await fetch(`${url}/api/size`, init)).text()).toBe('9')
    },
  )

  test('leaves the bound of a body to the app', async () => {
    const { url } = await open(pathApp(), '/api', { bodyLimit: 10 })
    const response = await fetch(`${url}/api/size`, { method: 'POST', body: 'x'.repeat(100) })
    expect(await response.text()).toBe('100')
  })

  test('leaves the parsers of Fastify outside of it as they are', async () => {
    const { url } = await open(pathApp(), '/api')
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' }
    expect(await (await fetch(`${url}/outside`, init)).json()).toEqual({ a: 1 })
  })

  test('sends the fields that hooks have set', async () => {
    const { url } = await open(pathApp(), '/api')
    expect((await fetch(`${url}/api/x`)).headers.get('x-hook')).toBe('yes')
  })

  test('waits at close for work that goes on', async () => {
    let isDone = false
    const app = createApp().get('/', (ctx) => {
      const work = new Promise<void>((resolve) => setTimeout(resolve, 50)).then(() => void (isDone = true))
      ctx.platform.waitUntil(work)
      return ctx.text('hi')
    })
    const { url, outer } = await open(app)
    await (await fetch(url)).text()
    outer.server.closeAllConnections()
    await outer.close()
    expect(isDone).toBe(true)
  })
})
