import { request } from 'node:http'
import express from 'express'
import { describe, expect, test } from 'vitest'
import { toNodeHandler } from '../../../adapters/compat/index.ts'
import { createApp } from '../../../src/app/index.ts'
import { listen, recorder, sendRaw } from './servers.ts'

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** Answers every request by what `make` makes. */
const answering = (make: () => Response) => ({ fetch: () => make() })

function streamOf(pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void): ReadableStream {
  return new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })
}

describe('sendResponse()', () => {
  test('tells the length of a body that is there at once', async () => {
    const url = await listen(toNodeHandler(answering(() => new Response('größe'))))
    expect((await fetch(url)).headers.get('content-length')).toBe('7')
  })

  test('sends the head of a body that is slow to come', async () => {
    let finish = (): void => undefined
    const body = streamOf((controller) => {
      finish = () => controller.close()
      return new Promise<void>(() => undefined)
    })
    const url = await listen(toNodeHandler(answering(() => new Response(body))))
    const response = await fetch(url)
    expect(response.status).toBe(200)
    finish()
    expect(await response.text()).toBe('')
  })

  test('sends the first chunk while the second is slow to come', async () => {
    let rounds = 0
    let finish = (): void => undefined
    const body = streamOf((controller) => {
      if (rounds++ === 0) return controller.enqueue(new TextEncoder().encode('first'))
      finish = () => controller.close()
      return new Promise<void>(() => undefined)
    })
    const url = await listen(toNodeHandler(answering(() => new Response(body))))
    const reader = ((await fetch(url)).body ?? streamOf(() => undefined)).getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first')
    finish()
    expect((await reader.read()).done).toBe(true)
  })

  test('cancels the source of a client that goes away', async () => {
    const cancelled = Promise.withResolvers<unknown>()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel: (reason) => cancelled.resolve(reason),
    })
    const url = await listen(toNodeHandler(answering(() => new Response(body))))
    const client = request(url, (response) => response.once('data', () => client.destroy()))
    client.on('error', () => undefined).end()
    expect(await cancelled.promise).toBeInstanceOf(Error)
  })

  test('cancels the source of a client that goes away while it does not read', async () => {
    const cancelled = Promise.withResolvers<unknown>()
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
      cancel: (reason) => cancelled.resolve(reason),
    })
    const url = await listen(toNodeHandler(answering(() => new Response(body))))
    const client = request(url, (response) => {
      response.pause()
      setTimeout(() => client.destroy(), 50)
    })
    client.on('error', () => undefined).end()
    expect(await cancelled.promise).toBeInstanceOf(Error)
  })

  test('logs nothing of an echo whose client goes away', async () => {
    const { log, events } = recorder()
    const ended = Promise.withResolvers<void>()
    const handler = toNodeHandler({ fetch: (asked) => new Response(asked.body) }, { log })
    const url = await listen((message, response) => {
      response.once('close', () => setImmediate(ended.resolve))
      handler(message, response)
    })
    const client = request(url, { method: 'POST' }, (response) =>
      response.once('data', () => client.destroy()),
    )
    client.on('error', () => undefined).write('first')
    await ended.promise
    expect(events).toEqual([])
  })

  test('answers 500 when the body fails before its begin, and says so in the log', async () => {
    const { log, events } = recorder()
    const make = () => new Response(streamOf((controller) => controller.error(new Error('broken'))))
    const url = await listen(toNodeHandler(answering(make), { log }))
    expect((await fetch(url)).status).toBe(500)
    expect(events[0]?.message).toContain('broken')
  })

  test('cuts the connection when the body fails half-way', async () => {
    const { log } = recorder()
    let rounds = 0
    const make = () =>
      new Response(
        streamOf((controller) => {
          if (rounds++ === 0) return controller.enqueue(new Uint8Array(1))
          return new Promise<void>((_resolve, reject) => setTimeout(() => reject(new Error('broken')), 20))
        }),
      )
    const url = await listen(toNodeHandler(answering(make), { log }))
    const response = await fetch(url)
    await expect(response.text()).rejects.toThrow(TypeError)
  })

  test.each([
    ['fewer', 'abc'],
    ['more', 'abcdefgh'],
  ])('never completes an answer of %s bytes than it announces', async (_name, text) => {
    const { log, events } = recorder()
    const make = () => new Response(text, { headers: { 'content-length': '5' } })
    const received = await sendRaw(await listen(toNodeHandler(answering(make), { log })), get)
    expect(received).not.toMatch(/^HTTP\/1\.1 200 /)
    expect(events).toHaveLength(1)
  })

  test('adds cookies to those that are set already, and leaves other fields', async () => {
    const outer = express()
    outer.use((_request, response, next) => {
      response.cookie('outer', '1').set('x-outer', 'yes')
      next()
    })
    const app = createApp().get('/', (ctx) => ctx.header('set-cookie', 'inner=2').text('hi'))
    outer.use(toNodeHandler(app))
    const { headers } = await fetch(await listen(outer))
    expect(headers.getSetCookie()).toEqual(['outer=1; Path=/', 'inner=2'])
    expect(headers.get('x-outer')).toBe('yes')
  })

  test('leaves the framing to Node', async () => {
    const make = () => new Response('hi', { headers: { connection: 'upgrade', 'transfer-encoding': 'gzip' } })
    const received = await sendRaw(await listen(toNodeHandler(answering(make))), get)
    expect(received).toMatch(/Connection: close\r\n/i)
    expect(received).not.toMatch(/gzip|upgrade/)
  })

  test.each([204, 304])('sends no body with %i', async (status) => {
    const url = await listen(toNodeHandler(answering(() => new Response(null, { status }))))
    expect(await sendRaw(url, get)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\\r\\n\\r\\n$`))
  })

  test('sends the body of a response whose stream is only an iterable', async () => {
    const make = (): Response => {
      const body = (async function* chunks() {
        yield new TextEncoder().encode('one,')
        yield new TextEncoder().encode('two')
      })()
      return Object.defineProperty(new Response(null), 'body', { value: body })
    }
    expect(await (await fetch(await listen(toNodeHandler(answering(make))))).text()).toBe('one,two')
  })
})
