import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/index.ts'
import type { KernelOptions } from '../../src/app/index.ts'
import type { Handler } from '../../src/context/index.ts'
import { HttpError, RockstarError } from '../../src/errors/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

async function answer(handler: Handler, options: KernelOptions = {}) {
  const platform = createTestPlatform()
  const app = createApp(options).get('/', handler)
  const response = await app.fetch(new Request('http://localhost/'), platform)
  return { response, platform, body: (await response.json()) as Record<string, unknown> }
}

describe('a handler that fails', () => {
  test('by throwing an error is 500 without message or stack', async () => {
    const { response, body, platform } = await answer(() => {
      throw new Error('secret')
    })
    expect(response.status).toBe(500)
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(body).toMatchObject({ title: 'Internal Server Error', code: 'INTERNAL' })
    expect(platform.logged).toHaveLength(1)
    expect(platform.logged[0]?.message).toContain('secret')
  })

  test('shows message and stack in development', async () => {
    const { body } = await answer(
      () => {
        throw new Error('visible')
      },
      { mode: 'development' },
    )
    expect(body['detail']).toBe('visible')
    expect(body['stack']).toContain('Error: visible')
  })

  test('by throwing an HttpError answers with its status, headers and details', async () => {
    const { response, body } = await answer(() => {
      throw new HttpError(409, 'BAD_REQUEST', 'Taken', {
        headers: { 'retry-after': '3' },
        details: { field: 'name' },
      })
    })
    expect([response.status, response.headers.get('retry-after')]).toEqual([409, '3'])
    expect(body).toMatchObject({ detail: 'Taken', field: 'name', status: 409 })
  })

  test('by throwing a non-error is 500', async () => {
    const { response, body, platform } = await answer(() => {
      // oxlint-disable-next-line no-throw-literal -- this is the case
      throw 'text'
    })
    expect([response.status, body['code']]).toEqual([500, 'INTERNAL'])
    expect(platform.logged[0]?.message).toContain('THROWN_VALUE')
  })

  test('by rejecting with undefined is 500', async () => {
    const { response } = await answer(() => Promise.reject(undefined))
    expect(response.status).toBe(500)
  })

  test('by returning nothing is 500 and names the route in the log', async () => {
    const { response, platform } = await answer(() => undefined as never)
    expect(response.status).toBe(500)
    expect(platform.logged[0]?.message).toBe(
      'GET / 500 HANDLER_NO_RESPONSE: Expected a response or a value, got undefined',
    )
  })

  test('by returning a value that JSON cannot express is 500', async () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    expect((await answer(() => circular)).response.status).toBe(500)
    expect((await answer(() => ({ big: 1n }))).response.status).toBe(500)
  })

  test('loses the headers of the representation but keeps the others', async () => {
    const { response } = await answer((ctx) => {
      ctx.header('etag', '"x"').header('cache-control', 'public').header('x-frame-options', 'DENY')
      throw new Error('late')
    })
    expect([response.headers.get('etag'), response.headers.get('cache-control')]).toEqual([null, null])
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  test('by never answering is 503 after its bound, and its signal aborts', async () => {
    const platform = createTestPlatform()
    let signal: AbortSignal | undefined
    const app = createApp({ limits: { handlerMs: 1000 } }).get('/', (ctx) => {
      signal = ctx.signal
      return new Promise<Response>(() => undefined)
    })
    await app.start(platform)
    const pending = Promise.resolve(app.fetch(new Request('http://localhost/'), platform))
    await platform.clock.advance(999)
    expect(signal?.aborted).toBe(false)
    await platform.clock.advance(1)
    const response = await pending
    expect([response.status, response.headers.get('retry-after'), signal?.aborted]).toEqual([503, '5', true])
    expect(platform.logged).toHaveLength(1)
  })

  test('an answer after the bound is dropped and its stream cancelled', async () => {
    const platform = createTestPlatform()
    const late = Promise.withResolvers<Response>()
    let cancelled = false
    const app = createApp({ limits: { handlerMs: 10 } }).get('/', () => late.promise)
    await app.start(platform)
    const pending = Promise.resolve(app.fetch(new Request('http://localhost/'), platform))
    await platform.clock.advance(10)
    expect((await pending).status).toBe(503)
    late.resolve(new Response(new ReadableStream({ cancel: () => void (cancelled = true) })))
    await platform.clock.advance(1)
    expect(cancelled).toBe(true)
  })

  test('ctx.deadline says when the answer is due, from the first line of the handler on', async () => {
    const platform = createTestPlatform()
    const seen: number[] = []
    const app = createApp({ limits: { handlerMs: 1000 } })
      .get('/', async (ctx) => {
        seen.push(ctx.deadline)
        await Promise.resolve()
        seen.push(ctx.deadline)
        return null
      })
      .get('/unbounded', { limits: { handlerMs: 0 } }, (ctx) => {
        seen.push(ctx.deadline)
        return null
      })
    await app.start(platform)
    await platform.clock.advance(50)
    await app.fetch(new Request('http://localhost/'), platform)
    await app.fetch(new Request('http://localhost/unbounded'), platform)
    expect(seen).toEqual([1050, 1050, Infinity])
  })

  test('a timer does not stay behind an answer', async () => {
    const platform = createTestPlatform()
    const app = createApp().get('/', async () => 'quick')
    await app.fetch(new Request('http://localhost/'), platform)
    expect(platform.clock.pending).toBe(0)
  })
})

describe('createApp()', () => {
  test('lists every mistake in its options', () => {
    const wrong = { limits: { bodyBytes: -1, nonsense: 1 }, paths: { trailingSlash: 'maybe' }, hookMs: 0 }
    expect(() => createApp(wrong as unknown as KernelOptions)).toThrow(
      /limits\.bodyBytes(.|\n)*limits\.nonsense(.|\n)*paths\.trailingSlash(.|\n)*hookMs/,
    )
  })
})

describe('an error that cannot be described', () => {
  test.each([
    ['details that JSON cannot express', new HttpError(400, 'BAD_REQUEST', 'x', { details: { big: 1n } })],
    ['a header that HTTP forbids', new HttpError(400, 'BAD_REQUEST', 'x', { headers: { 'a b': 'c' } })],
    [
      'a proxy that throws',
      new Proxy(new Error('x'), {
        get() {
          throw new Error('trap')
        },
      }),
    ],
  ])('is a bare 500: %s', async (_name, error) => {
    for (const handler of [
      () => Promise.reject(error),
      (): never => {
        throw error
      },
    ]) {
      const platform = createTestPlatform()
      const response = await createApp().get('/', handler).fetch(new Request('http://localhost/'), platform)
      expect([response.status, await response.text()]).toEqual([500, ''])
      expect(platform.logged.at(-1)?.message).toContain('The answer to an error failed too')
    }
  })
})

describe('a store that is down', () => {
  test('makes 503 with Retry-After, and the client does not learn which', async () => {
    const { response, body, platform } = await answer(() => {
      throw new RockstarError('SQL_CONNECTION', 'Expected a database', { details: { sql: 'select secret' } })
    })
    expect([response.status, response.headers.get('retry-after'), body['code']]).toEqual([
      503,
      '5',
      'UNAVAILABLE',
    ])
    expect(JSON.stringify(body)).not.toMatch(/sql|database|secret/i)
    expect(platform.logged[0]?.message).toContain('SQL_CONNECTION')
  })
})
