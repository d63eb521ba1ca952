import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

/** Carries the bytes of WebSockets to the local PostgreSQL, as Neon's proxy does. */
export async function startNeonBridge(): Promise<{ readonly address: string; close(): Promise<void> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => {
    const upstream = connect(5432, '127.0.0.1')
    socket.on('message', (data: Buffer) => upstream.write(data))
    socket.on('close', () => upstream.destroy())
    upstream.on('data', (data) => socket.send(data))
    upstream.on('close', () => socket.close())
    upstream.on('error', () => socket.terminate())
  })
  await new Promise((resolve) => server.on('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate()
        server.close(() => resolve())
      }),
  }
}
