import express from 'express'
import { describe, expect, test } from 'vitest'
import { toNodeHandler } from '../../../adapters/compat/index.ts'
import { createApp } from '../../../src/app/index.ts'
import { listen, postJson, recorder, sendRaw } from './servers.ts'

const echo = () =>
  createApp({ limits: { bodyBytes: 1000 } })
    .all('/', (ctx) => ctx.url.href)
    .post('/size', async (ctx) => (await ctx.request.arrayBuffer()).byteLength)
    .post('/late', (ctx) =>
      ctx.stream(
        (async function* parts() {
          await new Promise((resolve) => setImmediate(resolve))
          yield await ctx.request.text()
        })(),
      ),
    )
    .post('/bounded', async (ctx) => (await ctx.body.bytes()).byteLength)

const close = 'Connection: close\r\n\r\n'

describe('a request that is none', () => {
  test.each([
    ['a host that would change the URL', 'Host: a/b?c\r\n'],
    ['a host with user information', 'Host: u@a\r\n'],
    ['two hosts', 'Host: a\r\nHost: b\r\n'],
    ['a host whose port is no port', 'Host: a:99999\r\n'],
  ])('%s is 400 without a stack', async (_name, fields) => {
    const url = await listen(toNodeHandler(echo()))
    const received = await sendRaw(url, `GET / HTTP/1.1\r\n${fields}${close}`)
    expect(received).toMatch(/^HTTP\/1\.1 400 /)
    expect(received).toMatch(/\r\n\r\n$/)
  })

  test('TRACE is 501', async () => {
    const url = await listen(toNodeHandler(echo()))
    expect(await sendRaw(url, `TRACE / HTTP/1.1\r\nHost: a\r\n${close}`)).toMatch(/^HTTP\/1\.1 501 /)
  })
})

describe('the URL of a request', () => {
  test('keeps a query that Express has parsed as it came', async () => {
    const outer = express()
    outer.use(toNodeHandler(echo()))
    const url = await listen(outer)
    expect(await (await fetch(`${url}/?a=1&a=2&b[c]=%20`)).text()).toBe(`${url}/?a=1&a=2&b[c]=%20`)
  })

  test('has no scheme that Express was told by the client', async () => {
    const outer = express()
    outer.set('trust proxy', true)
    outer.use(toNodeHandler(echo()))
    const url = await listen(outer)
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' }
    expect(await (await fetch(url, { headers })).text()).toBe(`${url}/`)
  })

  test('is made of the path of an absolute form', async () => {
    const url = await listen(toNodeHandler(echo()))
    const received = await sendRaw(url, `GET http://a/?x HTTP/1.1\r\nHost: a\r\n${close}`)
    expect(received).toContain('http://a/?x')
  })

  test('may be missing in OPTIONS for the server', async () => {
    const url = await listen(toNodeHandler(echo()))
    expect(await sendRaw(url, `OPTIONS * HTTP/1.1\r\nHost: a\r\n${close}`)).toMatch(/^HTTP\/1\.1 204 /)
  })
})

describe('the body of a request', () => {
  test('is BODY_USED when somebody else has read it, and the log says what to do', async () => {
    const { log, events } = recorder()
    const outer = express()
    outer.use(express.json(), toNodeHandler(echo(), { log }))
    const url = await listen(outer)
    const response = await postJson(`${url}/bounded`, { a: 1 })
    expect(await response.json()).toMatchObject({ status: 500, code: 'BODY_USED' })
    expect(events.map((event) => event.message).join()).toContain('mount the app before body parsers')
  })

  test('does not matter to a route that reads none, even if somebody else has read it', async () => {
    const outer = express()
    outer.use(express.json(), toNodeHandler(echo()))
    const url = await listen(outer)
    expect((await postJson(url, { a: 1 })).status).toBe(200)
  })

  test('that is too large without having said so is 413, and the client gets to read it', async () => {
    const url = await listen(toNodeHandler(echo(), recorder()))
    const chunk = `800\r\n${'x'.repeat(2048)}\r\n`
    const head = 'POST /bounded HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n'
    const received = await sendRaw(url, `${head}${close}${chunk.repeat(4)}0\r\n\r\n`)
    expect(received).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('that was read half-way does not block the connection', async () => {
    const url = await listen(toNodeHandler(echo(), recorder()))
    const chunk = `800\r\n${'x'.repeat(2048)}\r\n`
    const head = 'POST /bounded HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
    const next = `GET / HTTP/1.1\r\nHost: second\r\n${close}`
    const received = await sendRaw(url, `${head}${chunk.repeat(100)}0\r\n\r\n${next}`)
    expect(received).toMatch(/^HTTP\/1\.1 413 /)
    expect(received).toContain('http://second/')
  })

  test('is there for a handler that reads it after its answer has begun', async () => {
    const url = await listen(toNodeHandler(echo()))
    const response = await fetch(`${url}/late`, { method: 'POST', body: 'late' })
    expect(await response.text()).toBe('late')
  })

  test('that is large arrives as a whole', async () => {
    const url = await listen(toNodeHandler(echo()))
    const response = await fetch(`${url}/size`, { method: 'POST', body: new Uint8Array(3_000_000) })
    expect(await response.json()).toBe(3_000_000)
  })
})
