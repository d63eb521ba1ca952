import type { DiagnosticEvent, DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { Platform, PlatformStores } from '../../src/platform/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import { createSlotClock } from './clock.ts'
import type { DenoApi } from './deno.ts'
import { requireDeno } from './deno.ts'
import type { Draining } from '../process/index.ts'
import { createWorks, formatEvent, readNativeBody } from '../process/index.ts'
import { readEnvironment } from './env.ts'
import { peerOf } from './request.ts'
import { createOwnResponse } from './response.ts'
import { chooseDenoStores } from './stores.ts'
import { upgrade } from './websocket.ts'

/** Deno's Platform, and the work that it still waits for. */
export interface DenoPlatform extends Platform {
  /** Resolves when all work that was handed to `waitUntil` has ended, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>
}

/** What a Deno platform may be told. */
export interface DenoPlatformOptions {
  /** Where log lines go. Default: standard error, JSON, or plain text where that is a terminal. */
  readonly log?: DiagnosticListener
  /** Default: those that the environment names, opened on first use. */
  readonly stores?: PlatformStores
}

/**
 * Makes the Platform of a Deno process. Needs no permission; what is not permitted is not there. `draining` is of whoever
 * stops the server, null where nobody tells.
 */
export function createDenoPlatform(options: DenoPlatformOptions, draining: Draining | null): DenoPlatform {
  const deno = requireDeno()
  const log = options.log ?? lineWriter(deno)
  const works = createWorks(log)
  const env = readEnvironment(deno)
  const clock = createSlotClock(systemClock())
  return {
    brand: 'rockstar.platform',
    runtime: 'deno',
    env,
    capabilities: new Set(['files', 'peer-address', 'tcp', 'timers', 'wait-until', 'websocket']),
    clock,
    random: systemRandom(),
    createResponse: createOwnResponse,
    log,
    stores: options.stores ?? chooseDenoStores(deno, env, log),
    readBody: readNativeBody,
    waitUntil: works.add,
    peer: peerOf,
    earlyHints: () => false,
    upgradeWebSocket: (request, socketOptions) => upgrade(deno, clock, request, socketOptions),
    ...(draining !== null && { onDraining: draining.on }),
    idle: works.idle,
  }
}

function lineWriter({ stderr }: DenoApi): DiagnosticListener {
  const encoder = new TextEncoder()
  const isPretty = stderr.isTerminal()
  return (event: DiagnosticEvent): void => {
    const bytes = encoder.encode(formatEvent(event, isPretty))
    try {
      for (let written = 0; written < bytes.byteLength;) written += stderr.writeSync(bytes.subarray(written))
    } catch {
      // Nobody listens any more: a log is no reason to fail.
    }
  }
}
