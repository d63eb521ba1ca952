import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** How an invocation went. */
export type Invocation =
  | { readonly kind: 'buffered'; readonly payload: string }
  | { readonly kind: 'stream'; readonly contentType: string; readonly body: IncomingMessage }
  | { readonly kind: 'error'; readonly error: FunctionError }

export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
}

/** What a sandbox runs. */
export interface SandboxOptions {
  /** The path of a module that can be imported by Node. */
  readonly module: string
  /** The export that is the handler. Default: `handler`. */
  readonly exportName?: string
  readonly env?: Readonly<Record<string, string>>
  /** The function's timeout in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number
}

/** One process that runs one function, one event at a time, frozen in between. */
export interface Sandbox {
  invoke(event: unknown): Promise<Invocation>
  /** Resolves when the function has handed over all that belongs to the last event and is frozen. */
  idle(): Promise<void>
  /** All that it has said. */
  said(): string
  readonly isBusy: boolean
  readonly hasEnded: boolean
  close(): Promise<void>
}

/** What Lambda itself allows as answer, in bytes of JSON. */
const maxPayloadBytes = 6_291_556
/** How long a function may take to start, in milliseconds. */
const initMs = 10_000
const bootstrap = fileURLToPath(new URL('bootstrap.mjs', import.meta.url))

interface Job {
  readonly id: string
  readonly event: string
  readonly settle: (invocation: Invocation) => void
}

/**
 * Starts a process and the Runtime API that it asks for events. Between two events the process is stopped by a signal,
 * as Lambda freezes it: what it has not done by then is not done.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { module, exportName = 'handler', env = {}, timeoutMs = 30_000 } = options
  let waiting: ServerResponse | null = null
  let job: Job | null = null
  let output = ''
  let isIdle = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on TCP, so that it has an address of this kind.
  const { port } = server.address() as AddressInfo
  const child: ChildProcess = spawn(process.execPath, [bootstrap, module, exportName], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_REGION: 'eu-central-1',
      ...env,
    },
  })
  const ended = once(child, 'exit').then(([code, signal]) => {
    finish({
      kind: 'error',
      error: { errorType: 'Runtime.ExitError', errorMessage: `exit ${code ?? signal}` },
    })
    isIdle.reject(new Error(`The function ended (${code ?? signal}): ${output.slice(-2000)}`))
  })
  isIdle.promise.catch(() => undefined)
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))

  function finish(invocation: Invocation): void {
    job?.settle(invocation)
    job = null
    clearTimeout(timer)
  }

  function give(): void {
    if (waiting === null || job === null) return
    child.kill('SIGCONT')
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': job.id,
      'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:000000000000:function:fixture',
    })
    waiting.end(job.event)
    waiting = null
    timer = setTimeout(() => {
      finish({
        kind: 'error',
        error: { errorType: 'Sandbox.Timedout', errorMessage: `Task timed out after ${timeoutMs} ms` },
      })
      child.kill('SIGKILL')
    }, timeoutMs)
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/2018-06-01/runtime', '')
    if (path === '/invocation/next') {
      waiting = response
      clearTimeout(timer)
      isIdle.resolve()
      if (job === null) child.kill('SIGSTOP')
      else give()
      return
    }
    const isAnswer = path === `/invocation/${job?.id}/response`
    if (isAnswer && request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      job?.settle({ kind: 'stream', contentType: request.headers['content-type'] ?? '', body: request })
      request.once('end', () => {
        job = null
        response.writeHead(202).end()
      })
      return
    }
    const body = await readAll(request)
    if (isAnswer && Buffer.byteLength(body) > maxPayloadBytes) {
      response.writeHead(413).end('{"errorType":"RequestEntityTooLarge"}')
      return
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
    if (isAnswer) finish({ kind: 'buffered', payload: body })
    else if (path === '/init/error') output += body
    // The bootstrap writes nothing else there.
    else finish({ kind: 'error', error: JSON.parse(body) as FunctionError })
  }

  const late = setTimeout(() => isIdle.reject(new Error(`The function did not start: ${output}`)), initMs)
  try {
    await isIdle.promise
  } catch (error) {
    child.kill('SIGKILL')
    server.close()
    throw error
  } finally {
    clearTimeout(late)
  }
  return {
    invoke(event): Promise<Invocation> {
      if (job !== null) throw new Error('Expected one event at a time')
      isIdle = Promise.withResolvers<void>()
      isIdle.promise.catch(() => undefined)
      return new Promise((settle) => {
        job = { id: randomUUID(), event: JSON.stringify(event), settle }
        give()
      })
    },
    idle: () => isIdle.promise,
    said: () => output,
    get isBusy(): boolean {
      return waiting === null
    },
    get hasEnded(): boolean {
      return child.exitCode !== null || child.signalCode !== null
    },
    async close(): Promise<void> {
      child.kill('SIGKILL')
      await ended
      clearTimeout(timer)
      server.closeAllConnections()
      server.close()
    },
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
