import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/index.ts'
import { cors, csrf, rateLimit, securityHeaders } from '../../src/security/index.ts'
import { listen } from './node-server.ts'

describe('a WebSocket behind all of the middleware', () => {
  test('opens, and carries messages', async () => {
    const app = createApp()
      .use(
        securityHeaders(),
        cors({ origins: ['https://app.example.com'] }),
        csrf(),
        rateLimit({ limit: 5, windowMs: 1000 }),
      )
      .ws('/echo', { message: (socket, message) => void socket.send(message) })
    const { url, close } = await listen(app)
    try {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/echo`)
      const message = await new Promise((resolve, reject) => {
        socket.addEventListener('open', () => socket.send('hello'))
        socket.addEventListener('message', ({ data }) => resolve(data))
        socket.addEventListener('error', () => reject(new Error('no socket')))
      })
      expect(message).toBe('hello')
      socket.close()
    } finally {
      await close()
    }
  })
})
