import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/index.ts'
import { cspNonce, securityHeaders } from '../../src/security/index.ts'
import { html } from '../../src/template/index.ts'
import { testApp } from '../../src/testing/index.ts'

const policyField = 'content-security-policy'

function appWith(options?: Parameters<typeof securityHeaders>[0]) {
  return createApp()
    .use(securityHeaders(options))
    .get('/', () => 'hello')
    .get('/boom', () => {
      throw new Error('boom')
    })
    .get('/late', async () => {
      await Promise.resolve()
      throw new Error('boom')
    })
    .get('/nonce', (ctx) => ctx.html(html`<script nonce="${cspNonce(ctx)}"></script>`))
    .get('/nonce-twice', (ctx) => [cspNonce(ctx), cspNonce(ctx)])
    .get('/own-field', (ctx) => ctx.header(policyField, "default-src 'none'").text('own'))
    .get('/own-response', () => new Response('own', { headers: { 'x-frame-options': 'SAMEORIGIN' } }))
    .get('/own-late', async () => new Response('own', { headers: { [policyField]: "img-src 'none'" } }))
    .get('/express', () => new Response('x', { headers: { 'x-powered-by': 'Express', 'x-other': '1' } }))
    .get('/stream', (ctx) =>
      ctx.stream(
        (async function* () {
          await Promise.resolve()
          yield cspNonce(ctx)
        })(),
      ),
    )
}

async function get(path: string, options?: Parameters<typeof securityHeaders>[0]): Promise<Response> {
  await using tested = await testApp(appWith(options))
  return tested.fetch(path)
}

const problemsOf = (options: unknown): readonly string[] => {
  try {
    securityHeaders(options as Parameters<typeof securityHeaders>[0])
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems
  }
  return []
}

describe('securityHeaders()', () => {
  test('sets safe defaults', async () => {
    const { headers } = await get('/')
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy':
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'origin-agent-cluster': '?1',
      'permissions-policy':
        'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-dns-prefetch-control': 'off',
      'x-frame-options': 'DENY',
      'x-permitted-cross-domain-policies': 'none',
    })
    expect(headers.has('cross-origin-embedder-policy')).toBe(false)
  })

  test.each(['/boom', '/late', '/nothing-here'])('protects the answer to %s', async (path) => {
    const { headers, status } = await get(path)
    expect(status).toBeGreaterThanOrEqual(404)
    expect(headers.get(policyField)).toContain("default-src 'self'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('protects the answer to a handler that took too long', async () => {
    const app = createApp({ limits: { handlerMs: 100 } })
      .use(securityHeaders())
      .get('/', () => new Promise<string>(() => undefined))
    await using tested = await testApp(app)
    const sent = tested.fetch('/')
    await tested.clock.advance(100)
    const { headers, status } = await sent
    expect([status, headers.has(policyField), headers.has('x-frame-options')]).toEqual([503, true, true])
  })

  test('sends HSTS on https and not on http', async () => {
    expect((await get('http://example.com/')).headers.has('strict-transport-security')).toBe(false)
    const { headers } = await get('https://example.com/')
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  })

  test('believes a trusted proxy that the client uses https, and nobody else', async () => {
    for (const [trustProxies, expected] of [
      [['loopback'], 'max-age=31536000'],
      [[], null],
    ] as const) {
      const app = createApp({ trustProxies })
        .use(securityHeaders())
        .get('/', () => 'x')
      await using tested = await testApp(app)
      const { headers } = await tested.fetch('/', {
        headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' },
      })
      expect(headers.get('strict-transport-security')).toBe(expected)
    }
  })

  test('writes every change, and switches off what is false', async () => {
    const { headers } = await get('https://example.com/', {
      csp: false,
      hsts: { maxAgeSeconds: 63_072_000, includeSubDomains: true, preload: true },
      openerPolicy: false,
      resourcePolicy: 'cross-origin',
      embedderPolicy: 'require-corp',
      referrerPolicy: 'no-referrer',
      permissions: { camera: ['self', 'https://meet.example.com'], fullscreen: ['*'] },
      noSniff: false,
      frameOptions: false,
      originAgentCluster: false,
      dnsPrefetch: 'on',
      noCrossDomainPolicies: false,
    })
    expect(Object.fromEntries(headers)).toEqual({
      'content-type': 'text/plain;charset=UTF-8',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'cross-origin',
      'permissions-policy': 'camera=(self "https://meet.example.com"), fullscreen=*',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=63072000; includeSubDomains; preload',
      'x-dns-prefetch-control': 'on',
    })
  })

  test('keeps what a handler sets, on the context and on a response of its own', async () => {
    expect((await get('/own-field')).headers.get(policyField)).toBe("default-src 'none'")
    const own = await get('/own-response')
    expect(own.headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(own.headers.get(policyField)).toContain("default-src 'self'")
    expect((await get('/own-late')).headers.get(policyField)).toBe("img-src 'none'")
  })

  test('takes X-Powered-By off an answer of somebody else', async () => {
    const { headers } = await get('/express')
    expect([headers.has('x-powered-by'), headers.get('x-other')]).toEqual([false, '1'])
  })

  test('has X-Frame-Options say what frame-ancestors says', async () => {
    const frameOptions = async (sources: readonly string[] | false): Promise<string | null> =>
      (await get('/', { csp: { directives: { 'frame-ancestors': sources } } })).headers.get('x-frame-options')
    expect(await frameOptions(["'self'"])).toBe('SAMEORIGIN')
    expect(await frameOptions(["'none'"])).toBe('DENY')
    expect(await frameOptions(['https://portal.example.com'])).toBe(null)
  })
})

describe('cspNonce()', () => {
  test('is in the page and in the policy, and another one in each answer', async () => {
    await using tested = await testApp(appWith())
    const seen = new Set<string>()
    for (let index = 0; index < 20; index++) {
      const response = await tested.fetch('/nonce')
      const nonce = /nonce="([\w-]{22})"/.exec(await response.text())?.[1] ?? ''
      expect(response.headers.get(policyField)).toContain(
        `script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'`,
      )
      seen.add(nonce)
    }
    expect(seen.size).toBe(20)
  })

  test('is one per answer, and none in the policy of an answer that asked for none', async () => {
    const [first, second] = await (await get('/nonce-twice')).json()
    expect(first).toBe(second)
    expect((await get('/')).headers.get(policyField)).not.toContain('nonce')
  })

  test('asked for after the answer has left is an error', async () => {
    const response = await get('/stream')
    await expect(response.text()).rejects.toThrow('before the answer has left')
  })

  test('without a policy around it says what to add', async () => {
    await using tested = await testApp(createApp().get('/', (ctx) => cspNonce(ctx)))
    expect((await tested.fetch('/')).status).toBe(500)
    expect(tested.platform.logged[0]?.message).toContain('app.use(securityHeaders())')
  })

  test('a directive of the nonce alone allows nothing as long as nobody asks for one', async () => {
    const options = { csp: { defaults: false, directives: { 'script-src': ["'nonce'"] } } }
    expect((await get('/', options)).headers.get(policyField)).toBe("script-src 'none'")
    expect((await get('/nonce', options)).headers.get(policyField)).toMatch(/^script-src 'nonce-[\w-]{22}'$/)
  })
})

describe('the policy of securityHeaders()', () => {
  test('takes hashes, report-only, endpoints and trusted types', async () => {
    const { headers } = await get('/', {
      reportingEndpoints: { csp: 'https://reports.example.com/csp' },
      csp: {
        reportOnly: true,
        defaults: false,
        directives: {
          'script-src': [
            "'strict-dynamic'",
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
            'https:',
          ],
          'require-trusted-types-for': ["'script'"],
          'trusted-types': ['app', "'allow-duplicates'"],
          'report-to': ['csp'],
          'report-uri': ['/csp-reports'],
          'upgrade-insecure-requests': true,
        },
      },
    })
    expect(headers.has(policyField)).toBe(false)
    expect(headers.get('content-security-policy-report-only')).toBe(
      "script-src 'strict-dynamic' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' https:; require-trusted-types-for 'script'; trusted-types app 'allow-duplicates'; report-to csp; report-uri /csp-reports; upgrade-insecure-requests",
    )
    expect(headers.get('reporting-endpoints')).toBe('csp="https://reports.example.com/csp"')
  })

  test.each([
    ['a directive in a source', "'self'; script-src *"],
    ['a second policy', "'self', default-src *"],
    ['a line break', "'self'\r\nset-cookie: a=1"],
    ['a blank', "'self' *"],
    ['a keyword without quotes', 'self'],
    ['a nonce that is always the same', "'nonce-abc'"],
    ['a hash of the wrong length', "'sha256-abc='"],
    ['a word that is none', "'unsafe-everything'"],
    ['nothing', ''],
    ['a number', 3],
    ['a NUL', '\0'],
  ])('refuses %s at start', (_name, value) => {
    expect(problemsOf({ csp: { directives: { 'default-src': [value] } } })).toHaveLength(1)
  })

  test('refuses a directive, a feature or an endpoint whose name would split the field', () => {
    expect(problemsOf({ csp: { directives: { 'script-src *; x': ["'self'"] } } })[0]).toContain(
      'this is none',
    )
    expect(problemsOf({ permissions: { 'camera=*, x': [] } })).toHaveLength(1)
    expect(problemsOf({ permissions: { camera: ['https://a.example"'] } })).toHaveLength(1)
    expect(problemsOf({ reportingEndpoints: { 'a="x", b': '/x' } })).toHaveLength(1)
    expect(problemsOf({ reportingEndpoints: { a: 'https://x.example/"\r\nx: y' } })).toHaveLength(1)
  })

  test('refuses a name of Object.prototype as a directive', () => {
    expect(
      problemsOf({ csp: { directives: { constructor: ["'self'"], toString: ["'self'"] } } }),
    ).toHaveLength(2)
  })

  test('tells all mistakes at once', () => {
    const problems = problemsOf({
      csp: {
        directives: { 'default-src': ["'none'", "'self'"], sandbox: ['allow-all'], 'report-to': ['nobody'] },
      },
      hsts: { maxAgeSeconds: -1, preload: true },
      referrerPolicy: 'none',
      permissions: { camera: ['http://a.example'] },
      noSnif: true,
      noSniff: 'yes',
      openerPolicy: 'x\r\ny',
    })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'noSnif',
      'openerPolicy',
      'referrerPolicy',
      'noSniff',
      'permissions.camera',
      'csp.directives.default-src',
      'csp.directives.sandbox',
      'csp.directives.report-to',
      'hsts.maxAgeSeconds',
      'hsts.preload',
    ])
  })
})
