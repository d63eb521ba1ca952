import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { GatewayKind } from './gateway-events.ts'
import { makeEvent } from './gateway-events.ts'
import type { Sandbox } from './runtime-api.ts'
import { startSandbox } from './runtime-api.ts'

export interface LambdaFixtureOptions {
  /** A TypeScript module that exports the function under `handler`; for the kinds that stream, under `stream`. */
  readonly entry: string
  readonly kind: GatewayKind
  readonly env?: Readonly<Record<string, string>>
  /** The export to run. Default: `handler`, or `stream` for a kind that streams. */
  readonly exportName?: string
  /** The function's timeout in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number
  /** So many requests are taken at once, each by a process of its own. 1 to 16. Default: 4. */
  readonly maxSandboxes?: number
}

/** A function behind a gateway, on an address of this machine. */
export interface LambdaFixture {
  readonly url: string
  /** All that the processes have said. */
  said(): string
  close(): Promise<void>
}

/**
 * Runs a function as Lambda would and puts a gateway of the given kind before it, so that it can be driven by HTTP. The
 * module is bundled as a user's bundler does it; npm packages stay outside.
 */
export async function startLambda(options: LambdaFixtureOptions): Promise<LambdaFixture> {
  const { entry, kind, env = {}, maxSandboxes = 4 } = options
  mkdirSync('.scratch', { recursive: true })
  const folder = mkdtempSync(join('.scratch', 'lambda-'))
  const module = resolve(folder, 'index.mjs')
  await build({
    entryPoints: [entry],
    outfile: module,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    logLevel: 'warning',
  })
  const exportName = options.exportName ?? (kind.endsWith('-stream') ? 'stream' : 'handler')
  const sandboxes: Sandbox[] = []
  let pending: Promise<unknown> = Promise.resolve()
  let gone = ''

  async function open(): Promise<Sandbox> {
    const { timeoutMs } = options
    const sandbox = await startSandbox({
      module,
      exportName,
      env,
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    sandboxes.push(sandbox)
    return sandbox
  }

  /** One that is idle, a new one, or the one that is idle next. */
  async function take(): Promise<Sandbox> {
    for (const [index, sandbox] of sandboxes.entries()) {
      if (!sandbox.hasEnded) continue
      gone += sandbox.said()
      sandboxes.splice(index, 1)
      await sandbox.close()
    }
    const idle = sandboxes.find(({ isBusy }) => !isBusy)
    if (idle !== undefined) return idle
    if (sandboxes.length < maxSandboxes) return open()
    return Promise.race(sandboxes.map((sandbox) => sandbox.idle().then(() => sandbox)))
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const event = makeEvent(kind, {
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      rawHeaders: request.rawHeaders,
      body: Buffer.concat(chunks),
      address: request.socket.remoteAddress ?? '',
    })
    // One after the other, so that two requests do not take the same sandbox.
    const begun = pending.then(async () => {
      const sandbox = await take()
      return { invocation: sandbox.invoke(event) }
    })
    pending = begun.catch(() => undefined)
    const invocation = await (await begun).invocation
    if (invocation.kind === 'error') return refuse(response)
    if (invocation.kind === 'stream') return sendStream(invocation.contentType, invocation.body, response)
    send(JSON.parse(invocation.payload), response)
  }

  try {
    await open()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else if (error instanceof URIError) response.writeHead(400).end('{"message":"Bad Request"}')
      else refuse(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on TCP, so that it has an address of this kind.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    said: () => gone + sandboxes.map((sandbox) => sandbox.said()).join(''),
    async close(): Promise<void> {
      server.closeAllConnections()
      server.close()
      await Promise.all(sandboxes.map((sandbox) => sandbox.close()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The result of a function, of any format. */
interface Result {
  readonly statusCode?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  readonly cookies?: readonly string[]
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

/** What every gateway answers when a function fails or its result is none. */
function refuse(response: ServerResponse): void {
  response.writeHead(502, { 'content-type': 'application/json' }).end('{"message":"Internal server error"}')
}

function send(result: Result | null, response: ServerResponse): void {
  if (typeof result?.statusCode !== 'number') return refuse(response)
  response.writeHead(result.statusCode, toRawHeaders(result))
  response.end(Buffer.from(result.body ?? '', result.isBase64Encoded === true ? 'base64' : 'utf8'))
}

/** The head is JSON up to eight zero bytes; what follows is the body as it comes. */
async function sendStream(
  contentType: string,
  body: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (contentType !== 'application/vnd.awslambda.http-integration-response') return refuse(response)
  let start: Buffer | null = Buffer.alloc(0)
  for await (const chunk of body) {
    if (start === null) {
      response.write(chunk)
      continue
    }
    start = Buffer.concat([start, chunk])
    const end = start.indexOf(Buffer.alloc(8))
    if (end === -1) continue
    const result: Result = JSON.parse(start.subarray(0, end).toString())
    response.writeHead(result.statusCode ?? 200, toRawHeaders(result))
    response.flushHeaders()
    if (start.length > end + 8) response.write(start.subarray(end + 8))
    start = null
  }
  if (start !== null) return refuse(response)
  if (body.trailers['lambda-runtime-function-error-type'] === undefined) response.end()
  else response.destroy()
}

function toRawHeaders({ headers = {}, multiValueHeaders = {}, cookies = [] }: Result): string[] {
  const raw: string[] = []
  for (const [name, value] of Object.entries(headers)) raw.push(name, String(value))
  for (const [name, values] of Object.entries(multiValueHeaders))
    for (const value of values) raw.push(name, value)
  for (const cookie of cookies) raw.push('set-cookie', cookie)
  return raw
}
