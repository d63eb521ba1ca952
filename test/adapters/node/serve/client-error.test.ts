import { once } from 'node:events'
import { constants, connect } from 'node:http2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Server } from '../../../../adapters/node/index.ts'
import { serve } from '../../../../adapters/node/index.ts'
import { createApp } from '../../../../src/app/index.ts'
import type { DiagnosticEvent } from '../../../../src/diagnostics/index.ts'
import { exchange, open, statuses } from './raw.ts'

let server: Server
let logged: DiagnosticEvent[] = []

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const refusals = (): DiagnosticEvent[] => logged.filter(({ kind }) => kind === 'server.requests-refused')

beforeEach(async () => {
  logged = []
  const app = createApp()
    .get('/', () => 'hi')
    .get('/drops', (ctx) =>
      ctx.stream(
        (async function* drops() {
          for (let index = 0; index < 40; index++) {
            yield 'drop'
            await pause(20)
          }
        })(),
      ),
    )
  server = await serve(app, {
    port: 0,
    http2: true,
    signals: false,
    limits: { requestsPerConnection: 10 },
    log: (event) => void logged.push(event),
  })
})
afterEach(async () => {
  expect(await (await fetch(server.url)).text()).toBe('hi')
  await server.close({ graceMs: 0 })
})

describe('what is no request', () => {
  test('is told in one line a second, with its reason', async () => {
    await Promise.all(Array.from({ length: 30 }, () => exchange(server.port, 'NONSENSE\r\n\r\n', 100)))
    expect(refusals().length).toBeLessThanOrEqual(2)
    expect(refusals()[0]).toMatchObject({
      level: 'info',
      fields: { reason: expect.stringMatching(/^400 HPE_/) },
    })
    await server.close({ graceMs: 0 })
    const told = refusals().map(({ fields }) => Number(fields?.['count']))
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(30)
    server = await serve(
      createApp().get('/', () => 'hi'),
      { port: 0, signals: false },
    )
  })

  test('is not written into an answer that is under way', async () => {
    const { socket, closed } = await open(server.port)
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.write(get('/drops'))
    await once(socket, 'data')
    socket.write('NONSENSE\r\n\r\n')
    await closed
    expect(statuses(received)).toEqual([200])
    // An answer in chunks that has no last one is known to be incomplete.
    expect(received).not.toContain('\r\n0\r\n')
  })

  test('is answered even if more of it is still being sent', async () => {
    const { socket, closed } = await open(server.port)
    let received = ''
    let error: Error | null = null
    socket.on('data', (chunk) => (received += chunk.toString())).on('error', (reason) => (error = reason))
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}`)
    const sending = setInterval(() => void socket.write('x'.repeat(1000)), 5)
    socket.once('end', () => {
      clearInterval(sending)
      socket.destroy()
    })
    await closed
    clearInterval(sending)
    expect([statuses(received), error]).toEqual([[431], null])
  })

  test('keeps no connection open', async () => {
    const { socket, closed } = await open(server.port)
    socket.write('NONSENSE\r\n\r\n')
    // It neither reads nor closes.
    socket.pause()
    await pause(700)
    socket.resume()
    await closed
    expect(socket.destroyed).toBe(true)
  })
})

describe('a connection of HTTP/2', () => {
  test('is closed in good order after its requests', async () => {
    const session = connect(server.url)
    const codes: number[] = []
    session.on('goaway', (code) => codes.push(code))
    let answered = 0
    for (; answered < 20 && !session.closed && !session.destroyed; answered++) {
      const stream = session.request({ ':path': '/' })
      stream.resume()
      await once(stream, 'close')
    }
    expect(answered).toBe(10)
    await expect.poll(() => codes[0]).toBe(0)
    session.destroy()
  })

  test('that resets its streams in a flood is closed', async () => {
    await server.close()
    server = await serve(
      createApp().get('/', () => 'hi'),
      { port: 0, http2: true, signals: false, log: (event) => void logged.push(event) },
    )
    const session = connect(server.url)
    session.on('error', () => undefined)
    await once(session, 'connect')
    for (let index = 0; index < 5000 && !session.destroyed && !session.closed; index++) {
      const stream = session.request({ ':path': '/' })
      stream.on('error', () => undefined)
      stream.close(constants.NGHTTP2_CANCEL)
      if (index % 100 === 99) await pause(0)
    }
    await expect.poll(() => session.destroyed || session.closed).toBe(true)
    session.destroy()
  })

  test('that begins with nonsense is closed', async () => {
    const received = await exchange(server.port, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'x'.repeat(100)}`, 300)
    expect(statuses(received)).toEqual([])
  })
})
