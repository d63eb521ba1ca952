import type { DiagnosticEvent } from '../diagnostics/index.ts'
import { bodyUsed, readStreamedBody } from '../http/index.ts'
import type {
  Capability,
  Clock,
  HeaderList,
  Platform,
  RandomSource,
  ResponseBody,
  RuntimeName,
} from './contract.ts'

/** What a portable platform may be told. All have defaults. */
export interface PortableOptions {
  readonly runtime?: RuntimeName
  readonly env?: Readonly<Record<string, unknown>>
  readonly capabilities?: readonly Capability[]
  readonly clock?: Clock
  readonly random?: RandomSource
  readonly waitUntil?: (work: Promise<unknown>) => void
  readonly log?: (event: DiagnosticEvent) => void
}

/** Makes the Platform of a runtime that offers the Fetch API and nothing else. */
export function createPortablePlatform(options: PortableOptions = {}): Platform {
  return {
    brand: 'rockstar.platform',
    runtime: options.runtime ?? 'portable',
    env: options.env ?? {},
    capabilities: new Set(options.capabilities ?? ['timers']),
    clock: options.clock ?? systemClock(),
    random: options.random ?? systemRandom(),
    createResponse: createNativeResponse,
    log: options.log ?? logToConsole,
    stores: {},
    readBody: readRequestBody,
    waitUntil: options.waitUntil ?? ignoreFailure,
    peer: () => null,
    earlyHints: () => false,
  }
}

/** Is `value` a Platform, of this or another copy of the package? */
export function isPlatform(value: unknown): value is Platform {
  return (
    typeof value === 'object' && value !== null && 'brand' in value && value.brand === 'rockstar.platform'
  )
}

/** The runtime's own clock. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs: number, callback: () => void): () => void {
      const timer: unknown = setTimeout(callback, delayMs)
      // Node's timer is an object that would keep the process alive.
      if (
        typeof timer === 'object' &&
        timer !== null &&
        'unref' in timer &&
        typeof timer.unref === 'function'
      ) {
        timer.unref()
      }
      return () => clearTimeout(timer as number) // The runtimes disagree on the type of a timer, not on its use.
    },
  }
}

/** The runtime's own randomness. */
export function systemRandom(): RandomSource {
  return {
    bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
    uuid: () => crypto.randomUUID(),
  }
}

/** Makes a native `Response` of a flat header list. */
export function createNativeResponse(body: ResponseBody, status: number, headers: HeaderList): Response {
  return new Response(body, { status, headers: toPairs(headers) })
}

function toPairs(headers: HeaderList): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 1; index < headers.length; index += 2) {
    pairs.push([headers[index - 1] ?? '', headers[index] ?? ''])
  }
  return pairs
}

function readRequestBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (request.bodyUsed) return Promise.reject(bodyUsed())
  return readStreamedBody(request.body, request.headers.get('content-length'), maxBytes)
}

function ignoreFailure(work: Promise<unknown>): void {
  work.catch(() => undefined)
}

function logToConsole(event: DiagnosticEvent): void {
  const line = event.error instanceof Error && event.level === 'error' ? event.error : ''
  // oxlint-disable-next-line no-console -- this is the sink of a runtime that offers no other
  console[event.level](`${event.kind} ${event.message}`, line)
}
