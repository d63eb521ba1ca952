import { RockstarError } from '../errors/index.ts'
import { isToken } from '../http/index.ts'
import type { WebSocketOptions } from './contract.ts'

/** The options, complete. */
export interface SocketSettings extends Required<WebSocketOptions> {}

const maxInt = 2 ** 31 - 1
const oneDayMs = 86_400_000

/** The bounds of the options that are numbers. */
const ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {
  maxMessageBytes: [1, maxInt],
  highWaterBytes: [1, maxInt],
  maxBufferedBytes: [1, maxInt],
  maxQueuedMessages: [1, 1_000_000],
  maxQueuedBytes: [1, maxInt],
  messagesPerSecond: [1, 1_000_000],
  heartbeatMs: [0, oneDayMs],
  idleMs: [0, oneDayMs],
  maxRooms: [1, 100_000],
  retryMs: [0, maxInt],
}

/** Completes the options of an endpoint; throws `OPTIONS_INVALID` with all that is wrong with them. */
export function resolveSocketOptions(options: WebSocketOptions): SocketSettings {
  const settings: SocketSettings = {
    origins: options.origins ?? 'same',
    protocols: options.protocols ?? [],
    maxMessageBytes: options.maxMessageBytes ?? 1_048_576,
    highWaterBytes: options.highWaterBytes ?? 65_536,
    maxBufferedBytes: options.maxBufferedBytes ?? 1_048_576,
    whenSlow: options.whenSlow ?? 'close',
    maxQueuedMessages: options.maxQueuedMessages ?? 256,
    maxQueuedBytes: options.maxQueuedBytes ?? 4_194_304,
    messagesPerSecond: options.messagesPerSecond ?? null,
    heartbeatMs: options.heartbeatMs ?? 30_000,
    idleMs: options.idleMs ?? 0,
    maxRooms: options.maxRooms ?? 100,
  }
  const problems = rangeProblems(settings)
  if (typeof settings.origins !== 'string') {
    for (const origin of settings.origins) {
      if (!isOrigin(origin))
        problems.push(`Expected origins such as https://example.com, got ${quote(origin)}`)
    }
  } else if (settings.origins !== 'same' && settings.origins !== 'any') {
    problems.push(`Expected origins to be same, any or a list, got ${quote(settings.origins)}`)
  }
  for (const protocol of settings.protocols)
    if (!isToken(protocol)) problems.push(`Expected protocols that are tokens, got ${quote(protocol)}`)
  throwProblems('WebSocket', problems)
  return Object.freeze(settings)
}

/** What is out of its bounds. */
export function rangeProblems(settings: object): string[] {
  const problems: string[] = []
  for (const [name, value] of Object.entries(settings)) {
    const range = ranges[name]
    if (range !== undefined && value !== null && !isWithin(value, range))
      problems.push(
        `Expected ${name} to be a whole number from ${range[0]} to ${range[1]}, got ${String(value)}`,
      )
    if (name === 'whenSlow' && value !== 'close' && value !== 'drop')
      problems.push(`Expected whenSlow to be close or drop, got ${quote(value)}`)
  }
  return problems
}

export function throwProblems(what: string, problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new RockstarError('OPTIONS_INVALID', `${what}: ${problems.join('; ')}`, { details: { problems } })
}

function isWithin(value: unknown, [least, most]: readonly [number, number]): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function isOrigin(text: string): boolean {
  return text === 'null' || (/^https?:/.test(text) && URL.parse(text)?.origin === text)
}

function quote(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 80))
}
