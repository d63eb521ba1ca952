import { batteries, createApp } from '../../src/app/index.ts'
import type { CacheContext, CacheOptions, ResponseCacheOptions } from '../../src/cache/index.ts'
import { cacheResponse, createCacheService } from '../../src/cache/index.ts'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import type { CookieJar } from '../../src/http/index.ts'
import type { TestApp } from '../../src/testing/index.ts'
import { testApp } from '../../src/testing/index.ts'

/** An app whose one route is cached, and what happened to its requests. */
export interface CachedApp {
  readonly app: TestApp
  /** How often the handler ran. */
  readonly runs: () => number
  /** The outcomes of all requests so far, with reasons. */
  readonly outcomes: () => readonly string[]
  readonly get: (target?: string, headers?: Record<string, string>) => Promise<Response>
}

/** Starts an app with `/a*` cached; without jitter. */
export async function openApp(
  options: ResponseCacheOptions,
  handler: (ctx: CacheContext & { readonly cookies: CookieJar }, n: number) => unknown = (ctx, n) =>
    ctx.text(`answer ${n}`),
  { cache, trustProxies = [] }: { cache?: CacheOptions; trustProxies?: readonly string[] } = {},
): Promise<CachedApp> {
  let runs = 0
  const services = { ...batteries({ trustProxies }), cache: createCacheService({ jitter: 0, ...cache }) }
  const app = createApp({ services, trustProxies })
  app.use(cacheResponse(options))
  // The handlers of these tests return what handlers may.
  app.all('/*path', (ctx) => handler(ctx, ++runs) as Response)
  const events: DiagnosticEvent[] = []
  app.diagnostics.subscribe((event) => void events.push(event))
  const running = await testApp(app)
  return {
    app: running,
    runs: () => runs,
    outcomes: () =>
      events
        .filter(({ kind }) => kind === 'cache.response')
        .map(({ fields }) => [fields?.['outcome'], fields?.['reason']].filter(Boolean).join(' ')),
    get: (target = '/a', headers = {}) => running.fetch(target, { headers }),
  }
}
