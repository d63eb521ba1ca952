import type { DiagnosticEvent } from '../diagnostics/index.ts'
import type { Capability, Peer, Platform, PlatformStores, RandomSource } from '../platform/index.ts'
import { createPortablePlatform } from '../platform/index.ts'
import type { TestClock } from './clock.ts'
import { createTestClock } from './clock.ts'

/** A Platform that remembers what it was asked to do. */
export interface TestPlatform extends Platform {
  readonly clock: TestClock
  /** Every event that reached the log. */
  readonly logged: readonly DiagnosticEvent[]
  /** The values of every early hint. */
  readonly hinted: readonly string[]
  /** Resolves when all work that was handed to `waitUntil` has ended. */
  idle(): Promise<void>
}

/** What may be set; all have defaults. */
export interface TestPlatformOptions {
  readonly env?: Readonly<Record<string, unknown>>
  readonly clock?: TestClock
  readonly random?: RandomSource
  readonly peer?: Partial<Peer>
  readonly capabilities?: readonly Capability[]
  readonly stores?: PlatformStores
}

/** Makes a Platform for tests: a clock that stands still, a peer of 127.0.0.1, and no output. */
export function createTestPlatform(options: TestPlatformOptions = {}): TestPlatform {
  const logged: DiagnosticEvent[] = []
  const hinted: string[] = []
  const works = new Set<Promise<unknown>>()
  const clock = options.clock ?? createTestClock()
  const peer: Peer = {
    address: '127.0.0.1',
    port: 50_000,
    encrypted: false,
    protocol: 'HTTP/1.1',
    ...options.peer,
  }
  const base = createPortablePlatform({
    runtime: 'test',
    clock,
    env: options.env ?? {},
    capabilities: new Set(options.capabilities ?? ['timers', 'wait-until', 'early-hints', 'peer-address']),
    ...(options.random === undefined ? {} : { random: options.random }),
    log: (event) => void logged.push(event),
    waitUntil(work: Promise<unknown>): void {
      const tracked = work.catch((error: unknown) => {
        logged.push({ kind: 'work.failed', level: 'error', message: String(error), error })
      })
      works.add(tracked)
      tracked.finally(() => works.delete(tracked)).catch(() => undefined)
    },
  })
  return {
    ...base,
    clock,
    logged,
    hinted,
    stores: options.stores ?? { choices: [] },
    peer: () => peer,
    earlyHints(_request: Request, links: readonly string[]): boolean {
      hinted.push(...links)
      return true
    },
    async idle(): Promise<void> {
      while (works.size > 0) {
        await Promise.all(works)
      }
    },
  }
}
