import { afterEach, describe, expect, it } from 'vitest'
import { RockstarError } from '../../src/errors/index.ts'
import { createTestClock } from '../../src/testing/index.ts'
import type { Harness } from './harness.ts'
import { contentsOf, memoryOn, openHarness, watch } from './harness.ts'

const name = '__Host-session'
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const open: Harness[] = []

async function start(...given: Parameters<typeof openHarness>): Promise<Harness> {
  const harness = await openHarness(...given)
  open.push(harness)
  return harness
}

function watched(): ReturnType<typeof watch> & { clock: ReturnType<typeof createTestClock> } {
  const clock = createTestClock()
  const made = watch(memoryOn(clock), () => new RockstarError('STORE_FAILED', 'The disk is gone'))
  return Object.assign(made, { clock })
}

afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close()
})

describe('ctx.session', () => {
  it('costs nothing while nobody touches it', async () => {
    const { store, calls, clock } = watched()
    const { browser } = await start({ store }, {}, clock)
    const client = browser()
    await client.send((session) => session.set('a', 1))
    calls.length = 0
    await client.send(() => null)
    expect(calls).toEqual([])
    expect([client.last.headers.getSetCookie(), client.last.headers.get('vary')]).toEqual([[], null])
  })

  it('asks no store for a client without a cookie, and sets none, when it is only read', async () => {
    const { store, calls, clock } = watched()
    const { browser } = await start({ store }, {}, clock)
    const client = browser()
    const step = await client.send(async (session) => [
      (await session.get('a')) ?? null,
      await session.userId(),
      await session.id(),
      (await session.flash('f')) ?? null,
    ])
    expect(step).toEqual([null, null, null, null])
    await client.send(async (session) => {
      await session.delete('a')
      await session.clear()
      await session.touch()
      await session.regenerate()
      await session.logout()
      await session.destroy()
    })
    expect(calls).toEqual([])
    expect([client.last.headers.getSetCookie(), client.last.headers.get('vary')]).toEqual([[], 'cookie'])
  })

  it('keeps data from one request to the next', async () => {
    const client = (await start()).browser()
    const cart = { items: [{ id: 'Größe', count: 2 }], note: null }
    await client.send((session) => session.set('cart', cart))
    expect(await client.send((session) => session.get('cart'))).toEqual(cart)
    await client.send((session) => session.delete('cart'))
    expect(await client.send((session) => session.get('cart'))).toBeUndefined()
  })

  it('sees its own changes in the order of the calls, awaited or not', async () => {
    const client = (await start()).browser()
    const seen = await client.send(async (session) => {
      const all = [
        session.set('a', 1),
        session.get('a'),
        session.set('a', 2),
        session.get('a'),
        session.clear(),
        session.get('a'),
      ]
      return (await Promise.all(all)).map((value) => value ?? null)
    })
    expect(seen).toEqual([null, 1, null, 2, null, null])
  })

  it('stores the changes of one tick together', async () => {
    const { store, calls, clock } = watched()
    const client = (await start({ store }, {}, clock)).browser()
    await client.send((session) => session.set('a', 0))
    calls.length = 0
    await client.send(async (session) => {
      await Promise.all([session.set('a', 1), session.set('b', 2), session.flash('c', 3)])
    })
    expect(calls).toEqual(['get', 'compareAndSet'])
    expect(client.last.headers.getSetCookie()).toEqual([])
  })

  it('writes nothing and sets no cookie when nothing changed', async () => {
    const { store, calls, clock } = watched()
    const client = (await start({ store }, {}, clock)).browser()
    await client.send((session) => session.set('a', { b: 1 }))
    calls.length = 0
    await client.send(async (session) => {
      await session.set('a', { b: 1 })
      await session.delete('never')
      await session.flash('never')
    })
    expect(calls).toEqual(['get'])
    expect(client.last.headers.getSetCookie()).toEqual([])
  })

  it('gives copies: what a handler does to a value changes no session', async () => {
    const client = (await start()).browser()
    await client.send((session) => session.set('list', [1]))
    const seen = await client.send(async (session) => {
      const list = await session.get('list')
      if (Array.isArray(list)) list.push(2)
      return session.get('list')
    })
    expect(seen).toEqual([1])
  })

  it('keeps keys apart from prototypes', async () => {
    const client = (await start()).browser()
    await client.send(async (session) => {
      await session.set('__proto__', { admin: true })
      await session.set('constructor', 'x')
    })
    const seen = await client.send(async (session) => [
      await session.get('__proto__'),
      await session.get('constructor'),
      (await session.get('toString')) ?? null,
    ])
    expect(seen).toEqual([{ admin: true }, 'x', null])
    expect(Reflect.get({}, 'admin')).toBeUndefined()
  })

  it.each([
    ['undefined', undefined],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['NaN', Number.NaN],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a lone surrogate', '\ud800'],
    ['an array that is sparse', Object.assign([], { 2: 1 })],
    ['the key __proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}')],
    ['the keys constructor.prototype', { constructor: { prototype: {} } }],
    ['a cycle', cycle()],
    ['nesting of 33', nested(33)],
  ])('refuses a value that is %s', async (_, value) => {
    const harness = await start()
    await expect(harness.browser().send((session) => session.set('a', value))).rejects.toThrow('500')
    expect(harness.thrown).toEqual([expect.any(TypeError)])
  })

  it('takes a value nested 32 deep', async () => {
    const client = (await start()).browser()
    await client.send((session) => session.set('a', nested(32)))
    expect(await client.send((session) => session.get('a'))).toEqual(nested(32))
  })

  it('refuses a session over its bound, and changes nothing', async () => {
    const harness = await start({ maxBytes: 1000 })
    const client = harness.browser()
    await client.send((session) => session.set('a', 'small'))
    await expect(client.send((session) => session.set('b', 'x'.repeat(1000)))).rejects.toThrow('500')
    expect(harness.thrown).toEqual([expect.objectContaining({ code: 'STORE_TOO_LARGE' })])
    expect(
      await client.send(async (session) => [await session.get('a'), (await session.get('b')) ?? null]),
    ).toEqual(['small', null])
  })

  it.each([
    ['', 'empty'],
    ['k'.repeat(129), 'too long'],
  ])('refuses a key that is %s', async (key) => {
    const harness = await start()
    await expect(harness.browser().send((session) => session.set(key, 1))).rejects.toThrow('500')
    expect(harness.thrown).toEqual([expect.any(RangeError)])
  })

  it('says so when the answer leaves before a change is stored, and stores it all the same', async () => {
    const { platform, browser } = await start()
    const client = browser()
    await client.send((session) => session.set('a', 1))
    await client.send((session) => void session.set('a', 2))
    expect(platform.logged.map(({ kind }) => kind)).toContain('session.late')
    await platform.idle()
    expect(await client.send((session) => session.get('a'))).toBe(2)
  })

  it('says nothing of the kind when all is awaited', async () => {
    const { platform, browser } = await start()
    await browser().send((session) => session.set('a', 1))
    expect(platform.logged.map(({ kind }) => kind)).not.toContain('session.late')
  })
})

describe('ctx.session.flash()', () => {
  it('gives a value once, to the next request that asks', async () => {
    const client = (await start()).browser()
    await client.send((session) => session.flash('notice', { text: 'Saved' }))
    expect(await client.send((session) => session.get('a'))).toBeUndefined()
    expect(await client.send((session) => session.flash('notice'))).toEqual({ text: 'Saved' })
    expect(await client.send((session) => session.flash('notice'))).toBeUndefined()
  })

  it('gives it to one of 20 parallel requests', async () => {
    const client = (await start()).browser()
    await client.send((session) => session.flash('notice', 'once'))
    const seen = await Promise.all(
      Array.from({ length: 20 }, () => client.send((session) => session.flash('notice'))),
    )
    expect(seen.filter((value) => value !== undefined)).toEqual(['once'])
  })
})

describe('the cookie', () => {
  it.each([
    ['https://shop.example', '__Host-session', '; Path=/; HttpOnly; Secure; SameSite=Lax'],
    ['http://localhost:3000', 'session', '; Path=/; HttpOnly; SameSite=Lax'],
    ['http://shop.example', '__Host-session', '; Path=/; HttpOnly; Secure; SameSite=Lax'],
  ])('is as strict as %s allows', async (origin, cookieName, flags) => {
    const client = (await start()).browser(origin)
    await client.send((session) => session.set('a', 1))
    const [line = '', ...more] = client.last.headers.getSetCookie()
    expect([line.replace(/=[A-Za-z0-9_-]{43};/, ';'), more]).toEqual([`${cookieName}${flags}`, []])
  })

  it('is called __Secure- where it has a path, and may outlive the browser', async () => {
    const cookie = { name: 'shop', path: '/shop', sameSite: 'strict', persistent: true } as const
    const client = (await start({ cookie, idleMs: hourMs })).browser()
    await client.send((session) => session.set('a', 1))
    expect(client.last.headers.getSetCookie()[0]).toMatch(
      /^__Secure-shop=[A-Za-z0-9_-]{43}; Path=\/shop; Max-Age=3600; HttpOnly; Secure; SameSite=Strict$/,
    )
  })

  it('that outlives the browser is sent anew when use is written down', async () => {
    const { clock, browser } = await start({
      cookie: { persistent: true },
      idleMs: hourMs,
      absoluteMs: hourMs * 2,
    })
    const client = browser()
    await client.send((session) => session.set('a', 1))
    const token = client.cookies.get(name)
    await clock.advance(hourMs / 2)
    await client.send((session) => session.get('a'))
    expect(client.last.headers.getSetCookie()[0]).toMatch(`${name}=${token}; Path=/; Max-Age=3600;`)
    await client.send((session) => session.get('a'))
    expect(client.last.headers.getSetCookie()).toEqual([])
    await clock.advance(hourMs * 0.9)
    await client.send((session) => session.get('a'))
    expect(client.last.headers.getSetCookie()[0]).toContain('Max-Age=2160;')
  })

  it('reaches the client although the handler fails afterwards', async () => {
    const client = (await start()).browser()
    const failing = client.send(async (session) => {
      await session.login('ada')
      throw new Error('late')
    })
    await expect(failing).rejects.toThrow('500')
    expect(await client.send((session) => session.userId())).toBe('ada')
  })

  it('holds nothing that the store has: what leaks from there opens no session', async () => {
    const clock = createTestClock()
    const store = memoryOn(clock)
    const client = (await start({ store }, {}, clock)).browser()
    await client.send((session) => session.login('ada'))
    const token = client.cookies.get(name) ?? ''
    const contents = JSON.stringify([...(await contentsOf(store))])
    expect(token).toHaveLength(43)
    expect(contents).not.toContain(token)
    const id = await client.send((session) => session.id())
    expect(contents).toContain(id)
    expect(await client.send((session) => session.userId(), { cookie: `${name}=${id}` })).toBeNull()
  })
})

describe('expiry', () => {
  it('ends a session that is idle', async () => {
    const { clock, browser } = await start({ idleMs: hourMs })
    const client = browser()
    await client.send((session) => session.set('a', 1))
    await clock.advance(hourMs - 1)
    expect(await client.send((session) => session.get('a'))).toBe(1)
    await clock.advance(hourMs)
    expect(await client.send((session) => session.get('a'))).toBeUndefined()
  })

  it('ends one that is never idle', async () => {
    const { clock, browser } = await start({ idleMs: hourMs, absoluteMs: 2 * hourMs })
    const client = browser()
    await client.send((session) => session.set('a', 1))
    for (let count = 0; count < 3; count++) {
      await clock.advance(hourMs / 2)
      expect(await client.send((session) => session.get('a'))).toBe(1)
    }
    await clock.advance(hourMs / 2)
    expect(await client.send((session) => session.get('a'))).toBeUndefined()
  })

  it('counts from login anew', async () => {
    const { clock, browser } = await start({ idleMs: hourMs, absoluteMs: hourMs })
    const client = browser()
    await client.send((session) => session.set('a', 1))
    await clock.advance(hourMs / 2)
    await client.send((session) => session.login('ada'))
    await clock.advance(hourMs - 1)
    expect(await client.send((session) => session.userId())).toBe('ada')
    await clock.advance(1)
    expect(await client.send((session) => session.userId())).toBeNull()
  })

  it('writes use down at most every n-th part of the idle time', async () => {
    const { store, calls, clock } = watched()
    const client = (await start({ store, idleMs: hourMs, refreshParts: 4 }, {}, clock)).browser()
    await client.send((session) => session.set('a', 1))
    calls.length = 0
    for (let minutes = 0; minutes < 60; minutes++) {
      await clock.advance(60_000)
      await client.send((session) => session.get('a'))
    }
    expect(calls.filter((call) => call === 'get')).toHaveLength(60)
    expect(calls.filter((call) => call === 'compareAndSet')).toHaveLength(4)
  })

  it('is put off by touch(), and by a change not at all', async () => {
    const { clock, browser } = await start({ idleMs: hourMs, refreshParts: 1 })
    const client = browser()
    await client.send((session) => session.set('a', 1))
    await clock.advance(hourMs / 2)
    await client.send((session) => session.set('b', 1))
    await client.send((session) => session.touch())
    await clock.advance(hourMs - 1)
    expect(await client.send((session) => session.get('a'))).toBe(1)
    await clock.advance(1)
    expect(await client.send((session) => session.get('a'))).toBeUndefined()
  })

  it('leaves nothing in the store', async () => {
    const clock = createTestClock()
    const store = memoryOn(clock)
    const client = (await start({ store, absoluteMs: 2 * dayMs }, {}, clock)).browser()
    await client.send((session) => session.login('ada'))
    await clock.advance(2 * dayMs)
    expect((await contentsOf(store)).size).toBe(0)
  })
})

describe('a store that is down', () => {
  it.each([
    ['reading', 'get', (harness: Harness) => harness],
    ['writing', 'compareAndSet', (harness: Harness) => harness],
  ])('is 503 with Retry-After when %s, not logged out, and says so', async (_, failing) => {
    const made = watched()
    const { platform, browser } = await start({ store: made.store }, {}, made.clock)
    const client = browser()
    await client.send((session) => session.login('ada'))
    made.failing = new RegExp(`^${failing}$`)
    const step = client.send(async (session) => {
      await session.set('a', 1)
      return session.userId()
    })
    await expect(step).rejects.toThrow('503')
    expect([client.last.headers.get('retry-after'), client.last.headers.getSetCookie()]).toEqual(['5', []])
    expect(platform.logged).toContainEqual(
      expect.objectContaining({ kind: 'session.unavailable', fields: { code: 'STORE_FAILED' } }),
    )
    expect(await client.last.text()).not.toContain('disk')
    made.failing = null
    expect(await client.send((session) => session.userId())).toBe('ada')
  })

  it('does not fail a request that only reads when its use cannot be written down', async () => {
    const made = watched()
    const { platform, browser } = await start({ store: made.store }, {}, made.clock)
    const client = browser()
    await client.send((session) => session.login('ada'))
    await made.clock.advance(dayMs / 2)
    made.failing = /^compareAndSet$/
    expect(await client.send((session) => session.userId())).toBe('ada')
    expect(platform.logged.map(({ kind }) => kind)).toContain('session.unrefreshed')
  })

  it('leaves the old session as it was when login fails', async () => {
    const made = watched()
    const { browser } = await start({ store: made.store }, {}, made.clock)
    const client = browser()
    await client.send((session) => session.set('cart', 1))
    made.failing = /^compareAndSet$/
    await expect(client.send((session) => session.login('ada'))).rejects.toThrow('503')
    made.failing = null
    expect((await contentsOf(made.store)).size).toBe(1)
    expect(await client.send(async (session) => [await session.userId(), await session.get('cart')])).toEqual(
      [null, 1],
    )
  })
})

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

function cycle(): unknown {
  const value: Record<string, unknown> = {}
  value['self'] = value
  return value
}
