import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import { readStreamedBody } from '../../src/http/index.ts'
import type { Platform, PlatformStores } from '../../src/platform/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import { environmentStores } from './default-stores.ts'
import { formatEvent } from './log.ts'
import { NodeRequest } from './request.ts'
import { createNodeResponse } from './response.ts'

/** Node's Platform, and the work that it still waits for. */
export interface NodePlatform extends Platform {
  /** Resolves when all work that was handed to `waitUntil` has ended, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>
}

/** What a Node platform may be told. */
export interface NodePlatformOptions {
  /** Where log lines go. Default: standard error, JSON, or plain text where that is a terminal. */
  readonly log?: (event: DiagnosticEvent) => void
  /** Default: those that the environment names, opened on first use. */
  readonly stores?: PlatformStores
}

/** Makes the Platform of a Node process. */
export function createNodePlatform(options: NodePlatformOptions = {}): NodePlatform {
  const works = new Set<Promise<unknown>>()
  const log = options.log ?? writeLine
  return {
    brand: 'rockstar.platform',
    runtime: 'node',
    env: process.env,
    capabilities: new Set(['early-hints', 'files', 'peer-address', 'tcp', 'timers', 'wait-until']),
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
    earlyHints: (request: Request, links: readonly string[]) => toOwn(request)?.earlyHints(links) ?? false,
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

function toOwn(request: unknown): NodeRequest | null {
  return request instanceof NodeRequest ? request : null
}

function writeLine(event: DiagnosticEvent): void {
  process.stderr.write(formatEvent(event, process.stderr.isTTY === true))
}
