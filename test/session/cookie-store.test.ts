import { afterEach, describe, expect, it } from 'vitest'
import { createKeyRing } from '../../src/crypto/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { SessionOptions } from '../../src/session/index.ts'
import { createTestClock } from '../../src/testing/index.ts'
import type { Browser, Harness } from './harness.ts'
import { memoryOn, openHarness, otherSecret, secret, watch } from './harness.ts'

const name = '__Host-session'
const hourMs = 3_600_000
const open: Harness[] = []
const sealed: SessionOptions = { store: 'cookie', concurrency: 'last-write-wins', secrets: [secret] }

async function start(...given: Parameters<typeof openHarness>): Promise<Harness> {
  const harness = await openHarness(...given)
  open.push(harness)
  return harness
}

afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close()
})

function tokenOf(client: Browser): string {
  return client.cookies.get(name) ?? ''
}

async function login(harness: Harness): Promise<Browser> {
  const client = harness.browser()
  await client.send(async (session) => {
    await session.set('cart', 'Größe')
    await session.login('ada')
  })
  return client
}

async function userOf(harness: Harness, token: string, tenant = ''): Promise<string | null> {
  return harness.browser().send((session) => session.userId(), { cookie: `${name}=${token}`, tenant })
}

describe('sessions in cookies', () => {
  it('come back, and the client can read nothing of them', async () => {
    const harness = await start(sealed)
    const client = await login(harness)
    expect(await client.send(async (session) => [await session.userId(), await session.get('cart')])).toEqual(
      ['ada', 'Größe'],
    )
    expect(atob(tokenOf(client).replaceAll('-', '+').replaceAll('_', '/'))).not.toContain('ada')
  })

  it('set a cookie only when something changed', async () => {
    const client = await login(await start(sealed))
    await client.send((session) => session.set('cart', 'Größe'))
    expect(client.last.headers.getSetCookie()).toEqual([])
    await client.send(async (session) => {
      await session.set('a', 1)
      await session.set('b', 1)
    })
    expect(client.last.headers.getSetCookie()).toHaveLength(1)
  })

  it('take back the cookie after logout', async () => {
    const client = await login(await start(sealed))
    await client.send((session) => session.logout())
    expect(client.cookies.size).toBe(0)
  })

  it('open with an old secret, and seal with the new one', async () => {
    const client = await login(await start(sealed))
    const rotating = await start({ ...sealed, secrets: [otherSecret, secret] })
    expect(await userOf(rotating, tokenOf(client))).toBe('ada')
    const moved = rotating.browser()
    await moved.send((session) => session.set('a', 1), { cookie: `${name}=${tokenOf(client)}` })
    const rotated = await start({ ...sealed, secrets: [otherSecret] })
    expect(await userOf(rotated, tokenOf(client))).toBeNull()
    expect(await userOf(rotated, tokenOf(moved))).toBe('ada')
  })

  it('open no more when one character is changed, anywhere', async () => {
    const harness = await start(sealed)
    const token = tokenOf(await login(harness))
    for (let index = 0; index < token.length; index += 7) {
      const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`
      expect(await userOf(harness, changed)).toBeNull()
    }
    for (const cut of [1, 2, 16, 40, token.length - 1])
      expect(await userOf(harness, token.slice(0, -cut))).toBeNull()
    expect(await userOf(harness, `${token}A`)).toBeNull()
    expect(await userOf(harness, 'A'.repeat(5000))).toBeNull()
    expect(await userOf(harness, token)).toBe('ada')
  })

  it('are those of one tenant, and of one service', async () => {
    const harness = await start(sealed)
    const client = harness.browser()
    await client.send((session) => session.login('ada'), { tenant: 'a' })
    expect(await userOf(harness, tokenOf(client), 'a')).toBe('ada')
    expect(await userOf(harness, tokenOf(client), 'b')).toBeNull()
    const admin = await start({ ...sealed, cookie: { name: 'admin' } })
    const seen = await admin
      .browser()
      .send((session) => session.userId(), { cookie: `__Host-admin=${tokenOf(client)}`, tenant: 'a' })
    expect(seen).toBeNull()
  })

  it('are not what else was sealed with the same secrets', async () => {
    const harness = await start(sealed)
    const { seal } = { seal: (text: string) => createKeyRing([secret]).seal('cookie:session', text) }
    const now = harness.clock.now()
    const forged = await seal(` ${'A'.repeat(43)} [[1,${now},${now},"eve",null],[],[]]`)
    expect(await userOf(harness, forged)).toBeNull()
  })

  it('expire idle, are refreshed by use, and end for good', async () => {
    const harness = await start({ ...sealed, idleMs: hourMs, absoluteMs: 2 * hourMs })
    const client = await login(harness)
    const first = tokenOf(client)
    await harness.clock.advance(hourMs / 2)
    expect(await client.send((session) => session.userId())).toBe('ada')
    await harness.clock.advance(hourMs / 2)
    expect(await userOf(harness, first)).toBeNull()
    expect(await client.send((session) => session.userId())).toBe('ada')
    await harness.clock.advance(hourMs / 2)
    expect(await client.send((session) => session.userId())).toBe('ada')
    await harness.clock.advance(hourMs / 2)
    expect(await client.send((session) => session.userId())).toBeNull()
  })

  it('fill one cookie of 4,096 bytes, and refuse more', async () => {
    const harness = await start(sealed)
    const client = harness.browser()
    const longest = await fill(client)
    expect(longest).toBeGreaterThan(2800)
    expect(`${name}=${tokenOf(client)}`.length).toBeGreaterThan(4080)
    expect(`${name}=${tokenOf(client)}`.length).toBeLessThanOrEqual(4096)
    await expect(client.send((session) => session.set('a', 'x'.repeat(longest + 1)))).rejects.toThrow('500')
    expect(harness.thrown.at(-1)).toMatchObject({
      code: 'STORE_TOO_LARGE',
      message: expect.stringMatching(/at most 29\d\d bytes, got 29\d\d/),
    })
    expect(await client.send((session) => session.get('a'))).toBe('x'.repeat(longest))
  })

  it('without a list of revocations, a copy opens again after logout, until it expires', async () => {
    const harness = await start({ ...sealed, idleMs: hourMs })
    const client = await login(harness)
    const copy = tokenOf(client)
    await client.send((session) => session.logout())
    expect(await userOf(harness, copy)).toBe('ada')
    await harness.clock.advance(hourMs)
    expect(await userOf(harness, copy)).toBeNull()
  })

  it.each(['logout', 'destroy', 'regenerate'] as const)(
    'with one, a copy is dead after %s()',
    async (method) => {
      const clock = createTestClock()
      const harness = await start(
        { ...sealed, revocations: memoryOn(clock), idleMs: hourMs, absoluteMs: 3 * hourMs },
        {},
        clock,
      )
      const client = await login(harness)
      const early = tokenOf(client)
      await client.send((session) => session.set('a', 1))
      const copy = tokenOf(client)
      await client.send((session) => session[method]())
      expect([await userOf(harness, copy), await userOf(harness, early)]).toEqual([null, null])
      expect(await client.send((session) => session.userId())).toBe(method === 'regenerate' ? 'ada' : null)
    },
  )

  it('with one, a copy is dead although it was used later than the one that was logged out', async () => {
    const clock = createTestClock()
    const revocations = memoryOn(clock)
    const harness = await start({ ...sealed, revocations, idleMs: hourMs, refreshParts: 1 }, {}, clock)
    const client = await login(harness)
    const copy = tokenOf(client)
    await clock.advance(hourMs * 0.9)
    await client.send((session) => session.touch())
    const later = tokenOf(client)
    await harness.browser().send((session) => session.logout(), { cookie: `${name}=${copy}` })
    await clock.advance(hourMs * 0.9)
    expect(await userOf(harness, later)).toBeNull()
  })

  it('cost no decryption when they are longer than a cookie can be', async () => {
    const ring = createKeyRing([secret])
    let openings = 0
    const keys = {
      ...ring,
      seal: (purpose: string, value: string) => ring.seal(purpose, value),
      open: (purpose: string, text: string) => {
        openings++
        return ring.open(purpose, text)
      },
    }
    const { secrets: _, ...options } = sealed
    const harness = await start(options, { keys: Object.assign(Object.create(ring), keys) })
    expect(await userOf(harness, 'A'.repeat(5000))).toBeNull()
    expect(openings).toBe(0)
    expect(await userOf(harness, 'A'.repeat(1000))).toBeNull()
    expect(openings).toBe(1)
  })

  it('are unknown, not over, when the revocations cannot be read: 503', async () => {
    const clock = createTestClock()
    const made = watch(memoryOn(clock), () => new RockstarError('STORE_TIMEOUT', 'Slow'))
    const harness = await start({ ...sealed, revocations: made.store }, {}, clock)
    const client = await login(harness)
    made.failing = /^get$/
    await expect(client.send((session) => session.userId())).rejects.toThrow('503')
    made.failing = /^set$/
    await expect(client.send((session) => session.logout())).rejects.toThrow('503')
    expect(client.cookies.size).toBe(1)
  })

  it('start only where the options say last-write-wins, and with secrets', async () => {
    const merging = openHarness({ store: 'cookie', secrets: [secret] })
    await expect(merging).rejects.toMatchObject({ cause: { code: 'STORE_UNSUPPORTED' } })
    await expect(openHarness({ ...sealed, secrets: ['short'] })).rejects.toMatchObject({
      code: 'SECRET_MISSING',
    })
    const { secrets: _, ...without } = sealed
    await expect(openHarness(without)).rejects.toMatchObject({ code: 'SECRET_MISSING' })
    const harness = await start(without, { keys: createKeyRing([secret]) })
    expect(await userOf(harness, tokenOf(await login(harness)))).toBe('ada')
  })
})

/** Finds the longest text that fits. */
async function fill(client: Browser): Promise<number> {
  let least = 1
  let most = 5000
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2)
    const fits = await client
      .send((session) => session.set('a', 'x'.repeat(middle)))
      .then(
        () => true,
        () => false,
      )
    if (fits) least = middle
    else most = middle
  }
  return least
}
