import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Server } from '../../../../adapters/node/index.ts'
import { serve } from '../../../../adapters/node/index.ts'
import { createApp } from '../../../../src/app/index.ts'
import type { DiagnosticEvent } from '../../../../src/diagnostics/index.ts'
import { makeCertificate } from './certificates.ts'
import { exchange, open, statuses } from './raw.ts'

const certificate = makeCertificate('localhost')
let server: Server
let logged: DiagnosticEvent[] = []

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const stalls = (): DiagnosticEvent[] => logged.filter(({ kind }) => kind === 'server.requests-stalled')

beforeEach(async () => {
  logged = []
  const app = createApp()
    .get('/', () => 'hi')
    .get('/large', () => 'x'.repeat(50_000_000))
    .get('/slow', () => pause(400).then(() => 'slow'))
    .post('/echo', async (ctx) => ctx.text(await ctx.request.text()))
    .post('/later', async (ctx) => {
      await pause(400)
      return ctx.text(await ctx.request.text())
    })
  server = await serve(app, {
    listen: [{ port: 0, http2: true }, { port: 0 }, { port: 0, tls: certificate }],
    signals: false,
    limits: { stallMs: 100, idleMs: 5000 },
    log: (event) => void logged.push(event),
  })
})
afterEach(() => server.close({ graceMs: 0 }))

const portOf = (index: number): number => server.addresses[index]?.port ?? 0
const post = (path: string, length: number, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`

describe('a client of HTTP/1.1', () => {
  test('that stops sending its body gets 408', async () => {
    expect(statuses(await exchange(portOf(1), post('/echo', 10, 'ab'), 1000))).toEqual([408])
  })

  test('that never begins its body gets 408', async () => {
    expect(statuses(await exchange(portOf(1), post('/later', 10, ''), 1000))).toEqual([408])
  })

  test('that sends its body slowly, but does, is served', async () => {
    const { socket } = await open(portOf(1))
    socket.write(post('/echo', 8, ''))
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    for (const byte of 'abcdefgh') {
      await pause(50)
      socket.write(byte)
    }
    await once(socket, 'close')
    expect(received).toMatch(/^HTTP\/1\.1 200 (.|\r\n)*abcdefgh$/)
  })

  test('that waits for a slow handler is served', async () => {
    const request = 'GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(statuses(await exchange(portOf(1), request, 1000))).toEqual([200])
    expect(statuses(await exchange(portOf(1), post('/later', 2, 'ab'), 1000))).toEqual([200])
    expect(stalls()).toEqual([])
  })

  test.each([
    ['without TLS', 1],
    ['with TLS', 2],
  ])('%s that does not take its answer is cut, in one line', async (_name, index) => {
    const port = portOf(index)
    const socket =
      index === 2 ? connectTls({ port, rejectUnauthorized: false }) : connectSocket(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, index === 2 ? 'secureConnect' : 'connect')
    socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(stalls, { timeout: 3000 }).toHaveLength(1)
    expect(stalls()[0]?.fields).toMatchObject({ reason: 'answer not taken' })
    socket.destroy()
  })

  test('that idles after its answer is not cut for that', async () => {
    const { socket, closed } = await open(portOf(1))
    socket.write(post('/echo', 2, 'ab').replace('close', 'keep-alive'))
    await once(socket, 'data')
    let isClosed = false
    void closed.then(() => (isClosed = true))
    await pause(400)
    expect(isClosed).toBe(false)
    socket.destroy()
  })
})

describe('a client of HTTP/2', () => {
  let session: ClientHttp2Session
  beforeEach(() => {
    session = connect(server.url)
    session.on('error', () => undefined)
  })
  afterEach(() => session.destroy())

  /** The status of a stream and the code that it ended with. */
  async function outcome(
    path: string,
    body?: string,
    ended = true,
  ): Promise<(number | string | undefined)[]> {
    const stream = session.request(
      { ':path': path, ':method': body === undefined ? 'GET' : 'POST' },
      { endStream: body === undefined },
    )
    let status: number | undefined
    stream.on('response', (headers) => (status = headers[':status']))
    stream.on('error', () => undefined).resume()
    if (body !== undefined) stream.write(body)
    if (body !== undefined && ended) stream.end()
    await new Promise((resolve) => void stream.once('close', resolve))
    return [status, stream.rstCode]
  }

  test('that stops sending a body gets 408, and its connection goes on', async () => {
    expect(await outcome('/echo', 'ab', false)).toEqual([408, 0])
    expect(await outcome('/')).toEqual([200, 0])
    expect(stalls()[0]?.fields).toMatchObject({ reason: 'body not sent' })
  })

  test('that waits for a slow handler is served', async () => {
    expect(await outcome('/slow')).toEqual([200, 0])
    expect(await outcome('/later', 'ab')).toEqual([200, 0])
    expect(stalls()).toEqual([])
  })

  test('that gives no window for an answer has it reset', async () => {
    session.destroy()
    session = connect(server.url, { settings: { initialWindowSize: 0 } })
    session.on('error', () => undefined)
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => undefined)
    await new Promise((resolve) => void stream.once('close', resolve))
    expect(stream.rstCode).not.toBe(0)
    expect(stalls()[0]?.fields).toMatchObject({ reason: 'answer not taken' })
  })
})
