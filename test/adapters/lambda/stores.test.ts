import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { chooseLambdaStores } from '../../../adapters/lambda/stores.ts'
import type { DiagnosticEvent } from '../../../src/diagnostics/contract.ts'
import type { KeyValueStore } from '../../../src/stores/key-value/index.ts'
import type { StoreRole } from '../../../src/platform/contract.ts'
import { describeRedis } from '../../stores/redis-server.ts'

const folder = `/tmp/rockstar-lambda-${randomUUID()}`
const events: DiagnosticEvent[] = []

function choose(env: Record<string, unknown>): ReturnType<typeof chooseLambdaStores> {
  events.length = 0
  return chooseLambdaStores(env, (event) => void events.push(event))
}

function choiceOf(env: Record<string, unknown>, role: StoreRole): unknown {
  return choose(env).choices.find((choice) => choice.role === role)
}

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('chooseLambdaStores(): sql', () => {
  it.each([
    ['nothing', undefined, { store: 'libsql', source: 'default', location: '/tmp/app.db', volatile: true }],
    ['an empty text', '', { store: 'libsql', source: 'default', location: '/tmp/app.db', volatile: true }],
    ['memory', ':memory:', { store: 'libsql', source: 'DATABASE_URL', location: 'memory', volatile: true }],
    [
      'a file',
      'file:/tmp/a/b.db',
      { store: 'libsql', source: 'DATABASE_URL', location: '/tmp/a/b.db', volatile: true },
    ],
    [
      'Turso',
      'libsql://u:secret@a.turso.io?x=y',
      { store: 'libsql', source: 'DATABASE_URL', location: 'libsql://a.turso.io', volatile: false },
    ],
    [
      'a server',
      'https://a.turso.io',
      { store: 'libsql', source: 'DATABASE_URL', location: 'https://a.turso.io', volatile: false },
    ],
    [
      'PostgreSQL',
      'postgres://u:secret@db.example/d',
      { store: 'postgres', source: 'DATABASE_URL', location: 'postgres://db.example', volatile: false },
    ],
    [
      'MariaDB',
      'mariadb://u:secret@db.example/d',
      { store: 'mysql', source: 'DATABASE_URL', location: 'mariadb://db.example', volatile: false },
    ],
  ])('of %s', (_name, url, choice) => {
    expect(choiceOf({ DATABASE_URL: url }, 'sql')).toEqual({ role: 'sql', ...choice })
  })

  it.each([
    ['another scheme', 'oracle://u:secret@h/d', 'libsql:, https:'],
    ['a file elsewhere', 'file:./data/app.db', '/tmp/'],
    ['a file that leaves the folder', 'file:/tmp/../var/task/a.db', '/tmp/'],
  ])('refuses %s, without telling it', (_name, url, text) => {
    expect(() => choose({ DATABASE_URL: url })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(() => choose({ DATABASE_URL: url })).toThrow(text)
    expect(() => choose({ DATABASE_URL: url })).not.toThrow('secret')
  })

  it('opens a file on first use and says what is lost', async () => {
    const stores = choose({ DATABASE_URL: `file:${folder}/notes.db` })
    expect(events).toEqual([])
    const driver: unknown = await stores.sql?.()
    if (!isClosable(driver)) throw new Error('Expected a driver')
    expect(driver).toMatchObject({ dialect: 'sqlite' })
    await driver.close()
    expect(events).toMatchObject([
      { kind: 'store.opened', level: 'warn', message: expect.stringContaining('DATABASE_URL') },
    ])
  })
})

describe('chooseLambdaStores(): key-value and channels', () => {
  it('are memory by default, and say so', async () => {
    const stores = choose({})
    expect(stores.choices.slice(1)).toEqual([
      { role: 'keyValue', store: 'memory', source: 'default', location: 'memory', volatile: true },
      { role: 'pubSub', store: 'memory', source: 'default', location: 'memory', volatile: true },
    ])
    await stores.keyValue?.()
    expect(events).toMatchObject([{ message: expect.stringContaining('REDIS_URL') }])
  })

  it('refuse another scheme', () => {
    expect(() => choose({ REDIS_URL: 'memcached://h' })).toThrow('redis:, rediss:')
  })

  it('are Redis without its password in what is told', () => {
    expect(choiceOf({ REDIS_URL: 'rediss://u:secret@cache.example:6380' }, 'keyValue')).toEqual({
      role: 'keyValue',
      store: 'redis',
      source: 'REDIS_URL',
      location: 'rediss://cache.example:6380',
      volatile: false,
    })
  })

  it('tell an unreachable Redis at once', async () => {
    await expect(choose({ REDIS_URL: 'redis://127.0.0.1:1' }).keyValue?.()).rejects.toMatchObject({
      status: 503,
      code: 'STORE_FAILED',
    })
  })
})

describeRedis('chooseLambdaStores(): Redis', () => {
  it('comes back after its connection was lost, as in a sandbox that was frozen', async () => {
    // A way to Redis of this test's own, so that cutting it reaches no other client of the server.
    const sockets: Socket[] = []
    const way = createServer((socket) => {
      const onward = connect(6379, '127.0.0.1')
      sockets.push(socket)
      socket.on('error', () => undefined).on('close', () => onward.destroy())
      onward.on('error', () => undefined).on('close', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    }).listen(0, '127.0.0.1')
    await once(way, 'listening')
    // It listens on TCP, so that it has an address of this kind.
    const { port } = way.address() as AddressInfo
    const opened: unknown = await choose({ REDIS_URL: `redis://127.0.0.1:${port}` }).keyValue?.()
    if (!isKeyValue(opened)) throw new Error('Expected a store')
    const key = `lambda-test:${randomUUID()}`
    try {
      await opened.set(key, 'a')
      const before = sockets.length
      for (const socket of sockets) socket.destroy()
      // What was sent before the loss is noticed fails: it may have taken effect, so that nobody repeats it.
      await vi.waitFor(() => expect(events.some(({ kind }) => kind === 'store.failed')).toBe(true))
      expect(new TextDecoder().decode((await opened.get(key)) ?? new Uint8Array())).toBe('a')
      expect(sockets.length).toBeGreaterThan(before)
    } finally {
      await opened.delete(key)
      await opened.close()
      way.close()
    }
  })
})

function isKeyValue(value: unknown): value is KeyValueStore {
  return typeof value === 'object' && value !== null && 'increment' in value
}

function isClosable(value: unknown): value is { close(): Promise<void> } {
  return typeof value === 'object' && value !== null && 'close' in value
}
