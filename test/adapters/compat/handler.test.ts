import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { describe, expect, test } from 'vitest'
import type { CompatOptions } from '../../../adapters/compat/index.ts'
import { toNodeHandler } from '../../../adapters/compat/index.ts'
import { createApp } from '../../../src/app/index.ts'
import { listen, postJson, recorder, sendRaw } from './servers.ts'

const pathApp = () => createApp().all('/*rest', (ctx) => `${ctx.path} ${ctx.search}`)

function inExpress(app: Parameters<typeof toNodeHandler>[0], options: CompatOptions = {}): Promise<string> {
  const outer = express()
  outer.use('/api', toNodeHandler(app, options))
  outer.get('/api/legacy', (_request, response) => void response.send('express'))
  outer.post('/api/legacy', express.json(), (request, response) => void response.json(request.body))
  return listen(outer)
}

describe('toNodeHandler() basePath', () => {
  test('is not needed in Express, which takes its prefix off', async () => {
    const url = await inExpress(pathApp())
    expect(await (await fetch(`${url}/api/users/1?a=1`)).text()).toBe('/users/1 a=1')
  })

  test('may be named in Express all the same, and is taken off once', async () => {
    const url = await inExpress(pathApp(), { basePath: '/api/' })
    expect(await (await fetch(`${url}/api/api/x`)).text()).toBe('/api/x ')
  })

  test('that is empty shows the app the prefix of Express', async () => {
    const url = await inExpress(pathApp(), { basePath: '' })
    expect(await (await fetch(`${url}/api/users`)).text()).toBe('/api/users ')
  })

  test('alone is the root of the app', async () => {
    const url = await listen(toNodeHandler(pathApp(), { basePath: '/api' }))
    expect(await (await fetch(`${url}/api?a=1`)).text()).toBe('/ a=1')
  })

  test('is answered by 404 where the request is elsewhere', async () => {
    const url = await listen(toNodeHandler(pathApp(), { basePath: '/api' }))
    expect([(await fetch(`${url}/users`)).status, (await fetch(`${url}/apis`)).status]).toEqual([404, 404])
  })

  test('hands a request elsewhere to next', async () => {
    const outer = express()
    outer.use(toNodeHandler(pathApp(), { basePath: '/api' }))
    outer.get('/users', (_request, response) => void response.send('express'))
    const url = await listen(outer)
    expect(await (await fetch(`${url}/users`)).text()).toBe('express')
  })

  test('without a slash is refused at once', () => {
    expect(() => toNodeHandler(pathApp(), { basePath: 'api' })).toThrow(TypeError)
  })
})

describe('toNodeHandler() fallThrough', () => {
  const app = () =>
    createApp()
      .get('/own', (ctx) => ctx.text('app'))
      .post('/none', async (ctx) => ctx.problem(404, `Nothing of ${String(await ctx.request.text())}`))

  test('hands what the app does not have to the next route', async () => {
    const url = await inExpress(app(), { fallThrough: true })
    expect(await (await fetch(`${url}/api/own`)).text()).toBe('app')
    expect(await (await fetch(`${url}/api/legacy`)).text()).toBe('express')
  })

  test('leaves the body to the next route', async () => {
    const url = await inExpress(app(), { fallThrough: true })
    expect(await (await postJson(`${url}/api/legacy`, { a: 1 })).json()).toEqual({ a: 1 })
  })

  test('sends the 404 of a route that has read the body', async () => {
    const url = await inExpress(app(), { fallThrough: true })
    expect(await (await postJson(`${url}/api/none`, 1)).json()).toMatchObject({ detail: 'Nothing of 1' })
  })

  test('is off by default', async () => {
    const url = await inExpress(app())
    expect(await (await fetch(`${url}/api/legacy`)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  test('leaves the app its 404 where there is no next', async () => {
    const url = await listen(toNodeHandler(app(), { fallThrough: true }))
    expect(await (await fetch(`${url}/legacy`)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })
})

describe('toNodeHandler() failures', () => {
  test('a fetch that rejects is a bare 500, and is logged', async () => {
    const { log, events } = recorder()
    const url = await listen(toNodeHandler({ fetch: () => Promise.reject(new Error('secret')) }, { log }))
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([500, ''])
    expect(events).toMatchObject([{ kind: 'response.failed', level: 'error' }])
  })

  test('a fetch that throws is a bare 500', async () => {
    const { log } = recorder()
    const app = {
      fetch(): Response {
        throw new Error('secret')
      },
    }
    const response = await fetch(await listen(toNodeHandler(app, { log })))
    expect([response.status, await response.text()]).toEqual([500, ''])
  })
})

describe('toNodeHandler() signal', () => {
  test('aborts for requests that wait behind another on their connection', async () => {
    const begun = Promise.withResolvers<void>()
    const aborted = Promise.withResolvers<void>()
    let begins = 0
    let aborts = 0
    const app = createApp().get('/hang', (ctx) => {
      ctx.signal.addEventListener('abort', () => {
        if (++aborts === 2) aborted.resolve()
      })
      if (++begins === 2) begun.resolve()
      return new Promise<Response>(() => undefined)
    })
    const url = await listen(createServer(toNodeHandler(app)))
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2))
    await begun.promise
    socket.destroy()
    await aborted.promise
    expect(aborts).toBe(2)
  })
})

describe('toNodeHandler() platform', () => {
  test('starts the app before its first request', async () => {
    const started: string[] = []
    const app = createApp()
      .onStart((platform) => void started.push(platform.runtime))
      .get('/', (ctx) => ctx.text('hi'))
    const handler = toNodeHandler(app)
    await app.start(handler.platform)
    await (await fetch(await listen(handler))).text()
    expect(started).toEqual(['node'])
  })

  test('is idle when the work after a response has ended', async () => {
    const work = Promise.withResolvers<void>()
    const app = createApp().get('/', (ctx) => {
      ctx.platform.waitUntil(work.promise)
      return ctx.text('hi')
    })
    const handler = toNodeHandler(app)
    await (await fetch(await listen(handler))).text()
    let isIdle = false
    const idle = handler.platform.idle(5000).then(() => void (isIdle = true))
    await Promise.resolve()
    expect(isIdle).toBe(false)
    work.resolve()
    await idle
    expect(isIdle).toBe(true)
  })

  test('tells no address mapped from IPv4', async () => {
    const app = createApp().get('/', (ctx) => ctx.platform.peer(ctx.request)?.address ?? 'none')
    expect(await (await fetch(await listen(toNodeHandler(app), '::'))).text()).toBe('127.0.0.1')
  })

  test('knows the address after the client went away', async () => {
    const begun = Promise.withResolvers<void>()
    const told = Promise.withResolvers<string | undefined>()
    const app = createApp().get('/', (ctx) => {
      ctx.signal.addEventListener('abort', () => told.resolve(ctx.platform.peer(ctx.request)?.address))
      begun.resolve()
      return new Promise<Response>(() => undefined)
    })
    const url = await listen(toNodeHandler(app))
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await begun.promise
    socket.destroy()
    expect(await told.promise).toBe('127.0.0.1')
  })

  test('has no peer on a Unix socket, unless it is told to expect one', async () => {
    const app = createApp().get('/', (ctx) => ({ peer: ctx.platform.peer(ctx.request) }))
    const ask = (options: CompatOptions) =>
      new Promise<string>((resolve) => {
        const path = join(tmpdir(), `compat-${randomUUID()}.sock`)
        const server = createServer(toNodeHandler(app, options)).listen(path, () => {
          const client = connect(path, () =>
            client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
          )
          let received = ''
          client.on('data', (chunk) => void (received += String(chunk)))
          client.on('close', () => server.close(() => resolve(received)))
        })
      })
    expect(await ask({})).toContain('{"peer":null}')
    expect(await ask({ isUnixSocket: true })).toContain('{"peer":{"address":"","port":0')
  })

  test('sends early hints', async () => {
    const app = createApp().get('/', (ctx) =>
      String(ctx.platform.earlyHints(ctx.request, ['</a.css>; rel=preload'])),
    )
    const url = await listen(toNodeHandler(app))
    const received = await sendRaw(url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(received).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n/)
    expect(received).toMatch(/\r\n\r\ntrue$/)
  })
})
