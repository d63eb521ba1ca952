import type { Socket } from 'node:net'
import { connect } from 'node:net'

/** Sends text over a fresh socket and resolves to all that comes until the server closes, or until `quietMs` of silence. */
export function exchange(port: number, text: string | readonly string[], quietMs = 400): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    let timer = setTimeout(done, quietMs)
    function done(): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(received)
    }
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      clearTimeout(timer)
      timer = setTimeout(done, quietMs)
    })
    socket.on('close', done)
    socket.on('error', done)
    socket.on('connect', () => {
      for (const part of typeof text === 'string' ? [text] : text) socket.write(part, 'latin1')
    })
  })
}

/** The statuses of the answers in what a server sent. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]))
}

/** A socket that is open; its end is told by `closed`. */
export async function open(port: number): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
  // What comes is not looked at, but a socket that is not read does not see its end.
  socket.on('error', () => undefined).resume()
  await new Promise((resolve) => void socket.once('connect', resolve))
  return { socket, closed }
}
