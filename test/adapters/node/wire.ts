import { once } from 'node:events'
import type { Http2Server } from 'node:http2'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import type { HandlerOptions } from '../../../adapters/node/handler.ts'
import { createHttp1Handler } from '../../../adapters/node/listeners/http1.ts'
import { createHttp2Handler } from '../../../adapters/node/listeners/http2.ts'
import type { NodePlatform } from '../../../adapters/node/platform.ts'
import { createNodePlatform } from '../../../adapters/node/platform.ts'
import type { DiagnosticEvent } from '../../../src/diagnostics/contract.ts'
import type { WireRequest } from '../../../src/platform/contract.ts'
import type { Activity, ServableApp } from '../../../src/server/contract.ts'

/** What a test answers with. */
export type Fetch = (request: WireRequest, platform: NodePlatform) => Response | Promise<Response>

/** A server for one test, on a free port. */
export interface WireServer {
  readonly port: number
  readonly activity: Activity
  readonly events: DiagnosticEvent[]
}

/** Serves HTTP/1.1 until the test ends. */
export async function startHttp1(fetch: Fetch): Promise<WireServer> {
  const { createServer } = process.getBuiltinModule('node:http')
  const { options, wire } = handlerFor(fetch)
  const handle = createHttp1Handler(options)
  const server = createServer({ optimizeEmptyRequests: true, requireHostHeader: false }, handle)
  server.on('checkContinue', handle)
  return { ...wire, port: await listen(server) }
}

/** Serves HTTP/2 without TLS until the test ends. */
export async function startHttp2(fetch: Fetch): Promise<WireServer> {
  const { createServer } = process.getBuiltinModule('node:http2')
  const { options, wire } = handlerFor(fetch)
  const server = createServer()
  server.on('stream', createHttp2Handler(options))
  server.on('sessionError', () => undefined)
  return { ...wire, port: await listen(server) }
}

function handlerFor(fetch: Fetch): { options: HandlerOptions; wire: Omit<WireServer, 'port'> } {
  const activity: Activity = { active: 0, total: 0, draining: false, onEnd: null }
  const events: DiagnosticEvent[] = []
  const platform = createNodePlatform({ stores: { choices: [] }, log: (event) => void events.push(event) })
  const app: ServableApp = { fetch: (request) => fetch(request, platform) }
  return { options: { app, platform, activity, maxHeaderFields: 100 }, wire: { activity, events } }
}

async function listen(server: Server | Http2Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** A client that says exactly what it is told to, and shows exactly what comes back. */
export class RawClient {
  readonly socket: Socket
  #received = ''
  #wake = (): void => undefined

  constructor(port: number, options: { paused?: boolean } = {}) {
    this.socket = connect(port, '127.0.0.1')
    onTestFinished(() => void this.socket.destroy())
    if (options.paused !== true) this.listen()
    this.socket.on('error', () => undefined).on('close', () => this.#wake())
  }

  /** Everything that came so far, one character per byte. */
  get received(): string {
    return this.#received
  }

  listen(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1')
      this.#wake()
    })
  }

  send(text: string | Uint8Array): this {
    this.socket.write(text)
    return this
  }

  /** Everything up to and including `text`; fails when the connection ends before. Takes it off what was received. */
  async until(text: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(text)
      if (at !== -1) {
        const taken = this.#received.slice(0, at + text.length)
        this.#received = this.#received.slice(at + text.length)
        return taken
      }
      if (this.socket.closed) throw new Error(`Closed before ${JSON.stringify(text)}: ${this.#received}`)
      await this.#more()
    }
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<string> {
    while (!this.socket.closed) await this.#more()
    return this.#received
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

/** Sends requests and resolves to all that came back until the server closes the connection. */
export function talk(port: number, requests: string): Promise<string> {
  return new RawClient(port).send(requests).rest()
}

/** Waits until `holds` does, looking at every turn of the event loop; the test's own time is the bound. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => void setImmediate(resolve))
}
