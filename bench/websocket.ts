import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { median } from './numbers.ts'

/**
 * Echo over WebSocket, side by side with plain `ws`: `node bench/websocket.ts`. Each server is a process of its own on
 * one core; the client is raw sockets that count bytes, so that the server is what is measured.
 */
const connections = 16
const inFlight = 16
const rounds = 5
const seconds = 2
const sizes = [16, 120, 1024, 16_384]

/** What is measured. `platform` is the adapter alone, without hooks. */
const servers: Readonly<Record<string, (port: number) => Promise<unknown>>> = {
  ws: serveWs,
  platform: servePlatform,
  rockstar: serveRockstar,
}

async function serveWs(port: number): Promise<void> {
  const server = createServer()
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
    socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

async function servePlatform(port: number): Promise<void> {
  const { createApp } = await import('rockstar-web')
  const { serve } = await import('rockstar-web/node')
  const app = createApp()
  app.get('/', (ctx) => {
    const { upgradeWebSocket } = ctx.platform
    if (upgradeWebSocket === null) throw new Error('Expected WebSockets')
    return upgradeWebSocket(ctx.request, {
      protocol: null,
      headers: [],
      maxMessageBytes: 1_048_576,
      open: (socket) => ({
        message: (message) => socket.send(message),
        drain: () => undefined,
        pong: () => undefined,
        close: () => undefined,
      }),
    })
  })
  await serve(app, { port })
}

async function serveRockstar(port: number): Promise<void> {
  const { createApp } = await import('rockstar-web')
  const { serve } = await import('rockstar-web/node')
  const app = createApp()
  app.ws('/', { message: (socket, message) => void socket.send(message) })
  await serve(app, { port })
}

/** One masked frame of a client. */
function frameOf(size: number, kind: number): Buffer {
  const head = size < 126 ? [0x80 | kind, 0x80 | size] : [0x80 | kind, 0xfe, size >> 8, size & 0xff]
  const key = [0x12, 0x34, 0x56, 0x78]
  const payload = Buffer.alloc(size, 'payload ').map((byte, index) => byte ^ (key[index & 3] ?? 0))
  return Buffer.concat([Buffer.from([...head, ...key]), payload])
}

/** Keeps `inFlight` messages under way on one connection until `until`; resolves to how many came back. */
async function exchange(port: number, size: number, kind: number, until: () => boolean): Promise<number> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  socket.write(
    'GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n' +
      'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  const [head] = (await once(socket, 'data')) as [Buffer]
  if (!head.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`Expected 101, got ${head}`)
  const echoBytes = size + (size < 126 ? 2 : 4)
  const frames = Buffer.concat(Array.from({ length: inFlight }, () => frameOf(size, kind)))
  const frameBytes = frames.length / inFlight
  let received = 0
  let told = 0
  const done = Promise.withResolvers<number>()
  socket.on('error', done.reject)
  socket.on('data', (chunk) => {
    received += chunk.length
    const count = Math.floor(received / echoBytes) - told
    told += count
    if (until()) {
      socket.destroy()
      done.resolve(told)
    } else if (count > 0) socket.write(frames.subarray(0, count * frameBytes))
  })
  socket.write(frames)
  return done.promise
}

interface Round {
  readonly perSecond: number
  readonly microsPerMessage: number
}

async function measure(child: ChildProcess, port: number, size: number, kind: number): Promise<Round> {
  const before = await readCpu(child)
  const began = performance.now()
  const lanes = Array.from({ length: connections }, () =>
    exchange(port, size, kind, () => performance.now() - began > seconds * 1000),
  )
  const counts = await Promise.all(lanes)
  const tookMs = performance.now() - began
  const after = await readCpu(child)
  const total = counts.reduce((sum, count) => sum + count, 0)
  return { perSecond: (total / tookMs) * 1000, microsPerMessage: (after - before) / total }
}

async function readCpu(child: ChildProcess): Promise<number> {
  child.send('read')
  const [micros] = (await once(child, 'message')) as [number]
  return micros
}

async function start(name: string, port: number): Promise<ChildProcess> {
  const node = [process.execPath, fileURLToPath(import.meta.url), name, String(port)]
  const [command = '', ...args] = process.platform === 'linux' ? ['taskset', '-c', '0', ...node] : node
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(child, 'message')
  return child
}

async function run(names: readonly string[]): Promise<void> {
  console.log(
    `${cpus()[0]?.model}, Node ${process.version}; ${connections} connections, ${inFlight} in flight`,
  )
  const children = new Map<string, { child: ChildProcess; port: number }>()
  for (const [index, name] of names.entries())
    children.set(name, { child: await start(name, 4501 + index), port: 4501 + index })
  for (const [kind, label] of [
    [1, 'text'],
    [2, 'binary'],
  ] as const) {
    for (const size of sizes) {
      const results = new Map<string, Round[]>(names.map((name) => [name, []]))
      for (let round = -1; round < rounds; round++) {
        for (const [name, { child, port }] of children) {
          const result = await measure(child, port, size, kind)
          if (round >= 0) results.get(name)?.push(result)
        }
      }
      const base = median((results.get('ws') ?? []).map(({ perSecond }) => perSecond))
      for (const [name, list] of results) {
        const perSecond = median(list.map((one) => one.perSecond))
        const micros = median(list.map((one) => one.microsPerMessage))
        console.log(
          `${label} ${size} bytes, ${name}: ${Math.round(perSecond)} messages/s, ${micros.toFixed(2)} µs CPU, ` +
            `${(perSecond / base).toFixed(2)} × ws`,
        )
      }
    }
  }
  for (const { child } of children.values()) child.kill('SIGKILL')
}

const [, , name = '', port = '0'] = process.argv
const serveOne = servers[name]
if (serveOne === undefined) {
  await run(name === '' ? Object.keys(servers) : name.split(','))
} else {
  process.on('disconnect', () => process.exit(0))
  await serveOne(Number(port))
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.send?.(0)
}
