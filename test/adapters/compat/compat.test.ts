import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import { createSchema, createYoga } from 'graphql-yoga'
import { afterEach, describe, expect, test } from 'vitest'
import { toFastifyPlugin, toNodeHandler } from '../../../adapters/compat/index.ts'
import {
  createNodePlatform,
  installFetchGlobals,
  restoreFetchGlobals,
  serve,
} from '../../../adapters/node/index.ts'
import { createHttp1Handler } from '../../../adapters/node/listeners/http1.ts'
import { createApp } from '../../../src/app/index.ts'
import type { DiagnosticEvent } from '../../../src/diagnostics/index.ts'

const closers: (() => Promise<unknown>)[] = []
let logged: DiagnosticEvent[] = []
const log = (event: DiagnosticEvent): void => void logged.push(event)

afterEach(async () => {
  logged = []
  await Promise.all(closers.splice(0).map((close) => close()))
})

let begun = Promise.withResolvers<void>()
let aborted = Promise.withResolvers<void>()

function app() {
  begun = Promise.withResolvers<void>()
  aborted = Promise.withResolvers<void>()
  return createApp()
    .get('/', (ctx) => ctx.text('root'))
    .get('/who', (ctx) => ctx.platform.peer(ctx.request))
    .post('/echo', async (ctx) => ({ got: await ctx.request.json() }))
    .get('/stream', (ctx) =>
      ctx.stream(
        (async function* chunks() {
          for (let index = 0; index < 3; index++) yield `chunk ${index};`
        })(),
        'text/plain',
      ),
    )
    .get('/cookies', (ctx) =>
      ctx
        .header('set-cookie', 'a=1', { append: true })
        .header('set-cookie', 'b=2', { append: true })
        .text('ok'),
    )
    .get('/fail', () => {
      throw new Error('secret')
    })
    .get('/hang', (ctx) => {
      ctx.signal.addEventListener('abort', () => aborted.resolve())
      begun.resolve()
      return new Promise<Response>(() => undefined)
    })
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => void server.once('listening', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Each opens a server of its kind with the app below `/api`; resolves to the URL of the app. */
const kinds: [name: string, open: () => Promise<string>][] = [
  [
    'node:http',
    async () => `${await listen(createServer(toNodeHandler(app(), { basePath: '/api', log })))}/api`,
  ],
  [
    'Express',
    async () => {
      const outer = express()
      outer.get('/outside', (_request, response) => void response.send('express'))
      outer.use('/api', toNodeHandler(app(), { log }))
      return `${await listen(createServer(outer))}/api`
    },
  ],
  [
    'Fastify',
    async () => {
      const outer = Fastify()
      outer.get('/outside', async () => 'fastify')
      await outer.register(toFastifyPlugin(app(), { log }), { prefix: '/api' })
      await outer.listen({ port: 0, host: '127.0.0.1' })
      closers.push(() => outer.close())
      outer.server.unref()
      return `http://127.0.0.1:${(outer.server.address() as AddressInfo).port}/api`
    },
  ],
]

describe.each(kinds)('an app in %s', (_name, openServer) => {
  test('answers GET, with the prefix taken off', async () => {
    const url = await openServer()
    const response = await fetch(`${url}/`)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/plain;charset=UTF-8',
      'root',
    ])
  })

  test('reads a JSON body', async () => {
    const url = await openServer()
    const response = await fetch(`${url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":[1,"ü"]}',
    })
    expect(await response.json()).toEqual({ got: { a: [1, 'ü'] } })
  })

  test('streams', async () => {
    const url = await openServer()
    expect(await (await fetch(`${url}/stream`)).text()).toBe('chunk 0;chunk 1;chunk 2;')
  })

  test('sends several cookies', async () => {
    const url = await openServer()
    expect((await fetch(`${url}/cookies`)).headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('answers HEAD without a body', async () => {
    const url = await openServer()
    const response = await fetch(`${url}/`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test('tells 404 and errors as problem details, without a stack', async () => {
    const url = await openServer()
    expect(await (await fetch(`${url}/none`)).json()).toMatchObject({ status: 404 })
    const failed = await fetch(`${url}/fail`)
    const text = await failed.text()
    expect(failed.status).toBe(500)
    expect(text).not.toMatch(/secret|at .*\.ts/)
    expect(logged.some((event) => event.message.includes('secret'))).toBe(true)
  })

  test('knows the address of the client', async () => {
    const url = await openServer()
    expect(await (await fetch(`${url}/who`)).json()).toMatchObject({
      address: '127.0.0.1',
      protocol: 'HTTP/1.1',
    })
  })

  test('hears that the client went away', async () => {
    const url = await openServer()
    const abort = new AbortController()
    const pending = fetch(`${url}/hang`, { signal: abort.signal })
    await begun.promise
    abort.abort()
    await expect(pending).rejects.toThrow('aborted')
    await expect(aborted.promise).resolves.toBeUndefined()
  })
})

describe('a third party mounted in an app', () => {
  const yoga = createYoga({
    logging: false,
    schema: createSchema({
      typeDefs: 'type Query { hello(name: String!): String! }',
      resolvers: { Query: { hello: (_root: unknown, { name }: { name: string }) => `Hello ${name}` } },
    }),
  })
  const outer = () => createApp().mount('/graphql', yoga, { stripPrefix: false })
  const query = (url: string) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ hello(name: "Ada") }' }),
    })

  test('graphql-yoga answers through our listener', async () => {
    const server = await serve(outer(), { port: 0, signals: false, log })
    closers.push(() => server.close({ graceMs: 0 }))
    expect(await (await query(server.url)).json()).toEqual({ data: { hello: 'Hello Ada' } })
  })

  test('graphql-yoga itself, mounted as it is, answers through the handler of HTTP/1.1', async () => {
    installFetchGlobals()
    closers.push(async () => restoreFetchGlobals())
    const handler = createHttp1Handler({
      app: createApp().mount('/graphql', yoga, { stripPrefix: false }),
      platform: createNodePlatform({ log }),
      activity: { active: 0, total: 0, draining: false, onEnd: null },
      maxHeaderFields: 100,
    })
    expect(await (await query(await listen(createServer(handler)))).json()).toEqual({
      data: { hello: 'Hello Ada' },
    })
  })

  test('graphql-yoga answers through the compatibility door', async () => {
    const url = await listen(createServer(toNodeHandler(outer(), { log })))
    expect(await (await query(url)).json()).toEqual({ data: { hello: 'Hello Ada' } })
  })
})
