import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import type { LoginGuardOptions } from '../../src/security/index.ts'
import { createLoginGuard } from '../../src/security/index.ts'
import { redisKeyValue } from '../../src/stores/redis.ts'
import type { TestApp } from '../../src/testing/index.ts'
import { testApp } from '../../src/testing/index.ts'
import { describeRedis, openRedis } from '../stores/redis-server.ts'

const secrets = ['b3f1c0a95e7d4286a1c4e8f70d9b2635']
const hour = 3_600_000
const day = 24 * hour

function appWith(options: Partial<LoginGuardOptions> = {}) {
  const guard = createLoginGuard({ secrets, ...options })
  return createApp({ trustProxies: ['loopback'] })
    .post('/login', async (ctx) => {
      const { account, password } = (await ctx.body.json()) as { account: string; password: string }
      const attempt = await guard.begin(ctx, account)
      if (!attempt.isAllowed)
        return ctx
          .header('x-refused-by', attempt.refusedBy ?? '')
          .problem(429, { extensions: { retryAfterMs: attempt.retryAfterMs } })
      if (password !== 'right') return ctx.problem(401)
      await attempt.succeeded()
      return { known: attempt.isKnownDevice }
    })
    .post('/by-mail', async (ctx) => {
      await guard.remember(ctx, 'ada')
      return null
    })
}

interface Try {
  readonly account?: string
  readonly password?: string
  readonly from?: string
  readonly cookie?: string
}

function tryOnce(
  tested: TestApp,
  { account = 'ada', password = 'wrong', from = '192.0.2.1', cookie }: Try = {},
) {
  const headers = { 'x-forwarded-for': from, ...(cookie !== undefined && { cookie }) }
  return tested.fetch('/login', { json: { account, password }, headers })
}

async function tryOften(tested: TestApp, times: number, attempt: (index: number) => Try): Promise<string> {
  const letters: Readonly<Record<number, string>> = { 200: 'i', 401: 'x', 429: '-' }
  let text = ''
  for (let index = 0; index < times; index++)
    text += letters[(await tryOnce(tested, attempt(index))).status] ?? '?'
  return text
}

/** An attacker with as many addresses as it takes, who keeps no cookies. */
const attack =
  (account = 'ada') =>
  (index: number): Try => ({ account, from: `198.51.100.${index % 250}`, cookie: 'x=1' })

describe('createLoginGuard()', () => {
  test('refuses one who tries passwords from one address, before the password is looked at', async () => {
    await using tested = await testApp(appWith())
    expect(await tryOften(tested, 12, () => ({}))).toBe('xxxxxxxxxx--')
    const refused = await tryOnce(tested, { password: 'right' })
    expect([refused.status, refused.headers.get('x-refused-by')]).toEqual([429, 'address'])
    expect((await refused.json()).retryAfterMs).toBeGreaterThan(0)
  })

  test('refuses one who tries many accounts from one address or IPv6 network', async () => {
    await using tested = await testApp(appWith())
    const many = await tryOften(tested, 60, (index) => ({
      account: `user${index}`,
      from: `2001:db8::${index + 1}`,
    }))
    expect(many).toBe('x'.repeat(50) + '-'.repeat(10))
  })

  test('refuses many addresses that try one account', async () => {
    await using tested = await testApp(appWith())
    expect(await tryOften(tested, 110, attack())).toBe('x'.repeat(100) + '-'.repeat(10))
    const refused = await tryOnce(tested, { from: '203.0.113.1' })
    expect(refused.headers.get('x-refused-by')).toBe('account')
  })

  test('lets the victim in during the attack, on a device that is known', async () => {
    await using victim = await testApp(appWith())
    expect((await tryOnce(victim, { password: 'right', from: '192.0.2.7' })).status).toBe(200)
    const attacked = await tryOften(victim, 120, attack())
    expect(attacked.endsWith('----------')).toBe(true)
    // From a new place too, even from an address of the attacker.
    for (const from of ['203.0.113.5', '198.51.100.1']) {
      const response = await tryOnce(victim, { password: 'right', from })
      expect([response.status, await response.json()]).toEqual([200, { known: true }])
    }
  })

  test('lets the victim in on a new device when one address alone attacks', async () => {
    await using tested = await testApp(appWith())
    await tryOften(tested, 500, () => ({ from: '198.51.100.1' }))
    expect((await tryOnce(tested, { password: 'right', from: '203.0.113.5' })).status).toBe(200)
  })

  test('lets the victim in again when the attack is over', async () => {
    await using tested = await testApp(appWith())
    await tryOften(tested, 500, attack())
    await tested.clock.advance(2 * hour)
    expect((await tryOnce(tested, { password: 'right', from: '203.0.113.5', cookie: 'x=1' })).status).toBe(
      200,
    )
  })

  test('gives a known device no more tries than others', async () => {
    await using tested = await testApp(appWith())
    await tryOnce(tested, { password: 'right' })
    expect(await tryOften(tested, 12, (index) => ({ from: `198.51.100.${index}` }))).toBe('xxxxxxxxxx--')
  })

  test('knows a device for the accounts that logged in on it alone', async () => {
    await using tested = await testApp(appWith())
    await tryOnce(tested, { account: 'mallory', password: 'right', from: '198.51.100.200' })
    // The cookie of the attacker's own account is sent with each try, and helps nothing.
    const tries = await tryOften(tested, 110, (index) => ({ from: `198.51.100.${index}` }))
    expect(tries).toBe('x'.repeat(100) + '-'.repeat(10))
  })

  test('does not forget failures when the attacker logs in with an account of their own in between', async () => {
    await using tested = await testApp(appWith())
    const tries = await tryOften(tested, 60, (index) =>
      index % 5 === 4
        ? { account: 'mallory', password: 'right', cookie: 'x=1' }
        : { account: `victim${index}`, cookie: 'x=1' },
    )
    expect(tries).toBe('xxxxi'.repeat(12))
    const more = await tryOften(tested, 10, (index) => ({ account: `more${index}`, cookie: 'x=1' }))
    expect(more).toBe('xx--------')
  })

  test('of 50 tries at once looks at no more passwords than of 50 in a row', async () => {
    await using tested = await testApp(appWith())
    const answers = await Promise.all(Array.from({ length: 50 }, () => tryOnce(tested)))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  })

  test('takes an account as the same whatever its case and form', async () => {
    await using tested = await testApp(appWith())
    const forms = ['Ada', 'ADA', ' ada ', 'ａｄａ', 'ada']
    expect(await tryOften(tested, 11, (index) => ({ account: forms[index % 5] ?? '' }))).toBe('xxxxxxxxxx-')
  })

  test('does not take a cookie that was changed, made by others, or is too old', async () => {
    const options = { perAccount: { limit: 3, windowMs: hour } }
    await using tested = await testApp(appWith(options))
    await tryOnce(tested, { password: 'right' })
    const value = tested.cookies.get('device') ?? ''
    await tryOften(tested, 5, attack())
    const status = async (cookie: string) => (await tryOnce(tested, { cookie, from: '203.0.113.5' })).status
    expect(await status(`device=${value}`)).toBe(401)
    const [id = '', payload = '', mac = ''] = value.split('.')
    expect(await status(`device=${id}.${payload}x.${mac}`)).toBe(429)
    expect(await status(`device=${id}.${btoa('evil 1 ada')}.${mac}`)).toBe(429)
    await using stranger = await testApp(
      appWith({ ...options, secrets: ['ffffc0a95e7d4286a1c4e8f70d9b26aa'] }),
    )
    await tryOnce(stranger, { password: 'right' })
    expect(await status(`device=${stranger.cookies.get('device')}`)).toBe(429)
    await tested.clock.advance(181 * day)
    await tryOften(tested, 5, attack())
    expect(await status(`device=${value}`)).toBe(429)
  })

  test('binds the cookie to the host and keeps it from scripts', async () => {
    const app = appWith()
    await using tested = await testApp(app)
    const response = await tested.fetch('https://example.com/login', {
      json: { account: 'ada', password: 'right' },
    })
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^__Host-device=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  test('makes a device known after a login without a password', async () => {
    await using tested = await testApp(appWith())
    await tryOften(tested, 110, attack())
    await tested.fetch('/by-mail', { method: 'POST' })
    const response = await tryOnce(tested, { password: 'right', from: '203.0.113.5' })
    expect(await response.json()).toEqual({ known: true })
  })

  test('counts no attempt that was right', async () => {
    await using tested = await testApp(appWith())
    expect(await tryOften(tested, 60, () => ({ password: 'right', cookie: 'x=1' }))).toBe('i'.repeat(60))
  })

  test('keeps neither account nor address as it is in the store', async () => {
    const store = memoryKeyValue()
    await using tested = await testApp(appWith({ store, onStoreDown: 'refuse' }))
    await tryOnce(tested, { account: 'ada@example.com' })
    const { keys } = await store.list()
    expect(keys).toHaveLength(3)
    expect(keys.join()).not.toContain('ada')
  })

  test('with a store that is down lets nobody try, if that was chosen', async () => {
    const store = memoryKeyValue()
    await store.close()
    await using closed = await testApp(appWith({ store, onStoreDown: 'refuse' }))
    expect((await tryOnce(closed, { password: 'right' })).headers.get('x-refused-by')).toBe('store')
    await using open = await testApp(appWith({ store, onStoreDown: 'allow' }))
    expect((await tryOnce(open, { password: 'right' })).status).toBe(200)
  })

  test('tells all mistakes in its options at once', () => {
    let problems: readonly string[] = []
    try {
      createLoginGuard({
        secrets: [],
        store: memoryKeyValue(),
        keyPrefix: ' ',
        timeoutMs: -1,
        perAddress: { limit: 0, windowMs: 1 },
        deviceDays: 0,
        cookieName: ';',
        ipv6PrefixBits: 1,
        perIp: 3,
      } as LoginGuardOptions)
    } catch (error) {
      problems = (error as { details: { problems: string[] } }).details.problems
    }
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'perIp',
      'secrets',
      'cookieName',
      'keyPrefix',
      'ipv6PrefixBits',
      'deviceDays',
      'timeoutMs',
      'onStoreDown',
      'perAddress.limit',
      'perAddress.windowMs',
    ])
  })
})

describeRedis('createLoginGuard() over Redis', () => {
  test('lets 10 of 50 tries at once pass', async () => {
    const { client, prefix, close } = await openRedis()
    try {
      const store = redisKeyValue(client, { buffer: Buffer, keyPrefix: prefix })
      await using tested = await testApp(appWith({ store, onStoreDown: 'refuse', timeoutMs: 10_000 }))
      const answers = await Promise.all(Array.from({ length: 50 }, () => tryOnce(tested)))
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
    } finally {
      await close()
    }
  })
})
