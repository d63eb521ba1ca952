import { afterEach, describe, expect, it } from 'vitest'
import { createTestClock } from '../../src/testing/index.ts'
import type { Browser, Harness } from './harness.ts'
import { contentsOf, memoryOn, openHarness, watch, without } from './harness.ts'

const name = '__Host-session'
const open: Harness[] = []

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

/** What a thief with this token sees. */
function peek(harness: Harness, token: string, tenant?: string): Promise<unknown> {
  const init = { cookie: `${name}=${token}`, ...(tenant === undefined ? {} : { tenant }) }
  return harness
    .browser()
    .send(async (session) => [await session.userId(), (await session.get('cart')) ?? null], init)
}

describe('login()', () => {
  it('moves the session to a new id, keeps its data, and the old id is dead at once', async () => {
    const harness = await start()
    const client = harness.browser()
    await client.send((session) => session.set('cart', 1))
    const before = tokenOf(client)
    await client.send((session) => session.login('ada'))
    expect(tokenOf(client)).not.toBe(before)
    expect(await peek(harness, tokenOf(client))).toEqual(['ada', 1])
    expect(await peek(harness, before)).toEqual([null, null])
  })

  it('leaves nothing of another user', async () => {
    const client = (await start()).browser()
    await client.send(async (session) => {
      await session.login('ada')
      await session.set('cart', 1)
      await session.flash('notice', 1)
    })
    await client.send((session) => session.login('bob'))
    const seen = await client.send(async (session) => [
      await session.userId(),
      (await session.get('cart')) ?? null,
      (await session.flash('notice')) ?? null,
    ])
    expect(seen).toEqual(['bob', null, null])
  })

  it('keeps the data of the same user', async () => {
    const client = (await start()).browser()
    await client.send(async (session) => {
      await session.login('ada')
      await session.set('cart', 1)
    })
    await client.send((session) => session.login('ada'))
    expect(await client.send((session) => session.get('cart'))).toBe(1)
  })

  it('takes over a session that changes at the same time, with the change', async () => {
    const clock = createTestClock()
    const made = watch(memoryOn(clock), () => new Error())
    const harness = await start({ store: made.store }, {}, clock)
    const client = harness.browser()
    await client.send((session) => session.set('cart', 0))
    const cookie = `${name}=${tokenOf(client)}`
    await Promise.all([
      client.send((session) => session.login('ada')),
      ...[1, 2, 3].map((count) =>
        harness
          .browser()
          .send((session) => session.set(`k${count}`, count), { cookie })
          .catch(String),
      ),
    ]).then(async ([, ...others]) => {
      const kept = await client.send((session) =>
        Promise.all([1, 2, 3].map((count) => session.get(`k${count}`))),
      )
      // Each either came in time and is there, or was told that it came too late.
      others.forEach((outcome, index) =>
        expect([kept[index], outcome]).toEqual(
          outcome === undefined ? [index + 1, undefined] : [null, 'Error: status 409'],
        ),
      )
    })
    expect(await peek(harness, tokenOf(client))).toEqual(['ada', 0])
  })

  it('succeeds when it was clicked twice', async () => {
    const harness = await start()
    const client = harness.browser()
    await client.send((session) => session.set('cart', 0))
    await Promise.all([
      client.send((session) => session.login('ada')),
      client.send((session) => session.login('ada')),
    ])
    expect(await client.send((session) => session.userId())).toBe('ada')
  })

  it.each<[string | undefined, string]>([
    ['', 'an empty one'],
    ['x'.repeat(257), 'one that is too long'],
    [undefined, 'none'],
  ])('refuses a user id: %#', async (userId) => {
    const harness = await start()
    // A caller without types.
    await expect(
      harness.browser().send((session) => Reflect.apply(session.login, session, [userId])),
    ).rejects.toThrow('500')
    expect(harness.thrown).toEqual([expect.any(RangeError)])
  })
})

describe('logout() and destroy()', () => {
  it.each(['logout', 'destroy'] as const)(
    '%s() ends the session, its data and its cookie, and a copy is dead',
    async (method) => {
      const harness = await start()
      const client = harness.browser()
      await client.send(async (session) => {
        await session.login('ada')
        await session.set('cart', 1)
      })
      const before = tokenOf(client)
      await client.send((session) => session[method]())
      expect([...client.cookies]).toEqual([])
      expect(await peek(harness, before)).toEqual([null, null])
    },
  )

  it('logout() carries over what it is told, for nobody, under a new id', async () => {
    const harness = await start()
    const client = harness.browser()
    await client.send(async (session) => {
      await session.login('ada')
      await Promise.all([session.set('cart', 1), session.set('locale', 'de')])
    })
    const before = tokenOf(client)
    await client.send((session) => session.logout(['locale', 'never']))
    expect(tokenOf(client)).not.toBe(before)
    expect(
      await client.send(async (session) => [
        await session.userId(),
        await session.get('locale'),
        (await session.get('cart')) ?? null,
      ]),
    ).toEqual([null, 'de', null])
    expect(await peek(harness, before)).toEqual([null, null])
  })

  it('a flash after logout() begins a new session', async () => {
    const client = (await start()).browser()
    await client.send((session) => session.login('ada'))
    await client.send(async (session) => {
      await session.logout()
      await session.flash('notice', 'Bye')
    })
    expect(
      await client.send(async (session) => [await session.userId(), await session.flash('notice')]),
    ).toEqual([null, 'Bye'])
  })

  it('a request that was under way when the session ended does not bring it back', async () => {
    const harness = await start()
    const client = harness.browser()
    await client.send((session) => session.login('ada'))
    const token = tokenOf(client)
    const other = harness.browser()
    const late = other.send(
      async (session) => {
        await session.get('cart')
        await client.send((own) => own.logout())
        await session.set('cart', 1).catch(() => null)
        await session.set('cart', 2)
      },
      { cookie: `${name}=${token}` },
    )
    await expect(late).rejects.toThrow('409')
    expect(other.last.headers.getSetCookie()).toEqual([])
    expect(await peek(harness, token)).toEqual([null, null])
  })
})

describe('regenerate()', () => {
  it('keeps all but the id', async () => {
    const harness = await start()
    const client = harness.browser()
    await client.send(async (session) => {
      await session.login('ada')
      await session.set('cart', 1)
    })
    const before = tokenOf(client)
    await client.send((session) => session.regenerate())
    expect(await peek(harness, before)).toEqual([null, null])
    expect(await peek(harness, tokenOf(client))).toEqual(['ada', 1])
  })

  it('of two at once one succeeds, and one id lives', async () => {
    const clock = createTestClock()
    const store = memoryOn(clock)
    const harness = await start({ store }, {}, clock)
    const client = harness.browser()
    await client.send((session) => session.set('cart', 1))
    const twice = [1, 2].map(() => client.send((session) => session.regenerate()).then(() => 200, String))
    expect((await Promise.all(twice)).toSorted()).toEqual([200, 'Error: status 409'])
    expect((await contentsOf(store)).size).toBe(1)
    expect(await client.send((session) => session.get('cart'))).toBe(1)
  })
})

describe('an attacker', () => {
  it('cannot fix an id: one that the client made up is never adopted', async () => {
    const harness = await start()
    const client = harness.browser()
    const chosen = 'A'.repeat(43)
    client.cookies.set(name, chosen)
    await client.send((session) => session.set('cart', 1))
    expect(tokenOf(client)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(tokenOf(client)).not.toBe(chosen)
    expect(await peek(harness, chosen)).toEqual([null, null])
  })

  it('cannot plant a cookie without the prefix', async () => {
    const harness = await start()
    const thief = harness.browser()
    await thief.send((session) => session.set('cart', 'theirs'))
    const cookie = `session=${tokenOf(thief)}; __Secure-session=${tokenOf(thief)}`
    expect(await harness.browser().send((session) => session.get('cart'), { cookie })).toBeUndefined()
  })

  it.each([
    ['empty', ''],
    ['short', 'A'.repeat(42)],
    ['long', 'A'.repeat(44)],
    ['not base64url', `${'A'.repeat(42)}.`],
    ['not canonical', `${'A'.repeat(42)}B`],
    ['a path', '../../etc/passwd'],
    ['huge', 'A'.repeat(8000)],
    ['Unicode', '%E2%82%AC'.repeat(43)],
  ])('gets no look-up for an id that is %s', async (_, token) => {
    const clock = createTestClock()
    const { store, calls } = watch(memoryOn(clock), () => new Error())
    const harness = await start({ store }, {}, clock)
    expect(await peek(harness, token)).toEqual([null, null])
    expect(calls).toEqual([])
  })

  it('gets nothing from an id with one character changed or cut off', async () => {
    const harness = await start()
    const client = harness.browser()
    await client.send((session) => session.login('ada'))
    const token = tokenOf(client)
    expect(await peek(harness, `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`)).toEqual([null, null])
    expect(await peek(harness, token.slice(0, -1))).toEqual([null, null])
  })

  it('cannot use the session of one tenant at another one', async () => {
    const harness = await start()
    const client = harness.browser()
    await client.send((session) => session.login('ada'), { tenant: 'a' })
    expect(await peek(harness, tokenOf(client), 'a')).toEqual(['ada', null])
    expect(await peek(harness, tokenOf(client), 'b')).toEqual([null, null])
    expect(await peek(harness, tokenOf(client))).toEqual([null, null])
    const listed = await client.send((session) => session.sessionsOf('ada'), { tenant: 'b' })
    expect(listed).toEqual([])
  })

  it('cannot name a tenant that reaches into the keys of another one', async () => {
    const harness = await start()
    await expect(
      harness.browser().send((session) => session.set('a', 1), { tenant: 'a:s:' }),
    ).rejects.toThrow('500')
    expect(harness.thrown).toEqual([expect.objectContaining({ code: 'OPTIONS_INVALID' })])
  })

  it('gets nobody from a record that is damaged', async () => {
    const clock = createTestClock()
    const store = memoryOn(clock)
    const harness = await start({ store }, {}, clock)
    const client = harness.browser()
    await client.send((session) => session.set('cart', 1))
    const [key = ''] = (await contentsOf(store)).keys()
    for (const text of [
      '',
      '{',
      '[]',
      '[[1,0,0,"eve",null],[],[]]',
      '[[2,1e13,1e13,"eve",null],[],[]]',
      '[[1,1e13,1e13,{},null],[],[]]',
      '[[1,1e13,1e13,"eve",null],["a"],[]]',
    ]) {
      await store.set(key, text)
      expect(await peek(harness, tokenOf(client))).toEqual([null, null])
    }
  })
})

describe('the sessions of a user', () => {
  async function login(harness: Harness, label: string): Promise<Browser> {
    const client = harness.browser()
    await client.send((session) => session.login('ada', { label }))
    await harness.clock.advance(1000)
    return client
  }

  it('are listed, the oldest first, with the one of the request marked', async () => {
    const harness = await start()
    await login(harness, 'Phone')
    const laptop = await login(harness, 'Laptop')
    await harness.browser().send((session) => session.login('bob'))
    const list = await laptop.send((session) => session.sessionsOf('ada'))
    expect(list.map(({ label, isCurrent }) => [label, isCurrent])).toEqual([
      ['Phone', false],
      ['Laptop', true],
    ])
    expect(list[1]).toEqual({
      id: await laptop.send((session) => session.id()),
      label: 'Laptop',
      createdAt: harness.clock.now() - 1000,
      seenAt: harness.clock.now() - 1000,
      isCurrent: true,
    })
  })

  it('can be revoked one by one, by their own user only', async () => {
    const harness = await start()
    const phone = await login(harness, 'Phone')
    const laptop = await login(harness, 'Laptop')
    const id = (await phone.send((session) => session.id())) ?? ''
    expect(await laptop.send((session) => session.revoke('bob', id))).toBe(false)
    expect(await laptop.send((session) => session.revoke('ada', 'x'))).toBe(false)
    expect(await phone.send((session) => session.userId())).toBe('ada')
    expect(await laptop.send((session) => session.revoke('ada', id))).toBe(true)
    expect(await laptop.send((session) => session.revoke('ada', id))).toBe(false)
    expect(await phone.send((session) => session.userId())).toBeNull()
    expect(await laptop.send(async (session) => (await session.sessionsOf('ada')).length)).toBe(1)
  })

  it('that revoke themselves lose their cookie, too', async () => {
    const harness = await start()
    const client = await login(harness, 'a')
    const seen = await client.send(async (session) => [
      await session.revoke('ada', (await session.id()) ?? ''),
      await session.userId(),
    ])
    expect([seen, client.cookies.size]).toEqual([[true, null], 0])
  })

  it('can be revoked at once, all or all others', async () => {
    const harness = await start()
    const clients = [await login(harness, 'a'), await login(harness, 'b'), await login(harness, 'c')]
    const users = () => Promise.all(clients.map((client) => client.send((session) => session.userId())))
    expect(await clients[1]?.send((session) => session.revokeAll('ada', { exceptThis: true }))).toBe(2)
    expect(await users()).toEqual([null, 'ada', null])
    expect(await clients[1]?.send((session) => session.revokeAll('ada'))).toBe(1)
    expect(clients[1]?.cookies.size).toBe(0)
    expect(await users()).toEqual([null, null, null])
  })

  it('are bounded: one more ends the oldest', async () => {
    const harness = await start({ maxSessionsPerUser: 2 })
    const clients = [await login(harness, 'a'), await login(harness, 'b'), await login(harness, 'c')]
    expect(await Promise.all(clients.map((client) => client.send((session) => session.userId())))).toEqual([
      null,
      'ada',
      'ada',
    ])
  })

  it('are not ended by their own new id', async () => {
    const harness = await start({ maxSessionsPerUser: 1 })
    const client = await login(harness, 'a')
    await client.send((session) => session.set('cart', 1))
    for (let count = 0; count < 3; count++) await client.send((session) => session.regenerate())
    await client.send((session) => session.login('ada'))
    expect(await client.send((session) => session.get('cart'))).toBe(1)
    expect(await client.send(async (session) => (await session.sessionsOf('ada')).length)).toBe(1)
  })

  it('that have ended leave the list by themselves', async () => {
    const clock = createTestClock()
    const store = memoryOn(clock)
    const harness = await start({ store, maxSessionsPerUser: 3 }, {}, clock)
    for (let count = 0; count < 10; count++) {
      const client = await login(harness, 'x')
      await client.send((session) => session.logout())
    }
    const last = await login(harness, 'last')
    const indexOf = async () =>
      [...(await contentsOf(store))].find(([key]) => key.includes(':u:'))?.[1].split(' ').length
    expect(await indexOf()).toBeLessThanOrEqual(4)
    await last.send((session) => session.sessionsOf('ada'))
    expect(await indexOf()).toBe(1)
  })

  it('are all found when 30 log in at once', async () => {
    const harness = await start()
    const clients = Array.from({ length: 30 }, () => harness.browser())
    await Promise.all(clients.map((client) => client.send((session) => session.login('ada'))))
    expect(await harness.browser().send((session) => session.revokeAll('ada'))).toBe(30)
    const left = await Promise.all(clients.map((client) => client.send((session) => session.userId())))
    expect(new Set(left)).toEqual(new Set([null]))
  })

  it('do not escape revokeAll() by a new id at the same moment', async () => {
    const harness = await start()
    for (let round = 0; round < 30; round++) {
      const client = await login(harness, 'x')
      const wait = (count: number) => async () => {
        for (let turn = 0; turn < count; turn++) await Promise.resolve()
      }
      await Promise.all([
        wait(round)().then(() => client.send((session) => session.regenerate()).catch(() => null)),
        harness.browser().send((session) => session.revokeAll('ada')),
      ])
      // Whichever came first: what is not found by now must not live.
      await harness.browser().send((session) => session.revokeAll('ada'))
      expect(await client.send((session) => session.userId())).toBeNull()
    }
  })

  it('cannot be listed or revoked without compare-and-set, rather than some of them', async () => {
    const clock = createTestClock()
    const store = without(memoryOn(clock), 'compare-and-set')
    const harness = await start({ store, concurrency: 'last-write-wins' }, {}, clock)
    await expect(harness.browser().send((session) => session.revokeAll('ada'))).rejects.toThrow('500')
    await expect(harness.browser().send((session) => session.sessionsOf('ada'))).rejects.toThrow('500')
    expect(harness.thrown).toEqual([
      expect.objectContaining({ code: 'STORE_UNSUPPORTED' }),
      expect.objectContaining({ code: 'STORE_UNSUPPORTED' }),
    ])
  })
})
