import type { App } from '../app/index.ts'
import type { ServiceTable } from '../context/index.ts'
import type { TestPlatform, TestPlatformOptions } from './platform.ts'
import { createTestPlatform } from './platform.ts'

/** What a request of a test may have. A plain object as `json` is sent as JSON. */
export interface TestRequestInit extends RequestInit {
  readonly json?: unknown
}

/** An app that is called without a socket. */
export interface TestApp {
  readonly platform: TestPlatform
  readonly clock: TestPlatform['clock']
  /** Sends one request. A path is taken relative to `http://localhost`. Keeps the cookies that answers set. */
  fetch(target: string | Request, init?: TestRequestInit): Promise<Response>
  /** The cookies that the next request will send. */
  readonly cookies: ReadonlyMap<string, string>
  /** Stops the app; the same as leaving an `await using` block. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts an app on a test platform. */
export async function testApp<Table extends ServiceTable>(
  app: App<Table>,
  options: TestPlatformOptions = {},
): Promise<TestApp> {
  const platform = createTestPlatform(options)
  const cookies = new Map<string, string>()
  await app.start(platform)

  async function send(target: string | Request, init: TestRequestInit = {}): Promise<Response> {
    const request = buildRequest(target, init, cookies)
    const response = await app.fetch(request, platform)
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line, platform.clock.now())
    return response
  }

  return {
    platform,
    clock: platform.clock,
    cookies,
    fetch: send,
    close: () => app.stop(),
    [Symbol.asyncDispose]: () => app.stop(),
  }
}

function buildRequest(
  target: string | Request,
  init: TestRequestInit,
  cookies: ReadonlyMap<string, string>,
): Request {
  const { json, ...rest } = init
  const headers = new Headers(init.headers ?? (typeof target === 'string' ? undefined : target.headers))
  const options: RequestInit = { ...rest, headers }
  if (json !== undefined) {
    headers.set('content-type', 'application/json')
    options.body = JSON.stringify(json)
    options.method ??= 'POST'
  }
  if (cookies.size > 0 && !headers.has('cookie')) {
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
  }
  return new Request(typeof target === 'string' ? new URL(target, 'http://localhost') : target, options)
}

function keepCookie(cookies: Map<string, string>, line: string, nowMs: number): void {
  const [pair = '', ...attributes] = line.split(';')
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals).trim()
  const expired = attributes.some((attribute) => {
    const [key = '', value = ''] = attribute.trim().split('=')
    const lower = key.toLowerCase()
    return (lower === 'max-age' && Number(value) <= 0) || (lower === 'expires' && Date.parse(value) <= nowMs)
  })
  if (expired) cookies.delete(name)
  else cookies.set(name, pair.slice(equals + 1).trim())
}
