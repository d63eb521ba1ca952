import { batteries, createApp } from '../../src/index.ts'
import type { Session, SessionOptions, SessionWiring } from '../../src/session/index.ts'
import { createSessionService } from '../../src/session/index.ts'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import type { TestClock, TestPlatform } from '../../src/testing/index.ts'
import { createTestClock, createTestPlatform } from '../../src/testing/index.ts'

export const secret = 'b3f1c0a95e7d4286a1c4e8f70d9b2635'
export const otherSecret = '0d9b2635b3f1c0a95e7d4286a1c4e8f7'

/** What a handler of a test does. */
export type Step<Value> = (session: Session) => Value | Promise<Value>

/** A browser with cookies of its own. */
export interface Browser {
  readonly cookies: Map<string, string>
  /** The last answer. */
  readonly last: Response
  /** Sends a request whose handler does `step`; rejects with its status when the answer is not 200. */
  send<Value>(
    step: Step<Value>,
    init?: { readonly cookie?: string; readonly tenant?: string },
  ): Promise<Value>
}

export interface Harness {
  readonly platform: TestPlatform
  readonly clock: TestClock
  /** What handlers threw. */
  readonly thrown: unknown[]
  browser(origin?: string): Browser
  close(): Promise<void>
}

/** An app with sessions. The default store is memory on the clock of the test. */
export async function openHarness(
  options: SessionOptions & { readonly memory?: boolean } = {},
  wiring: SessionWiring = {},
  clock: TestClock = createTestClock(),
): Promise<Harness> {
  const steps = new Map<string, Step<unknown>>()
  const thrown: unknown[] = []
  let count = 0
  const store = options.store ?? memoryOn(clock)
  const session = createSessionService(
    {
      namespace: (ctx) => ctx.headers.get('x-tenant') ?? '',
      ...options,
      store,
    },
    wiring,
  )
  const app = createApp({ services: { ...batteries(), session } }).get('/', async (ctx) => {
    try {
      const value = await steps.get(ctx.headers.get('x-step') ?? '')?.(ctx.session)
      return value === undefined ? {} : { value }
    } catch (error) {
      thrown.push(error)
      throw error
    }
  })
  const platform = createTestPlatform({ clock })
  await app.start(platform)

  function browser(origin = 'https://shop.example'): Browser {
    const cookies = new Map<string, string>()
    let last = new Response()
    return {
      cookies,
      get last() {
        return last
      },
      async send<Value>(step: Step<Value>, { cookie, tenant }: { cookie?: string; tenant?: string } = {}) {
        const name = String(count++)
        steps.set(name, step)
        const headers = new Headers({ 'x-step': name })
        const sent = cookie ?? [...cookies].map((pair) => pair.join('=')).join('; ')
        if (sent !== '') headers.set('cookie', sent)
        if (tenant !== undefined) headers.set('x-tenant', tenant)
        const response = await app.fetch(new Request(origin, { headers }), platform)
        steps.delete(name)
        last = response
        for (const line of response.headers.getSetCookie()) keep(cookies, line)
        if (response.status !== 200) throw new Error(`status ${response.status}`)
        // What the step returned, through JSON.
        return ((await response.json()) as { value: Value }).value
      },
    }
  }

  return { platform, clock, thrown, browser, close: () => app.stop() }
}

export function memoryOn(clock: TestClock): KeyValueStore {
  return memoryKeyValue({ now: clock.now })
}

/** Calls of a store by method, and a switch that makes them fail. */
export interface Watched {
  readonly store: KeyValueStore
  readonly calls: string[]
  failing: RegExp | null
}

/** A store that counts what it is asked for. */
export function watch(store: KeyValueStore, fault: () => unknown): Watched {
  const watched: Watched = { calls: [], failing: null, store }
  const proxy = new Proxy(store, {
    get(target, name: keyof KeyValueStore & string) {
      const member: unknown = target[name]
      if (typeof member !== 'function') return member
      return async (...given: unknown[]): Promise<unknown> => {
        watched.calls.push(name)
        if (watched.failing?.test(name) === true) throw fault()
        return member.apply(target, given)
      }
    },
  })
  return Object.assign(watched, { store: proxy })
}

/** All keys and values of a store, as text. */
export async function contentsOf(store: KeyValueStore): Promise<Map<string, string>> {
  const { keys } = await store.list()
  const values = await Promise.all(keys.map((key) => store.get(key)))
  return new Map(keys.map((key, index) => [key, new TextDecoder().decode(values[index] ?? undefined)]))
}

/** A store that lacks a capability. */
export function without(store: KeyValueStore, ...missing: readonly string[]): KeyValueStore {
  const capabilities = new Set([...store.capabilities].filter((name) => !missing.includes(name)))
  return { ...store, name: 'lesser', capabilities }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const name = pair.slice(0, pair.indexOf('='))
  if (/; Max-Age=0(?:;|$)/.test(line)) cookies.delete(name)
  else cookies.set(name, pair.slice(name.length + 1))
}
