import type { Socket as NetSocket } from 'node:net'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import type { AnsweringServer, ServeOptions } from '../../adapters/node/index.ts'
import { serve } from '../../adapters/node/index.ts'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import type { ManagedApp } from '../../src/server/index.ts'
import type { ClientFrame, ServerFrame } from './client-frames.ts'
import { clientFrame, parseServerFrames } from './client-frames.ts'

/** A server for one test, and what it logged. */
export interface TestServer extends AnsweringServer {
  readonly events: DiagnosticEvent[]
}

/** Serves an app on a free port until the test ends. */
export async function startServer(app: ManagedApp, options: ServeOptions = {}): Promise<TestServer> {
  const events: DiagnosticEvent[] = []
  const log = (event: DiagnosticEvent): void => void events.push(event)
  const server = await serve(app, { port: 0, signals: false, log, stores: { choices: [] }, ...options })
  if (server.role === 'primary') throw new Error('Expected a server of one process')
  onTestFinished(async () => void (await server.close({ graceMs: 0 })))
  return Object.assign(server, { events })
}

/** The fields of a valid handshake. */
export const handshakeFields = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** An answer to a handshake. */
export interface HandshakeAnswer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** Sends a handshake whose fields are changed by these; null takes one off. */
export function shake(
  server: AnsweringServer,
  path: string,
  changes: Readonly<Record<string, string | null>> = {},
  method = 'GET',
): Promise<HandshakeAnswer> {
  const entries = Object.entries({ ...handshakeFields, ...changes })
  const headers = Object.fromEntries(
    entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )
  return new Promise((resolve, reject) => {
    const sent = request(server.url + path, { method, headers, agent: false })
    sent.on('error', reject)
    sent.on('upgrade', (message, socket) => {
      socket.destroy()
      resolve({ status: message.statusCode ?? 0, headers: message.headers, body: '' })
    })
    sent.on('response', (message) => {
      let body = ''
      message.setEncoding('utf8').on('data', (text: string) => (body += text))
      message.on('end', () => resolve({ status: message.statusCode ?? 0, headers: message.headers, body }))
    })
    sent.end()
  })
}

/** A client that sends what it is told, frame by frame, valid or not. */
export class FrameClient {
  readonly socket: NetSocket
  readonly head: string
  #bytes: Buffer
  #frames: ServerFrame[] = []
  #wake = (): void => undefined

  constructor(socket: NetSocket, head: string, rest: Buffer) {
    this.socket = socket
    this.head = head
    this.#bytes = rest
    socket.on('close', () => this.#wake())
    socket.on('error', () => undefined)
  }

  /** Begins to read. */
  listen(): this {
    this.socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    return this
  }

  send(...frames: readonly (ClientFrame | Uint8Array)[]): this {
    this.socket.write(Buffer.concat(frames.map((frame) => ('kind' in frame ? clientFrame(frame) : frame))))
    return this
  }

  /** The next frame, or null at the end of the connection. */
  async next(): Promise<ServerFrame | null> {
    for (;;) {
      const { frames, rest } = parseServerFrames(this.#bytes)
      this.#bytes = rest
      this.#frames.push(...frames)
      const first = this.#frames.shift()
      if (first !== undefined) return first
      if (this.socket.closed) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** All frames up to the end of the connection. */
  async rest(): Promise<ServerFrame[]> {
    const frames: ServerFrame[] = []
    for (let frame = await this.next(); frame !== null; frame = await this.next()) frames.push(frame)
    return frames
  }
}

/** Opens a WebSocket by hand. With `isPaused` nothing is read after the handshake until `listen()`. */
export async function openFrames(
  server: AnsweringServer,
  path: string,
  options: { isPaused?: boolean; first?: Uint8Array; fields?: string } = {},
): Promise<FrameClient> {
  const socket = connect(server.port, '127.0.0.1').setNoDelay(true)
  onTestFinished(() => void socket.destroy())
  const fields = Object.entries(handshakeFields).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `GET ${path} HTTP/1.1\r\nhost: localhost:${server.port}\r\n${options.fields ?? ''}${fields.join('')}\r\n`
  socket.write(Buffer.concat([Buffer.from(head), options.first ?? new Uint8Array(0)]))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.removeAllListeners('data')
  socket.pause()
  const end = answer.indexOf('\r\n\r\n') + 4
  const client = new FrameClient(socket, answer.toString('latin1', 0, end), answer.subarray(end))
  if (options.isPaused !== true) client.listen().socket.resume()
  return client
}

/** Waits until `holds` does; the test's own time is the bound. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => void setTimeout(resolve, 2))
}
