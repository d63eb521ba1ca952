import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { readStreamedBody } from '../../src/http/index.ts'
import type { Peer, Platform, PlatformStores } from '../../src/platform/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import type { Deadline } from './deadline.ts'
import { writeLine } from './log.ts'
import { LambdaRequest } from './request.ts'
import { createLambdaResponse } from './response.ts'
import { chooseLambdaStores } from './stores.ts'
import type { Works } from './works.ts'
import { createWorks } from './works.ts'

/** Lambda's Platform, and the work that it waits for before the sandbox is frozen. */
export interface LambdaPlatform extends Platform {
  /** Work that belongs to no event, such as that of start hooks. */
  readonly works: Works
}

/** The Platform as one event sees it. */
export interface EventPlatform extends LambdaPlatform {
  /** Waits for the work that was handed over, as long as the time lasts; resolves to how many have not ended. */
  idle(deadline: Deadline): Promise<number>
}

/** What a Lambda platform may be told. */
export interface LambdaPlatformOptions {
  /** Default: standard error. */
  readonly log?: DiagnosticListener | null
  /** Default: those that the environment names. */
  readonly stores?: PlatformStores | null
  /** Does the function take the events of a WebSocket API? Default: no. */
  readonly webSocket?: boolean
}

const capabilities = ['peer-address', 'tcp', 'timers', 'wait-until'] as const

/** Makes the Platform of a sandbox. Each event gets one of its own by `forEvent`. */
export function createLambdaPlatform(options: LambdaPlatformOptions = {}): LambdaPlatform {
  const log = options.log ?? writeLine
  const works = createWorks(log)
  return {
    brand: 'rockstar.platform',
    runtime: 'lambda',
    env: process.env,
    capabilities: new Set([...capabilities, ...(options.webSocket === true ? ['websocket' as const] : [])]),
    clock: systemClock(),
    random: systemRandom(),
    createResponse: createLambdaResponse,
    log,
    stores: options.stores ?? chooseLambdaStores(process.env, log),
    readBody,
    waitUntil: works.add,
    peer,
    earlyHints: () => false,
    upgradeWebSocket: null,
    works,
  }
}

/**
 * The same platform with the work of one event, which is waited for before that event is answered. What is handed over
 * after its end, by a start hook that keeps the platform, is waited for by the next one.
 */
export function forEvent(platform: LambdaPlatform): EventPlatform {
  const works = createWorks(platform.log)
  let isOver = false
  return {
    ...platform,
    works,
    waitUntil: (work) => (isOver ? platform.works : works).add(work),
    async idle(deadline: Deadline): Promise<number> {
      const left = works.size === 0 ? 0 : await works.idle(deadline.remainingMs)
      isOver = true
      return platform.works.size === 0 ? left : left + (await platform.works.idle(deadline.remainingMs))
    },
  }
}

function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const own = toOwn(request)
  if (own !== null) return own.readBody(maxBytes)
  return readStreamedBody(request.body, request.headers.get('content-length'), maxBytes)
}

function peer(request: Request): Peer | null {
  return toOwn(request)?.peer ?? null
}

function toOwn(request: unknown): LambdaRequest | null {
  return request instanceof LambdaRequest ? request : null
}
