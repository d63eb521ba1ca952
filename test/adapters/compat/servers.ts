import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import type { DiagnosticEvent } from '../../../src/diagnostics/index.ts'

/** Listens on a free port until the test ends; resolves to the URL. */
export async function listen(server: Server | RequestListener, host = '127.0.0.1'): Promise<string> {
  const opened = typeof server === 'function' ? createServer(server) : server
  opened.listen(0, host)
  await new Promise((resolve) => void opened.once('listening', resolve))
  onTestFinished(async () => {
    opened.closeAllConnections()
    await new Promise((resolve) => void opened.close(resolve))
  })
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}`
}

/** Sends exactly this text and resolves to what came back until the server closed the connection. */
export function sendRaw(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => void socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => void (received += chunk))
    socket.on('error', () => undefined).on('close', () => resolve(received))
  })
}

/** Hears log events. */
export function recorder(): { log: (event: DiagnosticEvent) => void; events: DiagnosticEvent[] } {
  const events: DiagnosticEvent[] = []
  return { events, log: (event) => void events.push(event) }
}

/** Posts a value as JSON. */
export function postJson(url: string, value: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(value) })
}
