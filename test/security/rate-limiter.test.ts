import { describe, expect, test } from 'vitest'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { redisKeyValue } from '../../src/stores/redis.ts'
import type { RateLimiter, RateLimitRule } from '../../src/security/index.ts'
import { createRateLimiter } from '../../src/security/index.ts'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import { createDiagnostics } from '../../src/diagnostics/index.ts'
import { createTestClock, createTestPlatform } from '../../src/testing/index.ts'
import { describeRedis, openRedis } from '../stores/redis-server.ts'

function createHost(clock = createTestClock()) {
  const diagnostics = createDiagnostics()
  const events: DiagnosticEvent[] = []
  diagnostics.subscribe((event) => void events.push(event))
  return { platform: createTestPlatform({ clock }), diagnostics, clock, events }
}

function createBench(rules: readonly RateLimitRule[], store?: KeyValueStore) {
  const host = createHost()
  const limiter = createRateLimiter({ rules, ...(store !== undefined && { store, onStoreDown: 'refuse' }) })
  const take = (key = 'a', cost?: number) => limiter.take(host, key, cost)
  const kinds = async (count: number, key?: string): Promise<string> => {
    let text = ''
    for (let index = 0; index < count; index++) text += (await take(key)).kind === 'allowed' ? '+' : '-'
    return text
  }
  return { ...host, limiter, take, kinds }
}

const errorOf = (make: () => unknown): { code: string; message: string; details: { problems: string[] } } => {
  try {
    make()
  } catch (error) {
    return error as { code: string; message: string; details: { problems: string[] } }
  }
  throw new Error('Expected an error')
}

describe('a fixed window', () => {
  const rule: RateLimitRule = { algorithm: 'fixed-window', limit: 3, windowMs: 10_000 }

  test('lets as many pass as it says, and begins again', async () => {
    const { clock, kinds, take } = createBench([rule])
    await clock.advance(4000)
    expect(await kinds(5)).toBe('+++--')
    expect(await take()).toMatchObject({
      retryAfterMs: 6000,
      states: [{ name: 'default', remaining: 0, isViolated: true }],
    })
    await clock.advance(5999)
    expect(await kinds(1)).toBe('-')
    await clock.advance(1)
    expect(await kinds(4)).toBe('+++-')
  })

  test('counts each key by itself', async () => {
    const { kinds } = createBench([rule])
    expect(await kinds(4, 'a')).toBe('+++-')
    expect(await kinds(4, 'b')).toBe('+++-')
    expect(await kinds(4, 'x'.repeat(5000))).toBe('+++-')
    expect(await kinds(4, 'ключ с пробелом \0 \ud800')).toBe('+++-')
  })

  test('what is too large for the rest does not fill it', async () => {
    const { kinds, take } = createBench([rule])
    await take('a', 1)
    expect(await take('a', 3)).toMatchObject({ kind: 'refused', states: [{ remaining: 2 }] })
    expect(await kinds(3)).toBe('++-')
  })
})

describe('a sliding window', () => {
  const rule: RateLimitRule = { algorithm: 'sliding-window', limit: 10, windowMs: 10_000 }

  test('carries the window before over, as if it had been even', async () => {
    const { clock, kinds } = createBench([rule])
    expect(await kinds(11)).toBe('++++++++++-')
    // At the boundary a fixed window would let ten more pass at once.
    await clock.advance(10_000)
    expect(await kinds(1)).toBe('-')
    await clock.advance(5000)
    expect(await kinds(6)).toBe('+++++-')
  })

  test('says when the next one fits, and that is true to the millisecond', async () => {
    for (const advance of [0, 10_000, 12_500]) {
      const { clock, kinds, take } = createBench([rule])
      await kinds(10)
      await clock.advance(advance)
      await kinds(10)
      const { kind, retryAfterMs } = await take()
      expect(kind).toBe('refused')
      await clock.advance(retryAfterMs - 1)
      expect([advance, (await take()).kind]).toEqual([advance, 'refused'])
      await clock.advance(1)
      expect([advance, (await take()).kind]).toEqual([advance, 'allowed'])
    }
  })

  test('does not count what it refused', async () => {
    const { clock, kinds } = createBench([rule])
    await kinds(200)
    await clock.advance(15_000)
    expect(await kinds(6)).toBe('+++++-')
  })

  test('never lets twice the limit pass in any window, and over a long time not more than the limit', async () => {
    const { clock, take } = createBench([rule])
    const passed: number[] = []
    for (let step = 0; step < 1000; step++) {
      if ((await take()).kind === 'allowed') passed.push(clock.monotonic())
      await clock.advance(100)
    }
    const most = Math.max(
      ...passed.map((end) => passed.filter((at) => at > end - 10_000 && at <= end).length),
    )
    expect(most).toBeLessThan(20)
    expect(passed.length).toBeLessThanOrEqual(110)
  })
})

describe('a token bucket', () => {
  const rule: RateLimitRule = { algorithm: 'token-bucket', limit: 10, windowMs: 10_000, burst: 3 }

  test('lets a burst pass, then one at a time', async () => {
    const { clock, kinds, take } = createBench([rule])
    expect(await kinds(4)).toBe('+++-')
    expect(await take()).toMatchObject({ retryAfterMs: 1000, states: [{ remaining: 0 }] })
    await clock.advance(999)
    expect(await kinds(1)).toBe('-')
    await clock.advance(1)
    expect(await kinds(2)).toBe('+-')
    await clock.advance(60_000)
    expect(await kinds(4)).toBe('+++-')
  })

  test('counts what is left', async () => {
    const { take } = createBench([rule])
    const left = [(await take()).states[0]?.remaining, (await take()).states[0]?.remaining]
    expect([...left, (await take()).states[0]?.remaining]).toEqual([2, 1, 0])
  })

  test('never lets what is larger than the burst pass', async () => {
    const { clock, take } = createBench([rule])
    expect((await take('a', 4)).kind).toBe('refused')
    await clock.advance(1_000_000)
    expect((await take('a', 4)).kind).toBe('refused')
    expect((await take('a', 3)).kind).toBe('allowed')
  })

  test('of an odd rate loses nothing over a long time', async () => {
    const { clock, kinds } = createBench([{ algorithm: 'token-bucket', limit: 7, windowMs: 1000, burst: 2 }])
    let passed = 0
    for (let step = 0; step < 700; step++) {
      if ((await kinds(1)) === '+') passed++
      await clock.advance(step % 7 === 6 ? 1000 - 6 * 143 : 143)
    }
    expect(passed).toBe(700)
  })
})

describe('several rules', () => {
  const rules: readonly RateLimitRule[] = [
    { name: 'burst', limit: 2, windowMs: 1000, algorithm: 'fixed-window' },
    { name: 'hour', limit: 4, windowMs: 3_600_000, algorithm: 'token-bucket' },
    { name: 'day', limit: 5, windowMs: 86_400_000 },
  ]

  test('all hold, and one that refuses takes nothing from the others', async () => {
    const { clock, kinds, take } = createBench(rules)
    expect(await kinds(20)).toBe(`++${'-'.repeat(18)}`)
    expect(
      (await take()).states.map(({ name, isViolated, remaining }) => [name, isViolated, remaining]),
    ).toEqual([
      ['burst', true, 0],
      ['hour', false, 1],
      ['day', false, 2],
    ])
    await clock.advance(1000)
    expect(await kinds(3)).toBe('++-')
    await clock.advance(1000)
    expect(await kinds(1)).toBe('-')
  })

  test('give back what a request took, once', async () => {
    const { kinds, take } = createBench(rules)
    const decision = await take()
    await Promise.all([decision.refund(), decision.refund()])
    await decision.refund()
    expect(await kinds(3)).toBe('++-')
  })
})

function atomicCases(
  open: () => {
    readonly stores: readonly KeyValueStore[]
    readonly clock: ReturnType<typeof createTestClock>
  },
): void {
  test.each(['fixed-window', 'sliding-window', 'token-bucket'] as const)(
    'of 50 at once in two processes exactly 20 pass a %s',
    async (algorithm) => {
      const { stores, clock } = open()
      const rules = [{ name: algorithm, limit: 20, windowMs: 60_000, algorithm }]
      const host = createHost(clock)
      const limiters: RateLimiter[] = stores.map((store) =>
        createRateLimiter({ rules, store, onStoreDown: 'refuse', timeoutMs: 10_000 }),
      )
      const decisions = await Promise.all(
        Array.from({ length: 50 }, (_, index) => limiters[index % limiters.length]?.take(host, 'many')),
      )
      const passed = decisions.filter((decision) => decision?.kind === 'allowed').length
      expect(decisions.map((decision) => decision?.kind)).not.toContain('unavailable')
      expect(passed).toBe(20)
      expect((await limiters[0]?.take(host, 'many'))?.kind).toBe('refused')
    },
  )

  test('of 50 at once with costs of their own never more than the limit passes', async () => {
    const { stores, clock } = open()
    for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket'] as const) {
      const host = createHost(clock)
      const limiters = stores.map((store) =>
        createRateLimiter({
          rules: [{ name: `cost-${algorithm}`, limit: 20, windowMs: 60_000, algorithm }],
          store,
          onStoreDown: 'refuse',
          timeoutMs: 10_000,
        }),
      )
      const costs = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const cost = 1 + (index % 5)
          const decision = await limiters[index % limiters.length]?.take(host, 'many', cost)
          return decision?.kind === 'allowed' ? cost : 0
        }),
      )
      const spent = costs.reduce<number>((sum, cost) => sum + cost, 0)
      expect(spent).toBeLessThanOrEqual(20)
      expect(spent).toBeGreaterThan(0)
    }
  })
}

describe('in memory', () => {
  atomicCases(() => {
    const clock = createTestClock()
    const store = memoryKeyValue({ now: () => clock.now() })
    return { stores: [store, store], clock }
  })

  test('of its own says once that other processes do not share it', async () => {
    const { events, kinds } = createBench([{ limit: 5, windowMs: 1000 }])
    await kinds(3)
    expect(events.map(({ kind, level }) => [kind, level])).toEqual([['security.rate-limit-memory', 'info']])
    expect(events[0]?.message).toContain('give them a store')
  })
})

describeRedis('in Redis', () => {
  atomicCasesOfRedis()
})

function atomicCasesOfRedis(): void {
  test.each(['fixed-window', 'sliding-window', 'token-bucket'] as const)(
    'of 50 at once from two connections exactly 20 pass a %s',
    async (algorithm) => {
      const first = await openRedis()
      const second = await openRedis()
      try {
        const options = { buffer: Buffer, keyPrefix: first.prefix }
        const stores = [redisKeyValue(first.client, options), redisKeyValue(second.client, options)]
        const rules = [{ limit: 20, windowMs: 60_000, algorithm }]
        const host = createHost()
        const limiters = stores.map((store) =>
          createRateLimiter({ rules, store, onStoreDown: 'refuse', timeoutMs: 10_000 }),
        )
        const decisions = await Promise.all(
          Array.from({ length: 50 }, (_, index) => limiters[index % 2]?.take(host, 'many')),
        )
        expect(decisions.map((decision) => decision?.kind)).not.toContain('unavailable')
        const passed = decisions.filter((decision) => decision?.kind === 'allowed').length
        expect(passed).toBe(20)
        const refunded = decisions.find((decision) => decision?.kind === 'allowed')
        await refunded?.refund()
        expect((await limiters[1]?.take(host, 'many'))?.kind).toBe('allowed')
        const keys = await first.client.keys(`${first.prefix}*`)
        for (const key of keys) expect(await first.client.pTTL(key)).toBeGreaterThan(0)
      } finally {
        await second.close()
        await first.close()
      }
    },
  )
}

describe('a store that is down', () => {
  function failing(change: Partial<KeyValueStore>, clock = createTestClock()): KeyValueStore {
    return { ...memoryKeyValue({ now: () => clock.now() }), name: 'shaky', ...change }
  }
  const refuseAll = () => Promise.reject(new Error('connection lost'))

  test.each(['fixed-window', 'sliding-window', 'token-bucket'] as const)(
    'opens or closes a %s as it was chosen, and says so once',
    async (algorithm) => {
      for (const [onStoreDown, kind] of [
        ['allow', 'allowed'],
        ['refuse', 'unavailable'],
      ] as const) {
        const host = createHost()
        const store = failing({
          increment: refuseAll,
          get: refuseAll,
          getMany: refuseAll,
          compareAndSet: refuseAll,
        })
        const limiter = createRateLimiter({
          rules: [{ limit: 1, windowMs: 1000, algorithm }],
          store,
          onStoreDown,
        })
        for (let index = 0; index < 3; index++)
          expect(await limiter.take(host, 'a')).toMatchObject({ kind, states: [] })
        expect(host.events.map((event) => [event.kind, event.level])).toEqual([
          ['security.rate-limit-store-down', 'error'],
        ])
        expect(host.events[0]?.message).toContain('shaky')
      }
    },
  )

  test('that hangs is waited for no longer than the bound', async () => {
    const host = createHost()
    const hang = () => new Promise<never>(() => undefined)
    for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket'] as const) {
      const store = failing({ increment: hang, get: hang, getMany: hang })
      const limiter = createRateLimiter({
        rules: [{ limit: 1, windowMs: 1000, algorithm }],
        store,
        onStoreDown: 'refuse',
        timeoutMs: 200,
      })
      let kind = ''
      const done = limiter.take(host, 'a').then((decision) => void (kind = decision.kind))
      await host.clock.advance(199)
      expect(kind).toBe('')
      await host.clock.advance(1)
      await done
      expect(kind).toBe('unavailable')
    }
    expect(host.clock.pending).toBe(0)
  })

  test('is not what a flood of one key makes of a slow one, so that nobody opens a bucket by haste', async () => {
    const host = createHost()
    const sound = memoryKeyValue({ now: () => host.clock.now() })
    const store = failing({
      get: async (...args) => {
        await new Promise<void>((resolve) => void host.clock.schedule(100, resolve))
        return sound.get(...args)
      },
      compareAndSet: (...args) => sound.compareAndSet(...args),
    })
    const rules = [{ limit: 2, windowMs: 3_600_000, algorithm: 'token-bucket' as const }]
    const limiter = createRateLimiter({ rules, store, onStoreDown: 'allow' })
    const sent = Array.from({ length: 50 }, () => limiter.take(host, 'a'))
    await host.clock.advance(10_000)
    const kinds = (await Promise.all(sent)).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'allowed')).toHaveLength(2)
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(48)
    expect(host.events).toEqual([])
  })

  test('that hangs under many of one key does what was chosen', async () => {
    const host = createHost()
    const store = failing({ get: () => new Promise<never>(() => undefined) })
    const rules = [{ limit: 2, windowMs: 3_600_000, algorithm: 'token-bucket' as const }]
    const limiter = createRateLimiter({ rules, store, onStoreDown: 'allow' })
    const first = limiter.take(host, 'a')
    await host.clock.advance(1)
    const more = Array.from({ length: 5 }, () => limiter.take(host, 'a'))
    await host.clock.advance(600)
    const kinds = (await Promise.all([first, ...more])).map(({ kind }) => kind)
    expect(new Set(kinds)).toEqual(new Set(['allowed']))
  })

  test('that answers again counts again, and says so', async () => {
    const host = createHost()
    let isDown = true
    const sound = memoryKeyValue({ now: () => host.clock.now() })
    const store = failing({
      increment: (...args) => (isDown ? refuseAll() : sound.increment(...args)),
    })
    const limiter = createRateLimiter({
      rules: [{ limit: 1, windowMs: 1000, algorithm: 'fixed-window' }],
      store,
      onStoreDown: 'allow',
    })
    await limiter.take(host, 'a')
    await limiter.take(host, 'a')
    isDown = false
    expect((await limiter.take(host, 'a')).kind).toBe('allowed')
    expect((await limiter.take(host, 'a')).kind).toBe('refused')
    expect(host.events.map(({ kind }) => kind)).toEqual([
      'security.rate-limit-store-down',
      'security.rate-limit-store-up',
    ])
  })

  test.each(['sliding-window', 'token-bucket'] as const)(
    'that holds something else under a key does not open a %s',
    async (algorithm) => {
      const host = createHost()
      const nonsense = new TextEncoder().encode('nonsense')
      const store = failing({ get: async () => nonsense, getMany: async () => [nonsense, null] })
      const rules = [{ limit: 1, windowMs: 1000, algorithm }]
      const limiter = createRateLimiter({ rules, store, onStoreDown: 'refuse' })
      expect((await limiter.take(host, 'a')).kind).toBe('unavailable')
    },
  )
})

describe('createRateLimiter()', () => {
  test('refuses a store that lacks what it needs, and says which would do', () => {
    const memory = memoryKeyValue()
    const store: KeyValueStore = {
      ...memory,
      name: 'workers-kv',
      capabilities: new Set(['ttl', 'list', 'shared'] as const),
    }
    const error = errorOf(() =>
      createRateLimiter({ rules: [{ limit: 1, windowMs: 1000 }], store, onStoreDown: 'refuse' }),
    )
    expect(error.code).toBe('STORE_UNSUPPORTED')
    expect(error.message).toMatch(/increment .* workers-kv has none; use memory, redis or sql/)
    const counting: KeyValueStore = { ...store, capabilities: new Set(['ttl', 'increment'] as const) }
    const rules: readonly RateLimitRule[] = [{ limit: 1, windowMs: 1000, algorithm: 'token-bucket' }]
    expect(
      errorOf(() => createRateLimiter({ rules, store: counting, onStoreDown: 'refuse' })).message,
    ).toMatch(/compare-and-set .* use the algorithm sliding-window, or memory/)
    const short: KeyValueStore = { ...memory, limits: { ...memory.limits, maxKeyBytes: 64 } }
    expect(
      errorOf(() =>
        createRateLimiter({ rules: [{ limit: 1, windowMs: 1000 }], store: short, onStoreDown: 'refuse' }),
      ).code,
    ).toBe('STORE_UNSUPPORTED')
  })

  test('tells all mistakes at once', () => {
    const options = {
      rules: [
        { limit: 0, windowMs: 999, algorithm: 'leaky', name: 'a"b' },
        { limit: 1.5, burst: 3, name: 'x', max: 1 },
        { limit: 1, windowMs: 1000, name: 'x' },
        null,
      ],
      store: {},
      timeoutMs: 0,
      keyPrefix: 'a b',
      redis: true,
    }
    const { code, details } = errorOf(() =>
      createRateLimiter(options as unknown as Parameters<typeof createRateLimiter>[0]),
    )
    expect(code).toBe('OPTIONS_INVALID')
    expect(details.problems.map((problem) => problem.split(':')[0])).toEqual([
      'redis',
      'rules[0].name',
      'rules[0].limit',
      'rules[0].windowMs',
      'rules[0].algorithm',
      'rules[1].max',
      'rules[1].limit',
      'rules[1].windowMs',
      'rules[1].burst',
      'rules[3]',
      'rules',
      'store',
      'onStoreDown',
      'timeoutMs',
      'keyPrefix',
    ])
  })

  test('refuses a cost that is none', async () => {
    const { take } = createBench([{ limit: 5, windowMs: 1000 }])
    for (const cost of [0, -1, 1.5, Number.NaN, 1_000_001])
      await expect(take('a', cost)).rejects.toThrow('a cost from 1')
  })
})
