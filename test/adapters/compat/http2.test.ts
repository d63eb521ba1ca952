import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FastifyLike } from '../../../adapters/compat/index.ts'
import { toFastifyPlugin } from '../../../adapters/compat/index.ts'
import { createApp } from '../../../src/app/index.ts'

async function open(aborted: () => void): Promise<ClientHttp2Session> {
  const app = createApp()
    .get('/', (ctx) => ({ href: ctx.url.href, protocol: ctx.platform.peer(ctx.request)?.protocol }))
    .post('/echo', (ctx) => ctx.request.text())
    .get('/fail', () => Promise.reject(new Error('secret')))
    .get('/hang', (ctx) => {
      ctx.signal.addEventListener('abort', aborted)
      return ctx.stream(new ReadableStream())
    })
  const outer = Fastify({ http2: true })
  // The plugin takes what HTTP/2 has in common with HTTP/1.1 in Node's compatibility API.
  await toFastifyPlugin(app, { log: () => undefined })(outer as unknown as FastifyLike)
  await outer.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(`http://127.0.0.1:${(outer.server.address() as AddressInfo).port}`)
  onTestFinished(async () => {
    session.destroy()
    await outer.close()
  })
  return session
}

function ask(
  session: ClientHttp2Session,
  path: string,
  body?: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const stream = session.request({ ':path': path, ':method': method, ':authority': 'a.example' })
    let status = 0
    let text = ''
    stream.setEncoding('utf8').on('response', (headers) => void (status = headers[':status'] ?? 0))
    stream.on('data', (chunk: string) => void (text += chunk)).on('error', reject)
    stream.on('end', () => resolve({ status, text })).end(body)
  })
}

describe('toFastifyPlugin() over HTTP/2', () => {
  test('answers', async () => {
    const { status, text } = await ask(await open(() => undefined), '/')
    expect([status, JSON.parse(text)]).toEqual([200, { href: 'http://a.example/', protocol: 'HTTP/2' }])
  })

  test('reads a body', async () => {
    expect(await ask(await open(() => undefined), '/echo', 'größe')).toEqual({ status: 200, text: 'größe' })
  })

  test('tells no stack', async () => {
    const { status, text } = await ask(await open(() => undefined), '/fail')
    expect(status).toBe(500)
    expect(text).not.toContain('secret')
  })

  test('hears that the client has reset the stream', async () => {
    const aborted = Promise.withResolvers<void>()
    const session = await open(() => aborted.resolve())
    const stream = session.request({ ':path': '/hang', ':authority': 'a.example' })
    stream.on('error', () => undefined).on('response', () => stream.close(8))
    await expect(aborted.promise).resolves.toBeUndefined()
  })
})
