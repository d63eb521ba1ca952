import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import { HttpError } from '../../src/errors/index.ts'
import { readStreamedBody } from '../../src/http/index.ts'
import type { Capability, Platform, PlatformStores, SocketOptions } from '../../src/platform/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import { environmentStores } from './default-stores.ts'
import { formatEvent } from '../process/index.ts'
import { NodeRequest } from './request.ts'
import { createNodeResponse } from './response.ts'

/** Node's Platform, and the work that it still waits for. */
export interface NodePlatform extends Platform {
  /** Resolves when all work that was handed to `waitUntil` has ended, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>
  readonly readBody: (request: Request, maxBytes: number) => Promise<Uint8Array<ArrayBuffer>>
  readonly onDraining: (callback: () => void) => () => void
  /** Calls those who asked for it by `onDraining`, once. What they throw is logged. */
  startDraining(): void
}

/** What a Node platform may be told. */
export interface NodePlatformOptions {
  /** Where log lines go. Default: standard error, JSON, or plain text where that is a terminal. */
  readonly log?: (event: DiagnosticEvent) => void
  /** Default: those that the environment names, opened on first use. */
  readonly stores?: PlatformStores
  /** Do the requests come from our own listeners? Only those have WebSockets. Default: false. */
  readonly webSockets?: boolean
}

/** Makes the Platform of a Node process. */
export function createNodePlatform(options: NodePlatformOptions = {}): NodePlatform {
  const works = new Set<Promise<unknown>>()
  const log = options.log ?? writeLine
  const draining = new Set<() => void>()
  let isDraining = false
  const capabilities: Capability[] = ['early-hints', 'files', 'peer-address', 'tcp', 'timers', 'wait-until']
  if (options.webSockets === true) capabilities.push('websocket')
  return {
    brand: 'rockstar.platform',
    runtime: 'node',
    env: process.env,
    capabilities: new Set(capabilities),
    clock: systemClock(),
    random: systemRandom(),
    createResponse: createNodeResponse,
    log,
    stores: options.stores ?? environmentStores(process.env, log),
    readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
      const own = toOwn(request)
      if (own !== null) return own.readBody(maxBytes)
      return readStreamedBody(request.body, request.headers.get('content-length'), maxBytes)
    },
    waitUntil(work: Promise<unknown>): void {
      const tracked: Promise<unknown> = work
        .catch((error: unknown) => {
          log({
            kind: 'work.failed',
            level: 'error',
            message: `Work after a response failed: ${String(error)}`,
            error,
          })
        })
        .finally(() => works.delete(tracked))
      works.add(tracked)
    },
    peer: (request: Request) => toOwn(request)?.peer() ?? null,
    upgradeWebSocket: options.webSockets === true ? upgradeWebSocket : null,
    earlyHints: (request: Request, links: readonly string[]) => toOwn(request)?.earlyHints(links) ?? false,
    onDraining(callback: () => void): () => void {
      if (isDraining) callback()
      else draining.add(callback)
      return () => void draining.delete(callback)
    },
    startDraining(): void {
      isDraining = true
      for (const callback of draining) {
        draining.delete(callback)
        try {
          callback()
        } catch (error) {
          log({ kind: 'server.draining-failed', level: 'error', message: String(error), error })
        }
      }
    },
    async idle(timeoutMs: number): Promise<void> {
      let isLate = false
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(() => {
        isLate = true
        late.resolve()
      }, timeoutMs)
      // Work may hand over more work.
      while (works.size > 0 && !isLate) await Promise.race([Promise.all(works), late.promise])
      clearTimeout(timer)
    },
  }
}

function upgradeWebSocket(request: Request, options: SocketOptions): Response {
  const own = toOwn(request)
  if (own !== null) return own.upgradeWebSocket(options)
  throw new HttpError(
    501,
    'WEBSOCKET_UNSUPPORTED',
    'Expected the request as it came from the server; pass it on unchanged, not a copy of it',
    { expose: false },
  )
}

function toOwn(request: unknown): NodeRequest | null {
  return request instanceof NodeRequest ? request : null
}

function writeLine(event: DiagnosticEvent): void {
  process.stderr.write(formatEvent(event, process.stderr.isTTY === true))
}
