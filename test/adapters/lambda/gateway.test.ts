import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { request } from 'node:http'
import type { LambdaFixture } from './gateway.ts'
import { startLambda } from './gateway.ts'
import type { GatewayKind } from './gateway-events.ts'

const entry = 'test/adapters/lambda/fixture.ts'

/** Kinds whose gateway hands the path on as the client sent it. The others decode it, and `%2F` with it. */
const encodedPath: ReadonlySet<GatewayKind> = new Set([
  'rest',
  'rest-stream',
  'url',
  'url-stream',
  'alb',
  'alb-multi',
])
const buffered: readonly GatewayKind[] = ['rest', 'http-1', 'http', 'url', 'alb', 'alb-multi']
const streamed: readonly GatewayKind[] = ['rest-stream', 'url-stream']

describe.each([...buffered, ...streamed])('a function behind %s', (kind) => {
  let lambda: LambdaFixture
  const isStream = kind.endsWith('-stream')

  beforeAll(async () => {
    lambda = await startLambda({ entry, kind })
  })
  afterAll(() => lambda.close())

  function ask(path: string, init?: RequestInit): Promise<Response> {
    return fetch(lambda.url + path, init)
  }

  it('answers text', async () => {
    const response = await ask('/')
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/plain;charset=UTF-8',
      'Hello, World!',
    ])
  })

  it('gets the path as exactly as its gateway hands it on', async () => {
    const { path, rest } = await (await ask('/path/a%20b%2Fc%3Fd')).json()
    if (encodedPath.has(kind)) expect([path, rest]).toEqual(['/path/a%20b%2Fc%3Fd', 'a b%2Fc?d'])
    else expect([path, rest]).toEqual(['/path/a%20b/c%3Fd', 'a b/c?d'])
  })

  it('gets the path beyond ASCII, and a per cent sign', async () => {
    const { rest } = await (await ask('/path/gr%C3%BCn/100%25')).json()
    expect(rest).toBe('grün/100%')
  })

  it('gets the query', async () => {
    const query = await (await ask('/query?a=1%202&a=%26%3D%C3%BC&b=%2B')).json()
    // A load balancer without multi-value headers hands on the last value alone.
    const a = kind === 'alb' ? ['&=ü'] : ['1 2', '&=ü']
    expect(query).toEqual({ a, b: '+' })
  })

  it('gets and sets cookies', async () => {
    const response = await ask('/cookies', { headers: { cookie: 'c=3; d=4' } })
    expect(await response.json()).toEqual({ sent: '3', other: '4' })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^a=1;/),
      expect.stringMatching(/^b=2;/),
    ])
  })

  it('gets bytes and sends bytes', async () => {
    const body = new Uint8Array(1000).map((_, index) => index % 256)
    const response = await ask('/echo', { method: 'POST', body, headers: { 'content-type': 'image/png' } })
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(body)
    expect(response.headers.get('content-type')).toBe('image/png')
  })

  it('gets text and sends text', async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await ask('/echo', { method: 'POST', body: '{"a":"grün 😀"}', headers })
    expect(await response.text()).toBe('{"a":"grün 😀"}')
  })

  it('gets a form', async () => {
    const body = new URLSearchParams({ a: '1 2', b: 'ü' })
    expect(await (await ask('/request-form', { method: 'POST', body })).json()).toEqual({ a: '1 2', b: 'ü' })
  })

  it('knows its client', async () => {
    expect(await (await ask('/peer')).json()).toEqual({
      address: '127.0.0.1',
      port: 0,
      encrypted: !kind.startsWith('alb'),
      protocol: 'HTTP/1.1',
    })
  })

  it('answers HEAD with the length and no body', async () => {
    const response = await ask('/json', { method: 'HEAD' })
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '16',
      '',
    ])
  })

  it.each([
    ['/empty', 204],
    ['/not-modified', 304],
  ])('answers %s with %i and no body', async (path, status) => {
    const response = await ask(path)
    expect([response.status, await response.text()]).toEqual([status, ''])
  })

  it('answers 404, 405 and 500', async () => {
    const statuses = ['/nowhere', '/echo', '/boom'].map(async (path) => (await ask(path)).status)
    expect(await Promise.all(statuses)).toEqual([404, 405, 500])
  })

  it('sends a stream whole', async () => {
    expect(await (await ask('/stream')).text()).toBe('one two three')
  })

  it('ends its work before it is frozen', async () => {
    const before = lambda.said().split('work: done').length
    const began = performance.now()
    expect(await (await ask('/work/250')).text()).toBe('answered')
    const took = performance.now() - began
    // A streamed answer is there before the work has ended, a buffered one after.
    if (isStream) expect(took).toBeLessThan(240)
    else expect(took).toBeGreaterThan(240)
    await vi.waitFor(() => expect(lambda.said().split('work: done').length).toBe(before + 1), 2000)
  })

  it('takes several requests at a time', async () => {
    const texts = ['/slow/100', '/slow/100', '/'].map(async (path) => (await ask(path)).text())
    expect(await Promise.all(texts)).toEqual(['slow', 'slow', 'Hello, World!'])
  })
})

describe.each(buffered)('a whole answer behind %s', (kind) => {
  let lambda: LambdaFixture

  beforeAll(async () => {
    lambda = await startLambda({ entry, kind })
  })
  afterAll(() => lambda.close())

  function ask(path: string): Promise<Response> {
    return fetch(lambda.url + path)
  }

  it('answers 500 for a stream that breaks', async () => {
    expect((await ask('/broken-stream')).status).toBe(500)
  })

  it('answers 500 for more than Lambda sends', async () => {
    const response = await ask(`/large/${8 * 2 ** 20}`)
    expect([response.status, (await response.json()).code]).toEqual([500, 'RESPONSE_TOO_LARGE'])
  })
})

describe.each(streamed)('a streamed answer behind %s', (kind) => {
  let lambda: LambdaFixture

  beforeAll(async () => {
    lambda = await startLambda({ entry, kind })
  })
  afterAll(() => lambda.close())

  function ask(path: string): Promise<Response> {
    return fetch(lambda.url + path)
  }

  it('sends a stream as it comes', async () => {
    const began = performance.now()
    const at: number[] = []
    const response = await ask('/stream')
    for await (const _ of response.body ?? []) at.push(performance.now() - began)
    expect(at.length).toBe(3)
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(150)
  })

  it('cuts a stream that breaks', async () => {
    const response = await ask('/broken-stream')
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    expect(lambda.said()).toContain('response.failed')
  })

  it('streams more than 6 MiB', async () => {
    expect((await (await ask(`/large/${8 * 2 ** 20}`)).text()).length).toBe(8 * 2 ** 20)
  })
})

describe('a cold function', () => {
  it('answers its first event without the Fetch API of Node', async () => {
    const lambda = await startLambda({ entry: 'test/adapters/lambda/cold-fixture.ts', kind: 'url' })
    try {
      expect(await (await fetch(`${lambda.url}/loaded`)).json()).toEqual({ fetchApi: false })
    } finally {
      await lambda.close()
    }
  })

  it('says what to do where new Request(request) comes too early, and takes it from then on', async () => {
    const lambda = await startLambda({
      entry: 'test/adapters/lambda/cold-fixture.ts',
      kind: 'url',
      maxSandboxes: 1,
    })
    try {
      const copied = (): Promise<Response> => fetch(`${lambda.url}/copied`, { method: 'POST', body: 'a' })
      expect((await copied()).status).toBe(500)
      expect(lambda.said()).toContain('toNative(request)')
      expect(await (await copied()).json()).toEqual({ method: 'POST', text: 'a' })
    } finally {
      await lambda.close()
    }
  })
})

describe('a function with a short timeout', () => {
  it.each([
    ['url', 504],
    ['url-stream', 504],
  ] as const)('behind %s answers 504 before it', async (kind, status) => {
    const lambda = await startLambda({ entry, kind, timeoutMs: 1500 })
    try {
      const response = await fetch(`${lambda.url}/slow/10000`)
      expect([response.status, (await response.json()).code]).toEqual([status, 'HANDLER_TIMEOUT'])
      expect(lambda.said()).toContain('slow: aborted')
      expect(await (await fetch(lambda.url)).text()).toBe('Hello, World!')
    } finally {
      await lambda.close()
    }
  })

  it('cuts a stream that does not end', async () => {
    const lambda = await startLambda({ entry, kind: 'url-stream', timeoutMs: 1500 })
    try {
      const response = await fetch(`${lambda.url}/stuck-stream`)
      await expect(response.text()).rejects.toThrow()
      expect(lambda.said()).toContain('response.failed')
    } finally {
      await lambda.close()
    }
  })
})

describe('startLambda()', () => {
  it('hands the environment on', async () => {
    const env = { DATABASE_URL: 'oracle://nowhere' }
    await expect(startLambda({ entry, kind: 'url', env })).rejects.toThrow(
      'DATABASE_URL with one of the schemes',
    )
  })

  it('answers 502 for a stream behind a load balancer', async () => {
    const lambda = await startLambda({ entry, kind: 'alb', exportName: 'stream' })
    try {
      expect((await fetch(lambda.url)).status).toBe(502)
    } finally {
      await lambda.close()
    }
  })

  it('refuses a request line that no URL client sends', async () => {
    const lambda = await startLambda({ entry, kind: 'url' })
    try {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = request(lambda.url, { path: '/path/%zz' }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        sent.once('error', reject).end()
      })
      expect(status).toBe(400)
    } finally {
      await lambda.close()
    }
  })
})
