import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import type { BindingMap } from './bindings.ts'
import { chooseBindings } from './bindings.ts'
import type { WorkerPlatform } from './bound.ts'
import { toWorkerBindings } from './bound.ts'
import type { Bindings, EventContextLike } from './cloudflare.ts'
import { logLine } from './log.ts'
import { peerOf } from './peer.ts'
import { createWorkerResponse } from './response.ts'
import { chooseCloudflareStores } from './stores.ts'
import { upgrade } from './websocket.ts'

/** What the platform of a Worker may be told. */
export interface CloudflarePlatformOptions {
  /** Which binding is for what, where its name does not say. */
  readonly bindings?: BindingMap
  /** Where log lines go. Default: the console, one line of JSON each. */
  readonly log?: DiagnosticListener
  /** Default: those that are bound. */
  readonly stores?: PlatformStores
}

/**
 * Makes what is alike for all events with the same bindings, without I/O, and gives what makes the platform of one
 * event of it: all but `waitUntil` is shared. `OPTIONS_INVALID` as `chooseBindings`.
 */
export function createCloudflarePlatform(
  env: Bindings,
  options: CloudflarePlatformOptions = {},
): (context: EventContextLike) => WorkerPlatform {
  const log = options.log ?? logLine
  const chosen = chooseBindings(env, options.bindings ?? {})
  const shared: Omit<WorkerPlatform, 'waitUntil'> = {
    brand: 'rockstar.platform',
    runtime: 'workers',
    env,
    bindings: toWorkerBindings(chosen),
    capabilities: new Set(['peer-address', 'tcp', 'timers', 'wait-until', 'websocket'] as const),
    clock: systemClock(),
    random: systemRandom(),
    createResponse: createWorkerResponse,
    log,
    stores: options.stores ?? chooseCloudflareStores(chosen, log),
    readBody: null,
    peer: peerOf,
    earlyHints: () => false,
    upgradeWebSocket: (_request, socketOptions) => upgrade(socketOptions),
  }
  return (context) => ({
    ...shared,
    waitUntil(work: Promise<unknown>): void {
      context.waitUntil(
        work.catch((error: unknown) => {
          const message = `Work after a response failed: ${String(error).slice(0, 500)}`
          log({ kind: 'work.failed', level: 'error', message, error })
        }),
      )
    },
  })
}
