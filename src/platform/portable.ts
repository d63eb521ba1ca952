import type { DiagnosticEvent } from '../diagnostics/index.ts'
import type { Capability, Clock, HeaderList, Platform, RandomSource, ResponseBody } from './contract.ts'

/** What a portable platform may be told. All have defaults. */
export type PortableOptions = Partial<Omit<Platform, 'brand'>>

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs: number, callback: () => void): () => void {
    // The runtimes disagree on the type of a timer, not on its use. Node's would keep the process alive.
    const timer = setTimeout(callback, delayMs) as unknown as number & { unref?: () => void }
    timer.unref?.()
    return () => clearTimeout(timer)
  },
}

const random: RandomSource = {
  bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
  uuid: () => crypto.randomUUID(),
}

const least: Platform = {
  brand: 'rockstar.platform',
  runtime: 'portable',
  env: {},
  capabilities: new Set<Capability>(['timers']),
  clock,
  random,
  createResponse: createNativeResponse,
  log: logToConsole,
  stores: { choices: [] },
  readBody: null,
  waitUntil: ignoreFailure,
  peer: () => null,
  earlyHints: () => false,
  upgradeWebSocket: null,
}

/** Makes the Platform of a runtime that offers the Fetch API and nothing else, changed by what `options` name. */
export function createPortablePlatform(options?: PortableOptions): Platform {
  return { ...least, ...options }
}

/** Is `value` a Platform, of this or another copy of the package? */
export function isPlatform(value: unknown): value is Platform {
  // Anything but null and undefined may be asked for a member.
  return (value as Partial<Platform> | null | undefined)?.brand === 'rockstar.platform'
}

/** The runtime's own clock. */
export function systemClock(): Clock {
  return clock
}

/** The runtime's own randomness. */
export function systemRandom(): RandomSource {
  return random
}

/** Makes a native `Response` of a flat header list. */
export function createNativeResponse(body: ResponseBody, status: number, headers: HeaderList): Response {
  // What a native response of a string has by itself (Fetch §4.4.2); to say it again costs more than the rest.
  if (
    status === 200 &&
    headers[1] === 'text/plain;charset=UTF-8' &&
    headers.length === 2 &&
    typeof body === 'string'
  )
    return new Response(body)
  return new Response(body, { status, headers: pairsOf(headers) })
}

/** The fields of a flat list as pairs of name and value. */
export function pairsOf(headers: HeaderList): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index < headers.length; index += 2) {
    // A list has as many values as names.
    pairs.push(headers.slice(index, index + 2) as [string, string])
  }
  return pairs
}

function ignoreFailure(work: Promise<unknown>): void {
  work.catch(() => undefined)
}

function logToConsole(event: DiagnosticEvent): void {
  // oxlint-disable-next-line no-console -- this is the sink of a runtime that offers no other
  console[event.level](event.kind, event.message, event.level === 'error' ? event.error : '')
}
