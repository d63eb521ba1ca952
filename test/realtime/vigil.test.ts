import { describe, expect, test } from 'vitest'
import type { App } from '../../src/app/contract.ts'
import { createApp } from '../../src/index.ts'
import type { Platform, PlatformSocket, SocketListener } from '../../src/platform/index.ts'
import type { WebSocketOptions } from '../../src/realtime/index.ts'
import { webSocketHandler } from '../../src/realtime/index.ts'
import type { TestPlatform } from '../../src/testing/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'
import { handshakeFields } from './websocket-client.ts'

/** A socket without a connection, so that time is all that passes. */
async function openIdle(
  options: WebSocketOptions,
  canPing = true,
): Promise<{ platform: TestPlatform; listener: SocketListener; calls: string[] }> {
  const calls: string[] = []
  const platform = createTestPlatform()
  const socket: PlatformSocket = {
    bufferedBytes: 0,
    send: () => undefined,
    ping: () => (calls.push('ping'), canPing),
    close: (code) => void calls.push(`close ${code}`),
    terminate: () => void calls.push('terminate'),
  }
  const opened = Promise.withResolvers<SocketListener>()
  const withSockets: Platform = {
    ...platform,
    upgradeWebSocket(_request, { open }): Response {
      opened.resolve(open(socket))
      return new Response(null, { status: 200 })
    },
  }
  const app = createApp({ mode: 'test' }) as unknown as App
  app.get('/', webSocketHandler({}, options))
  await app.fetch(new Request('http://a.test/', { headers: handshakeFields }), withSockets)
  return { platform, listener: await opened.promise, calls }
}

describe('the heartbeat', () => {
  test('asks every heartbeatMs, and cuts who gave no sign of life since', async () => {
    const { platform, listener, calls } = await openIdle({ heartbeatMs: 1000 })
    await platform.clock.advance(1000)
    listener.pong()
    await platform.clock.advance(1000)
    listener.message('also a sign')
    await platform.clock.advance(1000)
    expect(calls).toEqual(['ping', 'ping', 'ping'])
    await platform.clock.advance(1000)
    expect(calls.at(-1)).toBe('terminate')
  })

  test('leaves it to runtimes that ping by themselves', async () => {
    const { platform, calls } = await openIdle({ heartbeatMs: 1000 }, false)
    await platform.clock.advance(10_000)
    expect(calls).not.toContain('terminate')
  })

  test('ends with the socket, and is not there when it is switched off', async () => {
    const { platform, listener, calls } = await openIdle({ heartbeatMs: 1000, idleMs: 1000 })
    listener.close(1000, '')
    expect(platform.clock.pending).toBe(0)
    await platform.clock.advance(5000)
    expect(calls).toEqual([])
    expect((await openIdle({ heartbeatMs: 0 })).platform.clock.pending).toBe(0)
  })
})

describe('the idle timeout', () => {
  test('closes with 1000 when no message came for idleMs, a quarter later at most', async () => {
    const { platform, listener, calls } = await openIdle({ heartbeatMs: 0, idleMs: 1000 })
    for (let count = 0; count < 10; count++) {
      await platform.clock.advance(900)
      listener.message('a')
    }
    await platform.clock.advance(999)
    expect(calls).toEqual([])
    await platform.clock.advance(251)
    expect(calls).toEqual(['close 1000'])
  })

  test('a pong is no message', async () => {
    const { platform, listener, calls } = await openIdle({ heartbeatMs: 100, idleMs: 1000 })
    for (let count = 0; count < 13; count++) {
      await platform.clock.advance(100)
      listener.pong()
    }
    expect(calls).toContain('close 1000')
  })
})
