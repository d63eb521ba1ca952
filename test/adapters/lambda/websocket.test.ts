import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LambdaHandler } from '../../../adapters/lambda/index.ts'
import { handler } from '../../../adapters/lambda/index.ts'
import type { DiagnosticEvent } from '../../../src/diagnostics/contract.ts'
import { createApp } from '../../../src/index.ts'
import type { PlatformStores, SocketListener } from '../../../src/platform/contract.ts'
import { memoryKeyValue } from '../../../src/stores/key-value/index.ts'
import { contextFor } from './fixtures.ts'

/** What API Gateway was asked for. */
interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly body: string
  readonly isSigned: boolean
}

const secret = 'not-a-real-secret'
const env = {
  AWS_ACCESS_KEY_ID: 'not-a-real-id',
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_SESSION_TOKEN: 'not-a-real-token',
  AWS_REGION: 'eu-west-3',
}
const before = { ...process.env }
const asked: Asked[] = []
const heard: string[] = []
const events: DiagnosticEvent[] = []
let status = 200
let gateway: Server
let endpoint = ''

beforeAll(async () => {
  Object.assign(process.env, env)
  gateway = createServer((request, response) => {
    void readAll(request).then((body) => {
      asked.push({ method: request.method, url: request.url, body, isSigned: isSigned(request, body) })
      response.writeHead(status).end()
    })
  }).listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  // It listens on TCP, so that it has an address of this kind.
  endpoint = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/prod`
})
afterAll(() => {
  for (const name of Object.keys(env)) {
    if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = before[name]
  }
  gateway.close()
})
beforeEach(() => {
  for (const list of [asked, heard, events]) list.length = 0
  status = 200
})

const app = createApp().get('/ws', (ctx) => {
  if (ctx.query.get('token') !== 'right') return ctx.text('no', 403)
  const upgraded = ctx.platform.upgradeWebSocket?.(ctx.request, {
    protocol: ctx.headers.get('sec-websocket-protocol')?.split(',')[0]?.trim() ?? null,
    headers: ['x-upgrade', 'yes'],
    maxMessageBytes: 100,
    open(socket): SocketListener {
      heard.push(`open ${ctx.headers.get('x-user')} ${ctx.platform.peer(ctx.request)?.address}`)
      return {
        message(message) {
          heard.push(typeof message === 'string' ? message : `bytes ${message.join()}`)
          if (message === 'close') socket.close(4001, 'asked for')
          else if (message === 'cut') socket.terminate()
          else if (message === 'ping') heard.push(`ping ${socket.ping()}`)
          else for (const part of ['a', 'b', 'c']) socket.send(`${part} ${String(message)}`)
          if (message === 'buffered') heard.push(`buffered ${socket.bufferedBytes}`)
        },
        drain: () => void heard.push('drain'),
        pong: () => undefined,
        close: (code, reason) => void heard.push(`close ${code} ${reason}`),
      }
    },
  })
  return upgraded ?? ctx.text('no WebSockets', 501)
})

/** Stores that two sandboxes share. */
function sharedStores(): PlatformStores {
  const store = memoryKeyValue()
  return { choices: [], keyValue: async () => store }
}

function sandbox(stores: PlatformStores = sharedStores()): LambdaHandler {
  return handler(app, {
    webSocketPath: '/ws',
    webSocketEndpoint: endpoint,
    stores,
    log: (event) => void events.push(event),
  })
}

function webSocketEvent(eventType: string, context: object = {}, rest: object = {}): object {
  return {
    requestContext: {
      routeKey: eventType === 'CONNECT' ? '$connect' : eventType === 'MESSAGE' ? '$default' : '$disconnect',
      eventType,
      connectionId: 'dGVzdA=',
      connectedAt: 1_772_438_400_000,
      domainName: 'w5example.execute-api.eu-west-3.amazonaws.com',
      stage: 'prod',
      apiId: 'w5example',
      requestId: 'JKJaXmPLvHcESHA=',
      identity: { sourceIp: '203.0.113.7' },
      ...context,
    },
    isBase64Encoded: false,
    ...rest,
  }
}

function connectEvent(token = 'right', headers: object = {}): object {
  return webSocketEvent(
    'CONNECT',
    {},
    {
      headers: { Host: 'w5example.execute-api.eu-west-3.amazonaws.com', 'X-User': 'ada', ...headers },
      queryStringParameters: { token },
    },
  )
}

async function send(run: LambdaHandler, body: string, rest: object = {}): Promise<number> {
  return (await run(webSocketEvent('MESSAGE', {}, { body, ...rest }), contextFor())).statusCode
}

async function connected(run: LambdaHandler): Promise<LambdaHandler> {
  expect((await run(connectEvent(), contextFor())).statusCode).toBe(200)
  return run
}

describe('a WebSocket API', () => {
  it('connects where the app accepts the handshake, and tells the subprotocol', async () => {
    const result = await sandbox()(
      connectEvent('right', { 'Sec-WebSocket-Protocol': 'chat, other' }),
      contextFor(),
    )
    expect(result).toMatchObject({ statusCode: 200, headers: { 'sec-websocket-protocol': 'chat' } })
    // It takes no message before it is answered.
    expect([heard, asked]).toEqual([[], []])
  })

  it('does not connect where the app refuses', async () => {
    expect(await sandbox()(connectEvent('wrong'), contextFor())).toMatchObject({
      statusCode: 403,
      body: 'no',
    })
  })

  it('does not connect where the route is no WebSocket', async () => {
    const plain = handler(
      createApp().get('/ws', () => 'hello'),
      { webSocketPath: '/ws', stores: sharedStores() },
    )
    expect(await plain(connectEvent(), contextFor())).toMatchObject({ statusCode: 426 })
  })

  it('opens with the first message, once, and sends answers in order, signed', async () => {
    const run = await connected(sandbox())
    expect(await send(run, 'one')).toBe(200)
    expect(await send(run, 'two')).toBe(200)
    expect(heard).toEqual(['open ada 203.0.113.7', 'one', 'drain', 'two', 'drain'])
    expect(asked.map(({ body }) => body)).toEqual(['a one', 'b one', 'c one', 'a two', 'b two', 'c two'])
    expect(asked.every(({ isSigned: it }) => it)).toBe(true)
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/prod/@connections/dGVzdA%3D' })
  })

  it('has sent everything before it is frozen', async () => {
    const run = await connected(sandbox())
    await send(run, 'buffered')
    expect(heard).toContain('buffered 30')
    expect(asked).toHaveLength(3)
  })

  it('opens again in another sandbox that shares the store', async () => {
    const stores = sharedStores()
    await connected(sandbox(stores))
    expect(await send(sandbox(stores), 'one')).toBe(200)
    expect(heard.slice(0, 2)).toEqual(['open ada 203.0.113.7', 'one'])
  })

  it('closes a connection whose handshake nobody knows', async () => {
    expect(await send(sandbox(), 'one')).toBe(200)
    expect(heard).toEqual([])
    expect(asked).toMatchObject([{ method: 'DELETE', isSigned: true }])
    expect(events).toContainEqual(expect.objectContaining({ kind: 'websocket.unknown', level: 'error' }))
  })

  it('takes bytes', async () => {
    const run = await connected(sandbox())
    await send(run, 'AP8=', { isBase64Encoded: true })
    expect(heard).toContain('bytes 0,255')
  })

  it('closes for a message that is too long', async () => {
    const run = await connected(sandbox())
    await send(run, 'x'.repeat(101))
    expect(heard).toEqual(['open ada 203.0.113.7', 'close 1009 Message too long'])
    expect(asked).toMatchObject([{ method: 'DELETE' }])
  })

  it.each([
    ['close', ['close 4001 asked for']],
    ['cut', ['close 1006 ']],
    ['ping', ['ping false']],
  ])('does what the app asks for: %s', async (message, told) => {
    const run = await connected(sandbox())
    await send(run, message)
    expect(heard.slice(2)).toEqual(told)
    expect(asked.map(({ method }) => method)).toEqual(message === 'ping' ? [] : ['DELETE'])
  })

  it('tells the end with its code, once', async () => {
    const run = await connected(sandbox())
    await send(run, 'ping')
    const context = { disconnectStatusCode: 1001, disconnectReason: 'Going away' }
    const end = webSocketEvent('DISCONNECT', context)
    expect((await run(end, contextFor())).statusCode).toBe(200)
    expect(heard.at(-1)).toBe('close 1001 Going away')
    expect((await run(end, contextFor())).statusCode).toBe(200)
    expect(heard.filter((line) => line.startsWith('close'))).toHaveLength(1)
  })

  it('tells 1005 where the client gave no code', async () => {
    const run = await connected(sandbox())
    await send(run, 'ping')
    await run(webSocketEvent('DISCONNECT', { disconnectStatusCode: -1 }), contextFor())
    expect(heard.at(-1)).toBe('close 1005 ')
  })

  it('tells the end when API Gateway says that the client is gone', async () => {
    const run = await connected(sandbox())
    status = 410
    await send(run, 'one')
    expect(asked).toHaveLength(1)
    expect(heard.at(-1)).toBe('close 1006 ')
  })

  it('tells in the log what API Gateway refuses', async () => {
    const run = await connected(sandbox())
    status = 403
    expect(await send(run, 'one')).toBe(200)
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'work.failed',
        message: expect.stringContaining('execute-api:ManageConnections'),
      }),
    )
    expect(JSON.stringify(events)).not.toContain(secret)
  })

  it('needs the option', async () => {
    await expect(handler(app)(connectEvent(), contextFor())).rejects.toThrow('webSocketPath')
  })
})

/** Recomputes the signature with Node's own cryptography. */
function isSigned({ method, url, headers }: IncomingMessage, body: string): boolean {
  const at = String(headers['x-amz-date'])
  const scope = `${at.slice(0, 8)}/eu-west-3/execute-api/aws4_request`
  const path = String(url).split('/').map(encodeURIComponent).join('/')
  const canonical = [
    method,
    path,
    '',
    `host:${headers.host}`,
    `x-amz-date:${at}`,
    `x-amz-security-token:${env.AWS_SESSION_TOKEN}`,
    '',
    'host;x-amz-date;x-amz-security-token',
    createHash('sha256').update(body).digest('hex'),
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', at, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  )
  let key: Buffer | string = `AWS4${secret}`
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return String(headers.authorization).endsWith(`Signature=${signature}`)
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
