import { describe, expect, test } from 'vitest'
import { listen } from './node-server.ts'
import type { Context } from '../../src/index.ts'
import { createApp } from '../../src/index.ts'
import type { CsrfOptions } from '../../src/security/index.ts'
import { csrf, csrfField, csrfToken } from '../../src/security/index.ts'
import type { TestApp } from '../../src/testing/index.ts'
import { testApp } from '../../src/testing/index.ts'

const secrets = ['b3f1c0a95e7d4286a1c4e8f70d9b2635']
const older = 'f00dc0a95e7d4286a1c4e8f70d9b26ff'
const formType = 'application/x-www-form-urlencoded'
type Fields = Readonly<Record<string, string>>

function appWith(options: CsrfOptions = {}, trustProxies: readonly string[] = []) {
  return createApp({ trustProxies })
    .use(csrf(options))
    .get('/', () => 'read')
    .get('/token', (ctx) => csrfToken(ctx))
    .get('/tokens', async (ctx) => [await csrfToken(ctx), await csrfToken(ctx)])
    .get('/form', async (ctx) => ctx.html(await csrfField(ctx)))
    .post('/', () => 'written')
    .post('/form', async (ctx) => (await ctx.body.form()).get('title') ?? '')
    .delete('/', () => 'written')
}

async function post(
  headers: Fields,
  options: CsrfOptions = {},
  url = 'https://example.com/',
): Promise<number> {
  await using tested = await testApp(appWith(options))
  return (await tested.fetch(url, { method: 'POST', headers })).status
}

const problemsOf = (options: unknown): readonly string[] => {
  try {
    csrf(options as CsrfOptions)
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems
  }
  return []
}

describe('csrf() by what the browser says', () => {
  test('lets safe methods pass from everywhere', async () => {
    await using tested = await testApp(appWith())
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect((await tested.fetch('/', { method, headers })).status).toBeLessThan(300)
    expect((await tested.fetch('/', { method: 'DELETE', headers })).status).toBe(403)
  })

  test.each([
    ['same-origin', 200],
    ['none', 200],
    ['same-site', 403],
    ['cross-site', 403],
    ['SAME-ORIGIN', 403],
    ['something-new', 403],
    ['', 403],
  ])('Sec-Fetch-Site: %s gets %i', async (site, status) => {
    expect(await post({ 'sec-fetch-site': site })).toBe(status)
  })

  test('refuses a cross-site request whose Origin lies', async () => {
    expect(await post({ 'sec-fetch-site': 'cross-site', origin: 'https://example.com' })).toBe(403)
  })

  test.each([
    ['https://example.com', 200],
    ['https://evil.example', 403],
    ['http://example.com', 403],
    ['https://example.com:8443', 403],
    ['https://example.com.evil.net', 403],
    ['https://sub.example.com', 403],
    ['null', 403],
    ['', 403],
  ])('Origin: %s gets %i', async (origin, status) => {
    expect(await post({ origin })).toBe(status)
  })

  test.each([
    ['https://example.com/page?x=1', 200],
    ['https://evil.example/https://example.com/', 403],
    ['https://example.com@evil.example/', 403],
    ['data:text/html,x', 403],
    ['nonsense', 403],
    ['', 403],
    [`https://example.com/${'a'.repeat(9000)}`, 403],
  ])('Referer: %s gets %i', async (referer, status) => {
    expect(await post({ referer })).toBe(status)
  })

  test('lets trusted origins write, and these alone', async () => {
    const options = { trustedOrigins: ['https://admin.example.com'] }
    const origin = 'https://admin.example.com'
    expect(await post({ 'sec-fetch-site': 'same-site', origin }, options)).toBe(200)
    expect(await post({ origin }, options)).toBe(200)
    expect(await post({ referer: `${origin}/x` }, options)).toBe(200)
    expect(await post({ 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }, options)).toBe(
      403,
    )
    expect(await post({ 'sec-fetch-site': 'cross-site' }, options)).toBe(403)
  })

  test('compares with the origin that the client used, as a trusted proxy tells it', async () => {
    const headers = {
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
      origin: 'https://shop.example',
    }
    for (const [trustProxies, status] of [
      [['loopback'], 200],
      [[], 403],
    ] as const) {
      await using tested = await testApp(appWith({}, trustProxies))
      expect((await tested.fetch('/', { method: 'POST', headers })).status).toBe(status)
    }
  })

  test('refuses with problem details, and says so on the diagnostics channel', async () => {
    await using tested = await testApp(appWith())
    const response = await tested.fetch('/', { method: 'POST', headers: { origin: 'https://evil.example' } })
    expect(await response.json()).toMatchObject({
      type: 'urn:rockstar:error:csrf-refused',
      status: 403,
      code: 'CSRF_REFUSED',
    })
    expect(tested.platform.logged[0]).toMatchObject({
      kind: 'security.csrf-refused',
      fields: { reason: 'origin', method: 'POST', route: '/' },
    })
  })
})

describe('csrf() for clients that say nothing', () => {
  const send = async (tested: TestApp, headers: Fields, url = '/'): Promise<number> =>
    (await tested.fetch(url, { method: 'POST', headers })).status
  const tokenOf = async (tested: TestApp, url = '/token'): Promise<string> => (await tested.fetch(url)).text()

  test('is closed without secrets', async () => {
    expect(await post({})).toBe(403)
    expect(await post({ 'x-csrf-token': 'a'.repeat(96) })).toBe(403)
  })

  test('lets a bearer token pass, which no browser sends by itself', async () => {
    expect(await post({ authorization: 'Bearer abc.def' })).toBe(200)
    expect(await post({ authorization: 'Basic YTpi' })).toBe(403)
    expect(await post({ authorization: 'Bearer abc', 'sec-fetch-site': 'cross-site' })).toBe(403)
  })

  test('takes the token of this browser, in the header', async () => {
    await using tested = await testApp(appWith({ secrets }))
    expect(await send(tested, { 'x-csrf-token': await tokenOf(tested) })).toBe(200)
    expect(await send(tested, {})).toBe(403)
  })

  test('takes the token in a form, which the handler still reads', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const markup = await (await tested.fetch('/form')).text()
    const token = /^<input type="hidden" name="_csrf" value="([\w-]{96})" \/>$/.exec(markup)?.[1] ?? ''
    const sendForm = (value: string): Promise<Response> =>
      tested.fetch('/form', {
        method: 'POST',
        headers: { 'content-type': formType },
        body: new URLSearchParams({ title: 'hello', _csrf: value }).toString(),
      })
    expect(await (await sendForm(token)).text()).toBe('hello')
    expect((await sendForm(token.slice(1))).status).toBe(403)
  })

  test('takes it in a form over a real Node server', async () => {
    const { url, close } = await listen(appWith({ secrets }))
    try {
      const form = await fetch(`${url}/token`)
      const token = await form.text()
      const cookie = form.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      const body = `title=hello&_csrf=${token}`
      const send = async (headers: Fields): Promise<readonly [number, string]> => {
        const answer = await fetch(`${url}/form`, {
          method: 'POST',
          body,
          headers: { 'content-type': formType, ...headers },
        })
        return [answer.status, answer.status === 200 ? await answer.text() : '']
      }
      expect(await send({ cookie })).toEqual([200, 'hello'])
      expect(await send({})).toEqual([403, ''])
    } finally {
      await close()
    }
  })

  test('keeps a form within the bounds of the route', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const body = `_csrf=${'a'.repeat(1_100_000)}`
    const response = await tested.fetch('/form', {
      method: 'POST',
      headers: { 'content-type': formType },
      body,
    })
    expect(response.status).toBe(413)
  })

  test('takes the token for the origin null, which a page that hides its address sends', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const token = await tokenOf(tested)
    expect(await send(tested, { origin: 'null', 'x-csrf-token': token })).toBe(200)
    expect(await send(tested, { origin: 'null' })).toBe(403)
    expect(await send(tested, { origin: 'https://evil.example', 'x-csrf-token': token })).toBe(403)
  })

  test('refuses the token of another browser, with its own cookie or none', async () => {
    const app = appWith({ secrets })
    await using attacker = await testApp(app)
    const token = await tokenOf(attacker)
    const victimCookie = (await app.fetch(new Request('http://localhost/token'), attacker.platform)).headers
      .getSetCookie()[0]
      ?.split(';')[0]
    expect(await send(attacker, { 'x-csrf-token': token, cookie: victimCookie ?? '' })).toBe(403)
    expect(await send(attacker, { 'x-csrf-token': token, cookie: 'other=1' })).toBe(403)
  })

  test('refuses the cookie itself as token, and anything that was changed', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const token = await tokenOf(tested)
    const flipped = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
    for (const wrong of [
      tested.cookies.get('csrf') ?? '',
      flipped,
      token.slice(0, 48),
      `${token}A`,
      'x'.repeat(96),
      'ü',
    ])
      expect(await send(tested, { 'x-csrf-token': encodeURI(wrong) })).toBe(403)
  })

  test('makes a token that looks different each time and is good each time', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const tokens = new Set<string>()
    for (let index = 0; index < 10; index++) tokens.add(await tokenOf(tested))
    expect(tokens.size).toBe(10)
    for (const token of tokens) expect(await send(tested, { 'x-csrf-token': token })).toBe(200)
    // No position of the text is the same in all, as an unmasked one would be: there is nothing to guess by length.
    const texts = [...tokens]
    expect([...(texts[0] ?? '')].some((letter, at) => texts.every((text) => text[at] === letter))).toBe(false)
  })

  test('gives one cookie for two tokens of one answer', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const response = await tested.fetch('/tokens')
    expect(response.headers.getSetCookie()).toHaveLength(1)
    for (const token of await response.json()) expect(await send(tested, { 'x-csrf-token': token })).toBe(200)
  })

  test('binds the cookie to the host on https, so that a neighbour cannot plant it', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const cookie = async (url: string) => (await tested.fetch(url)).headers.getSetCookie()[0]
    expect(await cookie('https://example.com/token')).toMatch(
      /^__Host-csrf=[\w-]{32}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect(await cookie('http://localhost/token')).toMatch(
      /^csrf=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/,
    )
  })

  test('does not take a planted cookie without the prefix on https', async () => {
    await using tested = await testApp(appWith({ secrets }))
    const token = await tokenOf(tested)
    const cookie = `csrf=${tested.cookies.get('csrf')}`
    expect(await send(tested, { 'x-csrf-token': token, cookie }, 'http://localhost/')).toBe(200)
    expect(await send(tested, { 'x-csrf-token': token, cookie }, 'https://example.com/')).toBe(403)
  })

  test('binds the token to the session: one from before login is void after it, and the other way round', async () => {
    const bindTo = (ctx: Context): string | null => ctx.headers.get('x-test-session')
    await using tested = await testApp(appWith({ secrets, bindTo }))
    const before = await tokenOf(tested)
    const after = await (await tested.fetch('/token', { headers: { 'x-test-session': 'ada' } })).text()
    expect(await send(tested, { 'x-csrf-token': before })).toBe(200)
    expect(await send(tested, { 'x-csrf-token': before, 'x-test-session': 'ada' })).toBe(403)
    expect(await send(tested, { 'x-csrf-token': after, 'x-test-session': 'ada' })).toBe(200)
    expect(await send(tested, { 'x-csrf-token': after, 'x-test-session': 'bob' })).toBe(403)
    expect(await send(tested, { 'x-csrf-token': after })).toBe(403)
  })

  test('takes tokens of an older secret until it is gone', async () => {
    await using before = await testApp(appWith({ secrets: [older] }))
    const headers = { 'x-csrf-token': await tokenOf(before), cookie: `csrf=${before.cookies.get('csrf')}` }
    await using rotated = await testApp(appWith({ secrets: [...secrets, older] }))
    expect(await send(rotated, headers)).toBe(200)
    await using gone = await testApp(appWith({ secrets }))
    expect(await send(gone, headers)).toBe(403)
  })

  test('skips only what it is told to by true', async () => {
    const skip = ((ctx: Context) => (ctx.headers.has('x-hook') ? true : 'yes')) as unknown as (
      ctx: Context,
    ) => boolean
    expect(await post({ 'x-hook': '1', 'sec-fetch-site': 'cross-site' }, { skip })).toBe(200)
    expect(await post({}, { skip })).toBe(403)
  })
})

describe('csrfToken()', () => {
  test('without the middleware or its secrets says what to add', async () => {
    for (const app of [createApp().get('/token', (ctx) => csrfToken(ctx)), appWith()]) {
      await using tested = await testApp(app)
      expect((await tested.fetch('/token')).status).toBe(500)
      expect(tested.platform.logged[0]?.message).toContain('app.use(csrf({ secrets }))')
    }
  })
})

describe('the options of csrf()', () => {
  test('tell all mistakes at once', () => {
    const problems = problemsOf({
      trustedOrigins: ['https://*.example.com', 'null', 'example.com'],
      secrets: ['short'],
      headerName: 'a b',
      fieldName: '"><script>',
      cookieName: 'a;b',
      skip: true,
      bindTo: 'session',
      token: 1,
    })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'token',
      'trustedOrigins',
      'trustedOrigins',
      'trustedOrigins',
      'trustedOrigins',
      'headerName',
      'fieldName',
      'cookieName',
      'bindTo',
      'skip',
      'secrets',
    ])
  })
})
