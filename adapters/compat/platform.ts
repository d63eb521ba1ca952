import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { Platform } from '../../src/platform/index.ts'
import { createPortablePlatform } from '../../src/platform/index.ts'

/** Makes the Platform of a Node process in which somebody else has the server. */
export function createCompatPlatform(log: DiagnosticListener | undefined): Platform {
  const base = createPortablePlatform({
    runtime: 'node',
    env: process.env,
    capabilities: ['early-hints', 'files', 'peer-address', 'tcp', 'timers', 'wait-until'],
    log: log ?? ((event) => void process.stderr.write(`${event.level} ${event.kind} ${event.message}\n`)),
  })
  return {
    ...base,
    waitUntil(work: Promise<unknown>): void {
      work.catch((error: unknown) => {
        base.log({
          kind: 'work.failed',
          level: 'error',
          message: `Work after a response failed: ${String(error)}`,
          error,
        })
      })
    },
  }
}

/** The Platform for one request: what depends on the connection comes from Node's own objects. */
export function platformFor(base: Platform, message: IncomingMessage, response: ServerResponse): Platform {
  const derived: Platform = Object.create(base, {
    peer: {
      value: () => ({
        address: message.socket.remoteAddress ?? '',
        port: message.socket.remotePort ?? 0,
        encrypted: 'encrypted' in message.socket,
        protocol: `HTTP/${message.httpVersion}`,
      }),
    },
    earlyHints: {
      value(_request: Request, links: readonly string[]): boolean {
        if (response.headersSent || message.httpVersion === '1.0') return false
        response.writeEarlyHints({ link: [...links] })
        return true
      },
    },
  })
  return derived
}
