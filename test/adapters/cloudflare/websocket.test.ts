import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Miniflare } from 'miniflare'
import type { TestClient } from './client.ts'
import { openClient } from './client.ts'
import { openWorker } from './miniflare.ts'

const program = `
import { worker } from '../../../adapters/cloudflare/index.ts'
import { createFixture } from './app.ts'
export default worker(createFixture())`

let miniflare: Miniflare
let url: string

beforeAll(async () => {
  miniflare = await openWorker(program)
  url = String(await miniflare.ready)
})
afterAll(() => miniflare?.dispose())

const open = (protocols?: string[]): Promise<TestClient> => openClient(`${url}ws`, protocols)

describe('Platform.upgradeWebSocket on Workers', () => {
  test('carries text and bytes both ways, with the chosen subprotocol', async () => {
    const { socket, next } = await open(['chat', 'other'])
    expect(socket.protocol).toBe('chat')
    expect(await next()).toBe('open')
    socket.send('hé')
    expect(await next()).toBe('echo hé')
    socket.send(new Uint8Array([1, 2, 3]))
    expect(new Uint8Array((await next()) as ArrayBuffer)).toEqual(new Uint8Array([3, 2, 1]))
    socket.close(1000)
  })

  test('keeps its fields when a middleware adds more', async () => {
    const response = await miniflare.dispatchFetch('http://x.test/ws', { headers: { upgrade: 'websocket' } })
    expect([response.status, response.headers.get('x-own'), response.headers.get('x-more')]).toEqual([
      101,
      'yes',
      'from a middleware',
    ])
    response.webSocket?.accept()
    response.webSocket?.close()
  })

  test('closes with the code and reason of the handler', async () => {
    const { socket, closed } = await open()
    socket.send('close')
    expect(await closed).toMatchObject({ code: 4001, reason: 'as asked' })
  })

  test('closes with 1009 what is longer than its bound, in bytes', async () => {
    const { socket, next, closed } = await open()
    await next()
    socket.send('x'.repeat(1000))
    expect(await next()).toHaveLength(1005)
    socket.send('é'.repeat(501))
    expect(await closed).toMatchObject({ code: 1009 })
  })

  test('tells the handler the code that the client closes with', async () => {
    const { socket, next, closed } = await open()
    await next()
    socket.close(3456, 'bye')
    expect(await closed).toMatchObject({ code: 3456 })
    const remembered = await (await miniflare.dispatchFetch('http://x.test/remembered')).json()
    expect(remembered).toMatchObject({ cancelled: 3456 })
  })
})
